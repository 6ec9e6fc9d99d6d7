/**
 * Cost profiles: a cost model written down as JSON, made by `npm run calibrate` and named by configs.
 *
 * The text is checked field by field; a message names the file, the path in it, the value and what was expected.
 */
import type { CostModel } from './cost-model.ts';
import { gpuByName } from './gpu-catalogue.ts';
import { modelByName } from './model-catalogue.ts';
import { PolynomialCostModel, type DecodeCoefficients, type PolynomialCoefficients, type PrefillCoefficients } from './polynomial.ts';
import type { AttentionPoint, LayerPoint, ProfileTables } from './profile-tables.ts';
import { ProfileCostModel } from './profile.ts';
import type { EfficiencySet } from './roofline-efficiencies.ts';
import { RooflineCostModel } from './roofline.ts';

/** Marks the files and their version. */
export const COST_PROFILE_FORMAT = 'p2p-ragcache cost profile 1';

interface ProfileHead {
  readonly format: typeof COST_PROFILE_FORMAT;
  readonly name: string;
  readonly source: string;
  readonly gpu: string;
  readonly model: string;
  readonly tensorParallel: number;
}

export interface RooflineProfile extends ProfileHead {
  readonly kind: 'roofline';
  readonly efficiencies: Omit<EfficiencySet, 'name' | 'source'>;
}

export interface PolynomialProfile extends ProfileHead {
  readonly kind: 'polynomial';
  readonly prefill: PrefillCoefficients;
  readonly decodeSmall: DecodeCoefficients;
  readonly decodeLarge?: DecodeCoefficients;
  readonly decodeLargeFrom?: number;
  readonly promptTokens: readonly [least: number, most: number];
}

/** Rows as arrays, to keep the file small: [size, µs] by layer; [chunk, kv, decodes, kv of decodes, µs]. */
export interface MeasuredProfile extends ProfileHead {
  readonly kind: 'profile';
  readonly stepOverheadNs: number;
  readonly dense: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly perSequence: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly attention: readonly (readonly number[])[];
}

export type CostProfile = RooflineProfile | PolynomialProfile | MeasuredProfile;

/** The cost model that a profile describes. @throws RangeError where GPU or model are unknown, or a value out of range. */
export function costModelOfProfile(profile: CostProfile): CostModel {
  const gpu = gpuByName(profile.gpu);
  const model = modelByName(profile.model);
  const { name, source, tensorParallel } = profile;
  switch (profile.kind) {
    case 'roofline':
      return new RooflineCostModel({ gpu, model, tensorParallel, efficiencies: { name, source, ...profile.efficiencies } });
    case 'polynomial': {
      const coefficients: PolynomialCoefficients = {
        name,
        source,
        prefill: profile.prefill,
        decodeSmall: profile.decodeSmall,
        ...(profile.decodeLarge === undefined ? {} : { decodeLarge: profile.decodeLarge }),
        ...(profile.decodeLargeFrom === undefined ? {} : { decodeLargeFrom: profile.decodeLargeFrom }),
        validRange: { prefillTokens: profile.promptTokens },
      };
      return new PolynomialCostModel({ coefficients, gpu, tensorParallel });
    }
    case 'profile':
      return new ProfileCostModel({ name, source, tables: tablesOf(profile), model, gpu, tensorParallel, stepOverheadNs: profile.stepOverheadNs });
  }
}

/** Packs measured tables into a profile. */
export function packTables(tables: ProfileTables): Pick<MeasuredProfile, 'dense' | 'perSequence' | 'attention'> {
  const byLayer = (points: readonly LayerPoint[]): Record<string, number[][]> => {
    const packed: Record<string, number[][]> = {};
    for (const { layer, size, timeUs } of points) (packed[layer] ??= []).push([size, timeUs]);
    return packed;
  };
  return {
    dense: byLayer(tables.dense),
    perSequence: byLayer(tables.perSequence),
    attention: tables.attention.map((p) => [p.prefillChunk, p.kvPrefill, p.decodeSequences, p.kvDecode, p.timeUs]),
  };
}

function tablesOf(profile: MeasuredProfile): ProfileTables {
  const points = (byLayer: Readonly<Record<string, readonly (readonly number[])[]>>): LayerPoint[] =>
    Object.entries(byLayer).flatMap(([layer, rows]) => rows.map(([size, timeUs]) => ({ layer, size, timeUs })));
  const attention: AttentionPoint[] = profile.attention.map(([prefillChunk, kvPrefill, decodeSequences, kvDecode, timeUs]) => ({ prefillChunk, kvPrefill, decodeSequences, kvDecode, timeUs }));
  return { dense: points(profile.dense), perSequence: points(profile.perSequence), attention };
}

