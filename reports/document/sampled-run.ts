import { ATTRIBUTION_PARTS, HIDDEN_PARTS } from '../../experiments/results/query-columns.ts';
import { evenly } from '../figures/evenly.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import { LIGHT } from '../figures/theme.ts';
import { nearestRank } from '../statistics/percentile.ts';
import { capital, roundSignificant } from '../study/number-format.ts';
import type { Study } from '../study/study.ts';

/** Sampled requests of one run: columns of equal length, in order of TTFT. */
export interface SampledRun {
  /** Place of the system in the study. */
  readonly system: number;
  /** Place of its colour in the palette. */
  readonly colour: number;
  /** Requests measured, of which the columns hold a sample. */
  readonly total: number;
  readonly request: readonly number[];
  readonly node: readonly number[];
  readonly arrivalS: readonly number[];
  readonly ttftMs: readonly number[];
  /** 'P50', 'P95' … for the requests at those ranks, else ''. */
  readonly mark: readonly string[];
  /** One column per part of a TTFT, in ms. */
  readonly parts: readonly (readonly number[])[];
  readonly hidden: readonly (readonly number[])[];
  readonly local: readonly number[];
  readonly remote: readonly number[];
  readonly missed: readonly number[];
  readonly fetchedMb: readonly number[];
  readonly sources: readonly number[];
}

const MARKS: readonly (readonly [string, number])[] = [['fastest', 0], ['P50', 50], ['P95', 95], ['P99', 99], ['slowest', 100]];

/** About `most` requests of a trial, evenly spaced by rank of TTFT, with those at the median, P95, P99 and both ends. */
export async function sampleRun(study: Study, trial: number, style: SystemStyle, most: number): Promise<SampledRun> {
  const names = [
    'request', 'node', 'arrivalNs', 'ttftNs', ...ATTRIBUTION_PARTS.map((p) => `${p}Ns`), ...HIDDEN_PARTS.map((p) => `hidden${capital(p)}Ns`),
    'unitsLocal', 'unitsRemote', 'unitsMissed', 'bytesFetched', 'sources',
  ];
  const table = await study.queries!.read(trial, names);
  const column = (name: string): Float64Array => table[name] as Float64Array;
  const ttft = column('ttftNs');
  const byTtft = Array.from(ttft, (_, i) => i).sort((a, b) => ttft[a] - ttft[b] || a - b);
  const ranks = new Map<number, string>(evenly(byTtft.map((_, rank) => rank), most).map((rank) => [rank, '']));
  for (const [mark, percent] of MARKS) ranks.set(nearestRank(byTtft.length, percent) - 1, mark);
  const chosen = [...ranks].sort((a, b) => a[0] - b[0]);
  const rows = chosen.map(([rank]) => byTtft[rank]);
  const whole = (name: string): number[] => rows.map((row) => column(name)[row]);
  const take = (name: string, factor: number): number[] => rows.map((row) => roundSignificant(column(name)[row] * factor, 5));
  return {
    system: study.systems.indexOf(style),
    colour: LIGHT.systems.indexOf(style.light),
    total: ttft.length,
    request: whole('request'),
    node: whole('node'),
    arrivalS: take('arrivalNs', 1e-9),
    ttftMs: take('ttftNs', 1e-6),
    mark: chosen.map(([, mark]) => mark),
    parts: ATTRIBUTION_PARTS.map((p) => take(`${p}Ns`, 1e-6)),
    hidden: HIDDEN_PARTS.map((p) => take(`hidden${capital(p)}Ns`, 1e-6)),
    local: whole('unitsLocal'), remote: whole('unitsRemote'), missed: whole('unitsMissed'),
    fetchedMb: take('bytesFetched', 1e-6), sources: whole('sources'),
  };
}
