/**
 * From a config as written to a study that can run: every key checked, every default filled in, every cell of the sweep
 * resolved to base units and frozen.
 */
import type { Cell, CellValue } from '../results/trial-result.ts';
import type { PublishedSeries, ReferenceCurve } from '../results/manifest.ts';
import type { AnySystemName, StudyKindName } from '../system-names.ts';
import type { Origin } from './complain.ts';
import { complain, dotted } from './complain.ts';
import { ConfigError } from './config-error.ts';
import type { Fields } from './field.ts';
import { keyPaths, writeFields } from './field.ts';
import { hashData } from './hash.ts';
import type { HumanObject, HumanValue } from './human-value.ts';
import { assign, fieldAt, pickStated, valueAt } from './key-path.ts';
import type { LoadedYaml } from './load.ts';
import { flowText } from './load.ts';
import { nearestPath } from './nearest.ts';
import type { Setting } from './set.ts';
import { applySettings } from './set.ts';
import type { StudyKind, TrialConfig } from './study-kinds.ts';
import { statedKind } from './study-kinds.ts';
import type { DESIGNS } from './study-fields.ts';

/** Most cells of a sweep: beyond it lies a slip, not a study. */
const MAX_CELLS = 100_000;

export interface StudyCell<C extends TrialConfig = TrialConfig> {
  readonly cell: Cell;
  readonly config: C;
}

/** A swept key with its values as shown in cells, and its explanation. */
export interface StudySweep {
  readonly key: string;
  readonly values: readonly CellValue[];
  readonly description: string;
}

/** A config that has been checked to the last key. */
export interface Study<C extends TrialConfig = TrialConfig> {
  readonly name: string;
  readonly kind: StudyKindName;
  readonly question: string;
  readonly summary: string;
  readonly systems: readonly AnySystemName[];
  readonly seeds: readonly string[];
  /** Seeds are added until intervals are this narrow; undefined: seeds are as stated. */
  readonly precision?: { readonly relative: number; readonly metrics: readonly string[]; readonly maxSeeds: number };
  readonly sweep: readonly StudySweep[];
  readonly design: (typeof DESIGNS)[number];
  readonly figures: 'auto' | readonly string[];
  /** Factorial: in sweep order, the last key fastest. One at a time: the config's own values, then key by key. One cell without a sweep. */
  readonly cells: readonly StudyCell<C>[];
  /** What reports show beside the results. */
  readonly published: readonly PublishedSeries[];
  readonly curves: readonly ReferenceCurve[];
  /** Every key in human units: what `config.resolved.yaml` says. Reads back to the same study. */
  readonly canonical: HumanObject;
  /** SHA-256 of `canonical`. */
  readonly hash: string;
}

/**
 * Checks a config with its command-line settings and resolves every cell.
 * @throws ConfigError, one line, for the first thing that is wrong.
 */
export function resolveStudy(source: LoadedYaml, settings: readonly Setting[] = []): Study {
  const kind = statedKind(source.value, source.locate);
  const written = applySettings(source.value, settings, kind.configFields);
  const origin: Origin = (path) => originOfSetting(settings, path) ?? source.locate(path);
  const parsed = kind.configSchema.safeParse(written);
  if (!parsed.success) throw complain(parsed.error.issues, kind.configFields, written, origin);
  const study = kind.studySchema.parse(pickKeys(written, kind.studyFields));
  const base = pickKeys(written, kind.trialFields);
  const swept = resolveSweep(kind, study.sweep, base, origin);
  const sweep = study.design === 'one-at-a-time' ? swept.map((each) => withOwnValue(kind, each, base)) : swept;
  const cells = makeCells(kind, study.systems, sweep, base, origin);
  checkBeside(kind, study, origin);
  checkPrecision(study, origin);
  const canonical: HumanObject = {
    ...writeFields(kind.studyFields, study),
    sweep: Object.fromEntries(sweep.map(({ key, values }) => [key, values.map(({ canonical: value }) => value)])),
    ...writeFields(kind.trialFields, kind.trialSchema.parse(base)),
  };
  return deepFreeze({
    name: study.name,
    kind: kind.name,
    question: study.question,
    summary: study.summary,
    systems: study.systems,
    seeds: study.seeds,
    ...(study.precision === null ? {} : { precision: { relative: study.precision, metrics: precisionMetrics(kind, study.precisionMetrics), maxSeeds: study.maxSeeds } }),
    sweep: sweep.map(({ key, values, description }) => ({ key, values: values.map(({ shown }) => shown), description })),
    design: study.design,
    figures: study.figures,
    published: study.published,
    curves: study.curves,
    cells,
    canonical,
    hash: hashData(canonical),
  });
}