/**
 * Reads the text of a profile.
 * @param fileName for messages.
 * @throws RangeError naming the file, the path, the value and what was expected.
 */
export function parseCostProfile(fileName: string, text: string): CostProfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${fileName}: no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const read = new FieldReader(fileName, value);
  read.oneOf('format', [COST_PROFILE_FORMAT]);
  const kind = read.oneOf('kind', ['roofline', 'polynomial', 'profile']);
  const head = {
    format: COST_PROFILE_FORMAT,
    name: read.text('name'),
    source: read.text('source'),
    gpu: gpuByName(read.text('gpu')).name,
    model: modelByName(read.text('model')).name,
    tensorParallel: read.number('tensorParallel', 1),
  } as const;
  if (kind === 'roofline') {
    const shares = new FieldReader(fileName, read.field('efficiencies'), 'efficiencies.');
    const efficiencies = {
      gemm: shares.number('gemm', 0),
      attention: shares.number('attention', 0),
      memory: shares.number('memory', 0),
      layerOverheadNs: shares.number('layerOverheadNs', 0),
    };
    return { ...head, kind, efficiencies };
  }
  if (kind === 'polynomial') {
    const [least, most] = read.numbers('promptTokens', 2);
    return {
      ...head,
      kind,
      prefill: triple(read.numbers('prefill', 3)),
      decodeSmall: triple(read.numbers('decodeSmall', 3)),
      ...(read.has('decodeLarge') ? { decodeLarge: triple(read.numbers('decodeLarge', 3)) } : {}),
      ...(read.has('decodeLargeFrom') ? { decodeLargeFrom: read.number('decodeLargeFrom', 1) } : {}),
      promptTokens: [least, most],
    };
  }
  return {
    ...head,
    kind: 'profile',
    stepOverheadNs: read.number('stepOverheadNs', 0),
    dense: read.tables('dense'),
    perSequence: read.tables('perSequence'),
    attention: read.rows('attention', 5),
  };
}

function triple(values: readonly number[]): readonly [number, number, number] {
  return [values[0], values[1], values[2]];
}

/** Reads fields of one object, each with a check. */
class FieldReader {
  readonly #file: string;
  readonly #path: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(file: string, value: unknown, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RangeError(`${file}: ${path === '' ? 'the file' : path.slice(0, -1)} must be an object`);
    this.#file = file;
    this.#path = path;
    this.#fields = value as Record<string, unknown>;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#fields, key);
  }

  field(key: string): unknown {
    if (!this.has(key)) throw new RangeError(`${this.#file}: ${this.#path}${key} is missing`);
    return this.#fields[key];
  }

  text(key: string): string {
    const value = this.field(key);
    return typeof value === 'string' ? value : this.#refuse(key, value, 'a text');
  }

  oneOf<T extends string>(key: string, choices: readonly T[]): T {
    const value = this.field(key);
    return choices.find((choice) => choice === value) ?? this.#refuse(key, value, `one of ${choices.join(', ')}`);
  }

  number(key: string, least: number): number {
    const value = this.field(key);
    return typeof value === 'number' && Number.isFinite(value) && value >= least ? value : this.#refuse(key, value, `a number of at least ${least}`);
  }

  numbers(key: string, count: number): number[] {
    const value = this.field(key);
    return isNumbers(value) && value.length === count ? value : this.#refuse(key, value, `${count} numbers`);
  }

  rows(key: string, width: number): number[][] {
    const value = this.field(key);
    if (Array.isArray(value) && value.every((row): row is number[] => isNumbers(row) && row.length === width)) return value;
    return this.#refuse(key, value, `rows of ${width} numbers`);
  }

  tables(key: string): Record<string, number[][]> {
    const reader = new FieldReader(this.#file, this.field(key), `${this.#path}${key}.`);
    return Object.fromEntries(Object.keys(reader.#fields).map((layer) => [layer, reader.rows(layer, 2)]));
  }

  #refuse(key: string, value: unknown, expected: string): never {
    const shown = value === undefined ? "nothing" : JSON.stringify(value);
    throw new RangeError(`${this.#file}: ${this.#path}${key} must be ${expected}, not ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`);
  }
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number' && Number.isFinite(item));
}
