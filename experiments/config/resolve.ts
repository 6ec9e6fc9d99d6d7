/**
 * From a config as written to a study that can run: every key checked, every default filled in, every cell of the sweep
 * resolved to base units and frozen.
 */
import type { Cell, CellValue } from '../results/trial-result.ts';
import type { SystemName } from '../system-names.ts';
import { checkTrial } from './check-trial.ts';
import type { Origin } from './complain.ts';
import { complain, dotted } from './complain.ts';
import { ConfigError } from './config-error.ts';
import type { Fields } from './field.ts';
import { fieldsSchema, keyPaths, writeFields } from './field.ts';
import { hashData } from './hash.ts';
import type { HumanObject, HumanValue } from './human-value.ts';
import { assign, fieldAt, pickStated, valueAt } from './key-path.ts';
import type { LoadedYaml } from './load.ts';
import { flowText } from './load.ts';
import { nearestPath } from './nearest.ts';
import type { Setting } from './set.ts';
import { applySettings } from './set.ts';
import { STUDY_FIELDS } from './study-fields.ts';
import type { ResolvedConfig } from './trial-fields.ts';
import { TRIAL_FIELDS } from './trial-fields.ts';

/** All keys a config file may have. */
export const CONFIG_FIELDS = { ...STUDY_FIELDS, ...TRIAL_FIELDS };

/** Most cells of a sweep: beyond it lies a slip, not a study. */
const MAX_CELLS = 100_000;

export interface StudyCell {
  readonly cell: Cell;
  readonly config: ResolvedConfig;
}

/** A swept key with its values as shown in cells, and its explanation. */
export interface StudySweep {
  readonly key: string;
  readonly values: readonly CellValue[];
  readonly description: string;
}

/** A config that has been checked to the last key. */
export interface Study {
  readonly name: string;
  readonly question: string;
  readonly summary: string;
  readonly systems: readonly SystemName[];
  readonly seeds: readonly string[];
  readonly sweep: readonly StudySweep[];
  readonly figures: 'auto' | readonly string[];
  /** In sweep order, the last key fastest; one cell without a sweep. */
  readonly cells: readonly StudyCell[];
  /** Every key in human units: what `config.resolved.yaml` says. Reads back to the same study. */
  readonly canonical: HumanObject;
  /** SHA-256 of `canonical`. */
  readonly hash: string;
}

const studySchema = fieldsSchema(STUDY_FIELDS);
const trialSchema = fieldsSchema(TRIAL_FIELDS);
const configSchema = fieldsSchema(CONFIG_FIELDS);
const TRIAL_PATHS = keyPaths(TRIAL_FIELDS);

/** The zod schema of a whole config file, for the JSON Schema. */
export { configSchema };

/**
 * Checks a config with its command-line settings and resolves every cell.
 * @throws ConfigError, one line, for the first thing that is wrong.
 */
export function resolveStudy(source: LoadedYaml, settings: readonly Setting[] = []): Study {
  const written = applySettings(source.value, settings, CONFIG_FIELDS);
  const origin: Origin = (path) => originOfSetting(settings, path) ?? source.locate(path);
  const parsed = configSchema.safeParse(written);
  if (!parsed.success) throw complain(parsed.error.issues, CONFIG_FIELDS, written, origin);
  const study = studySchema.parse(pickKeys(written, STUDY_FIELDS));
  const base = pickKeys(written, TRIAL_FIELDS);
  const sweep = resolveSweep(study.sweep, base, origin);
  const cells = makeCells(sweep, base, origin);
  const canonical: HumanObject = {
    ...writeFields(STUDY_FIELDS, study),
    sweep: Object.fromEntries(sweep.map(({ key, values }) => [key, values.map(({ canonical: value }) => value)])),
    ...writeFields(TRIAL_FIELDS, trialSchema.parse(base)),
  };
  return deepFreeze({
    name: study.name,
    question: study.question,
    summary: study.summary,
    systems: study.systems,
    seeds: study.seeds,
    sweep: sweep.map(({ key, values, description }) => ({ key, values: values.map(({ shown }) => shown), description })),
    figures: study.figures,
    cells,
    canonical,
    hash: hashData(canonical),
  });
}

interface SweptValue {
  readonly written: HumanValue;
  readonly canonical: HumanValue;
  /** As it appears in a cell. */
  readonly shown: CellValue;
}

interface ResolvedSweep {
  readonly key: string;
  readonly values: readonly SweptValue[];
  readonly description: string;
}

function resolveSweep(sweep: HumanObject, base: HumanObject, origin: Origin): ResolvedSweep[] {
  const keys = Object.keys(sweep);
  for (const key of keys) {
    if (TRIAL_PATHS.includes(key)) continue;
    const reason = Object.hasOwn(STUDY_FIELDS, key) ? `${key} cannot be swept; it describes the study, not a trial` : 'unknown key';
    throw new ConfigError({ at: origin(['sweep', key]), path: `sweep.${key}`, expected: reason, nearest: nearestPath(key, TRIAL_PATHS) });
  }
  for (const key of keys) {
    const outer = keys.find((other) => key.startsWith(`${other}.`));
    if (outer !== undefined) {
      throw new ConfigError({ at: origin(['sweep', key]), path: `sweep.${key}`, expected: `lies inside ${outer}, which is swept too; sweep one of them` });
    }
  }
  return keys.map((key) => resolveSweptKey(key, sweep[key], base, origin));
}