function precisionMetrics(kind: StudyKind, named: readonly string[]): readonly string[] {
  if (named.length > 0) return named;
  return kind.name === 'overlay' ? ['hopsMean'] : ['ttftMeanMs'];
}

/** Keys of sequential stopping have a meaning together, or none. */
function checkPrecision({ precision, precisionMetrics: named, seeds, maxSeeds }: { readonly precision: number | null; readonly precisionMetrics: readonly string[]; readonly seeds: readonly string[]; readonly maxSeeds: number }, origin: Origin): void {
  const refuse = (path: string, expected: string): never => {
    throw new ConfigError({ at: origin([path]), path, expected });
  };
  if (precision === null && named.length > 0) refuse('precisionMetrics', 'nothing is done with it without precision; expected one, such as precision: 2%');
  const twice = named.find((metric, i) => named.indexOf(metric) !== i);
  if (twice !== undefined) refuse('precisionMetrics', `names ${twice} twice`);
  if (precision !== null && maxSeeds < seeds.length) refuse('maxSeeds', `${maxSeeds}: fewer than the ${seeds.length} seeds to begin with`);
}

/** What is shown beside the results names keys that exist, and as many numbers as settings. */
function checkBeside(kind: StudyKind, study: { readonly published: readonly PublishedSeries[]; readonly curves: readonly ReferenceCurve[] }, origin: Origin): void {
  const paths = keyPaths(kind.trialFields);
  const exists = (path: readonly PropertyKey[], key: string): void => {
    if (!paths.includes(key)) throw new ConfigError({ at: origin(path), path: dotted(path), value: key, expected: 'unknown key', nearest: nearestPath(key, paths) });
  };
  study.published.forEach(({ over, at, values, where }, i) => {
    const path = ['published', i];
    if (over !== '') exists([...path, 'over'], over);
    for (const key of Object.keys(where)) exists([...path, 'where', key], key);
    const needed = over === '' ? 1 : at.length;
    if (values.length === needed) return;
    throw new ConfigError({ at: origin([...path, 'values']), path: dotted([...path, 'values']), expected: `${values.length} numbers for ${needed} ${over === '' ? 'setting' : 'swept values'}` });
  });
  study.curves.forEach(({ over }, i) => {
    exists(['curves', i, 'over'], over);
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
  /** One at a time: the place of the config's own value, which the other keys are held at. */
  readonly own?: number;
}

function resolveSweep(kind: StudyKind, sweep: HumanObject, base: HumanObject, origin: Origin): ResolvedSweep[] {
  const keys = Object.keys(sweep);
  const paths = keyPaths(kind.trialFields);
  for (const key of keys) {
    if (paths.includes(key)) continue;
    const reason = Object.hasOwn(kind.studyFields, key) ? `${key} cannot be swept; it describes the study, not a trial` : 'unknown key';
    throw new ConfigError({ at: origin(['sweep', key]), path: `sweep.${key}`, expected: reason, nearest: nearestPath(key, paths) });
  }
  for (const key of keys) {
    const outer = keys.find((other) => key.startsWith(`${other}.`));
    if (outer !== undefined) {
      throw new ConfigError({ at: origin(['sweep', key]), path: `sweep.${key}`, expected: `lies inside ${outer}, which is swept too; sweep one of them` });
    }
  }
  return keys.map((key) => resolveSweptKey(kind, key, sweep[key], base, origin));
}

function resolveSweptKey(kind: StudyKind, key: string, values: HumanValue, base: HumanObject, origin: Origin): ResolvedSweep {
  const path = key.split('.');
  const at = ['sweep', key];
  const field = fieldAt(kind.trialFields, path, base);
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
  const resolved = list.map((value, i) => resolveSweptValue(kind, key, value, i, base, origin));
  resolved.forEach(({ shown }, i) => {
    if (resolved.findIndex((other) => other.shown === shown) !== i) {
      throw new ConfigError({ at: origin([...at, i]), path: `sweep.${key}`, expected: `names ${String(shown)} twice` });
    }
  });
  return { key, values: resolved, description: field.description };
}

/** Checks one value by resolving the base config with it, and brings it into canonical form. */
function resolveSweptValue(kind: StudyKind, key: string, value: HumanValue, i: number, base: HumanObject, origin: Origin): SweptValue {
  const path = key.split('.');
  const candidate = assign(kind.trialFields, base, path, value);
  const parsed = kind.trialSchema.safeParse(candidate);
  if (!parsed.success) {
    throw complain(parsed.error.issues, kind.trialFields, candidate, (where) =>
      startsWith(where, path) ? origin(['sweep', key, i, ...where.slice(path.length)]) : origin(where),
    );
  }
  return sweptValue(kind, parsed.data, path, value);
}

/** The value at a path of a resolved config: of a section, the keys that `stated` names. */
function sweptValue(kind: StudyKind, config: TrialConfig, path: readonly string[], stated: HumanValue): SweptValue {
  const canonical = pickStated(valueAt(writeFields(kind.trialFields, config), path) as HumanValue, stated);
  return { written: stated, canonical, shown: typeof canonical === 'object' && canonical !== null ? flowText(canonical) : canonical };
}

/** The config's own value of a swept key, put first where the list lacks it: what the key is held at while others vary. */
function withOwnValue(kind: StudyKind, { key, values, description }: ResolvedSweep, base: HumanObject): ResolvedSweep {
  const { canonical, shown } = sweptValue(kind, kind.trialSchema.parse(base), key.split('.'), values[0].written);
  const own = values.findIndex((value) => value.shown === shown);
  return own >= 0 ? { key, values, description, own } : { key, values: [{ written: canonical, canonical, shown }, ...values], description, own: 0 };
}

function makeCells(kind: StudyKind, systems: readonly string[], sweep: readonly ResolvedSweep[], base: HumanObject, origin: Origin): StudyCell[] {
  return chooseValues(sweep, origin).map((chosen) => {
    const cell = Object.fromEntries(sweep.map(({ key }, k) => [key, chosen[k].shown]));
    let written = base;
    sweep.forEach(({ key }, k) => {
      written = assign(kind.trialFields, written, key.split('.'), chosen[k].written);
    });
    const parsed = kind.trialSchema.safeParse(written);
    // Each value was valid with the base; together they may not be.
    if (!parsed.success) throw complain(parsed.error.issues, kind.trialFields, written, () => `${origin(['sweep']) ?? ''} in the cell ${describeCell(cell)}`);
    kind.check(parsed.data, (path) => cellOrigin(path, cell, origin), systems);
    return { cell, config: parsed.data };
  });
}

/** The values of each cell, a value a swept key. */
function chooseValues(sweep: readonly ResolvedSweep[], origin: Origin): SweptValue[][] {
  const oneAtATime = sweep.length > 0 && sweep.every(({ own }) => own !== undefined);
  const count = oneAtATime ? sweep.reduce((sum, { values }) => sum + values.length - 1, 1) : sweep.reduce((product, { values }) => product * values.length, 1);
  if (count > MAX_CELLS) throw new ConfigError({ at: origin(['sweep']), path: 'sweep', expected: `${count} cells; at most ${MAX_CELLS}` });
  if (oneAtATime) {
    const centre = sweep.map(({ values, own }) => values[own!]);
    return [centre, ...sweep.flatMap(({ values, own }, k) => values.filter((_, i) => i !== own).map((value) => centre.with(k, value)))];
  }
  return Array.from({ length: count }, (_, index) => {
    let rest = index;
    const chosen: SweptValue[] = [];
    for (const { values } of [...sweep].reverse()) {
      chosen.unshift(values[rest % values.length]);
      rest = Math.floor(rest / values.length);
    }
    return chosen;
  });
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

