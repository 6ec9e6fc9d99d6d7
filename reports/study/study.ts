import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { resultPath } from '../../experiments/results/layout.ts';
import type { Manifest } from '../../experiments/results/manifest.ts';
import { type QueryReader, type Results, summariseResults } from '../../experiments/results/reader.ts';
import type { SummaryRow } from '../../experiments/results/summary.ts';
import type { Cell, CellValue, TrialRecord } from '../../experiments/results/trial-result.ts';
import { type SystemStyle, styleSystems } from '../figures/system-style.ts';
import { joinWords } from './number-format.ts';
import { shortText } from './printable.ts';
import { type SweptVariable, describeSetting, sweptVariable } from './swept-variable.ts';

/** Saved results made ready for charts and sentences. */
export interface Study {
  readonly manifest: Manifest;
  /** `serving`: systems that answer requests; `overlay`: the overlay protocols by themselves. */
  readonly kind: 'serving' | 'overlay';
  readonly trials: readonly TrialRecord[];
  readonly rows: readonly SummaryRow[];
  readonly systems: readonly SystemStyle[];
  /** Swept keys in the order of the config; keys with a single value are left out. */
  readonly variables: readonly SweptVariable[];
  readonly cells: readonly Cell[];
  /** The cell that other settings are held at while one variable is shown. */
  readonly reference: Cell;
  /** Parsed `config.resolved.yaml`; undefined where it cannot be read. */
  readonly config: unknown;
  /** Undefined where no trial saved its queries. */
  readonly queries: QueryReader | undefined;
}

/** Makes a study of results already read. `queries` stays open while the study is used; the caller closes it. */
export async function makeStudy(results: Results, queries: QueryReader | undefined): Promise<Study> {
  const { manifest, trials } = results;
  const config = await readConfig(resultPath(results.folder, 'config'));
  const taken = new Set<string>();
  const variables = manifest.sweep.filter(({ values }) => new Set(values).size > 1).map(({ key, values }) => sweptVariable(key, values, taken));
  return {
    manifest,
    kind: manifest.study ?? 'serving',
    trials,
    rows: summariseResults(results),
    systems: styleSystems(distinctLabels(manifest.systems)),
    variables,
    cells: manifest.cells,
    reference: referenceCell(manifest.cells, variables, config),
    config,
    queries,
  };
}

/** Labels tell the systems of a chart apart, so two of one label get their names added. */
function distinctLabels(systems: Manifest['systems']): { name: string; label: string }[] {
  const labels = systems.map(({ label, name }) => shortText(label, 40) || name);
  return systems.map(({ name }, i) => ({ name, label: labels.filter((label) => label === labels[i]).length > 1 ? `${labels[i]} (${name})` : labels[i] }));
}

async function readConfig(path: string): Promise<unknown> {
  try {
    return parse(await readFile(path, 'utf8'), { maxAliasCount: 0 }) as unknown;
  } catch {
    // The config only refines which cell is the reference; the manifest holds all that is shown.
    return undefined;
  }
}

/** The value at a dotted path; undefined where the path leads nowhere. */
export function configValue(config: unknown, key: string): unknown {
  return key.split('.').reduce<unknown>((node, part) => {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, part)) return undefined;
    return (node as Record<string, unknown>)[part];
  }, config);
}

/**
 * The cell nearest to the config's own values: it agrees with the most keys. A key's own value is the one the config gives
 * outside the sweep if that was swept too, else the most frequent one (the default in a one-at-a-time study). The first
 * cell wins among equals.
 */
function referenceCell(cells: readonly Cell[], variables: readonly SweptVariable[], config: unknown): Cell {
  const preferred = variables.map((variable): [string, CellValue] => {
    const own = configValue(config, variable.key);
    const swept = variable.values.find((v) => v.raw === own);
    return [variable.key, swept === undefined ? mostFrequent(cells.map((cell) => cell[variable.key]!)) : swept.raw];
  });
  let best: Cell = cells[0] ?? {};
  let most = -1;
  for (const cell of cells) {
    const agreeing = preferred.filter(([key, value]) => cell[key] === value).length;
    if (agreeing > most) [best, most] = [cell, agreeing];
  }
  return best;
}

function mostFrequent(values: readonly CellValue[]): CellValue {
  const counts = new Map<CellValue, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: CellValue = values[0];
  for (const [value, count] of counts) if (count > (counts.get(best) ?? 0)) best = value;
  return best;
}

/** Cells in which every swept key outside `free` has the reference's value, in the order of the free variables' values. */
export function slice(study: Study, free: readonly SweptVariable[]): Cell[] {
  const freeKeys = new Set(free.map((v) => v.key));
  const held = study.variables.filter((v) => !freeKeys.has(v.key));
  const chosen = study.cells.filter((cell) => held.every((v) => cell[v.key] === study.reference[v.key]));
  const rank = (cell: Cell, v: SweptVariable): number => v.values.findIndex((value) => value.raw === cell[v.key]);
  return chosen.sort((a, b) => free.map((v) => rank(a, v) - rank(b, v)).find((d) => d !== 0) ?? 0);
}

/** Whether every combination of the values of the two was run while the others are held: not in a one-at-a-time study. */
export function isCrossed(study: Study, a: SweptVariable, b: SweptVariable): boolean {
  return slice(study, [a, b]).length === a.values.length * b.values.length;
}

/** What the variables outside `free` are held at: 'nodes 20, uplink rate 40 Gbps'; '' where there are none. */
export function heldSettings(study: Study, free: readonly SweptVariable[]): string {
  const held = study.variables.filter((v) => !free.includes(v));
  return joinWords(held.map((v) => describeSetting(v, study.reference[v.key] ?? null)));
}

/** How a cell differs from the study's own setting: 'uplink rate 10 Gbps', or 'the study’s own setting' where it does not. */
export function describeDeparture(study: Study, cell: Cell): string {
  const departures = study.variables.filter((v) => cell[v.key] !== study.reference[v.key]);
  return departures.length === 0 ? 'the study’s own setting' : departures.map((v) => describeSetting(v, cell[v.key] ?? null)).join(', ');
}

/** A cell in words: 'replicas per chunk 3, uplink rate 40 Gbps'; '' without a sweep. One at a time: only what departs from the study's own setting. */
export function describeCell(study: Study, cell: Cell): string {
  if (study.manifest.design === 'one-at-a-time' && study.variables.length > 0) return describeDeparture(study, cell);
  return study.variables.map((v) => describeSetting(v, cell[v.key] ?? null)).join(', ');
}

export function sameCell(study: Study, a: Cell, b: Cell): boolean {
  return study.variables.every((v) => a[v.key] === b[v.key]);
}

export function findRow(study: Study, cell: Cell, system: string): SummaryRow | undefined {
  return study.rows.find((row) => row.system === system && sameCell(study, row.cell, cell));
}

/** Trials of one cell and system, in the order of their seeds. */
export function trialsOf(study: Study, cell: Cell, system: string): TrialRecord[] {
  return study.trials.filter((trial) => trial.key.system === system && sameCell(study, trial.key.cell, cell));
}

/** seed → value of one metric; seeds that do not report it are left out. */
export function bySeed(study: Study, cell: Cell, system: string, metric: string): Map<string, number> {
  return new Map(
    trialsOf(study, cell, system).flatMap((trial): [string, number][] => {
      const value = trial.metrics[metric];
      return Number.isFinite(value) ? [[trial.key.seed, value]] : [];
    }),
  );
}