function resolveSweptKey(key: string, values: HumanValue, base: HumanObject, origin: Origin): ResolvedSweep {
  const path = key.split('.');
  const at = ['sweep', key];
  const field = fieldAt(TRIAL_FIELDS, path, base);
  if (field === undefined) {
    const kind: unknown = valueAt(base, [path[0], 'kind']);
    throw new ConfigError({ at: origin(at), path: `sweep.${key}`, expected: `not a key of this kind of ${path[0]}${typeof kind === 'string' ? ` (${kind})` : ''}` });
  }
  if (!Array.isArray(values)) {
    throw new ConfigError({ at: origin(at), path: `sweep.${key}`, value: values, expected: `expected a list of values; each ${field.expected}` });
  }
  const list = values as readonly HumanValue[];
  if (list.length === 0) {
    throw new ConfigError({ at: origin(at), path: `sweep.${key}`, expected: `the list is empty; expected at least one value, ${field.expected}` });
  }
  const resolved = list.map((value, i) => resolveSweptValue(key, value, i, base, origin));
  resolved.forEach(({ shown }, i) => {
    if (resolved.findIndex((other) => other.shown === shown) !== i) {
      throw new ConfigError({ at: origin([...at, i]), path: `sweep.${key}`, expected: `names ${String(shown)} twice` });
    }
  });
  return { key, values: resolved, description: field.description };
}

/** Checks one value by resolving the base config with it, and brings it into canonical form. */
function resolveSweptValue(key: string, value: HumanValue, i: number, base: HumanObject, origin: Origin): SweptValue {
  const path = key.split('.');
  const candidate = assign(TRIAL_FIELDS, base, path, value);
  const parsed = trialSchema.safeParse(candidate);
  if (!parsed.success) {
    throw complain(parsed.error.issues, TRIAL_FIELDS, candidate, (where) =>
      startsWith(where, path) ? origin(['sweep', key, i, ...where.slice(path.length)]) : origin(where),
    );
  }
  const whole = valueAt(writeFields(TRIAL_FIELDS, parsed.data), path) as HumanValue;
  const canonical = pickStated(whole, value);
  const shown = typeof canonical === 'object' && canonical !== null ? flowText(canonical) : canonical;
  return { written: value, canonical, shown };
}

function makeCells(sweep: readonly ResolvedSweep[], base: HumanObject, origin: Origin): StudyCell[] {
  const count = sweep.reduce((product, { values }) => product * values.length, 1);
  if (count > MAX_CELLS) throw new ConfigError({ at: origin(['sweep']), path: 'sweep', expected: `${count} cells; at most ${MAX_CELLS}` });
  const cells: StudyCell[] = [];
  for (let index = 0; index < count; index++) {
    let rest = index;
    const chosen: SweptValue[] = [];
    for (const { values } of [...sweep].reverse()) {
      chosen.unshift(values[rest % values.length]);
      rest = Math.floor(rest / values.length);
    }
    const cell = Object.fromEntries(sweep.map(({ key }, k) => [key, chosen[k].shown]));
    let written = base;
    sweep.forEach(({ key }, k) => {
      written = assign(TRIAL_FIELDS, written, key.split('.'), chosen[k].written);
    });
    const parsed = trialSchema.safeParse(written);
    // Each value was valid with the base; together they may not be.
    if (!parsed.success) throw complain(parsed.error.issues, TRIAL_FIELDS, written, () => `${origin(['sweep']) ?? ''} in the cell ${describeCell(cell)}`);
    checkTrial(parsed.data, (path) => cellOrigin(path, cell, origin));
    cells.push({ cell, config: parsed.data });
  }
  return cells;
}

function cellOrigin(path: readonly PropertyKey[], cell: Cell, origin: Origin): string | undefined {
  const key = Object.keys(cell).find((swept) => dotted(path) === swept || dotted(path).startsWith(`${swept}.`));
  return key === undefined ? origin(path) : origin(['sweep', key]);
}

/** `placement.replicas=3, cluster.nodes=10`; `the only cell` without a sweep. */
export function describeCell(cell: Cell): string {
  const parts = Object.entries(cell).map(([key, value]) => `${key}=${String(value)}`);
  return parts.length === 0 ? 'the only cell' : parts.join(', ');
}

function originOfSetting(settings: readonly Setting[], path: readonly PropertyKey[]): string | undefined {
  return settings.findLast((setting) => startsWith(path, setting.path) || startsWith(setting.path, path))?.text;
}

function startsWith(path: readonly PropertyKey[], prefix: readonly PropertyKey[]): boolean {
  return prefix.length <= path.length && prefix.every((part, i) => part === path[i]);
}

function pickKeys(value: HumanObject, fields: Fields): HumanObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(fields, key)));
}

/** Freezes plain data all the way down. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) deepFreeze(each);
  }
  return value;
}

