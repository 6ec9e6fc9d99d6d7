import { ATTRIBUTION_PARTS, HIDDEN_PARTS } from '../../experiments/results/query-columns.ts';
import { TTFT_PARTS } from '../figures/ttft-attribution.ts';
import { evenly } from '../figures/evenly.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import { LIGHT } from '../figures/theme.ts';
import { nearestRank } from '../statistics/percentile.ts';
import { capital, roundSignificant } from '../study/number-format.ts';
import { type Study, trialsOf } from '../study/study.ts';
import { settingText } from './tables.ts';

/** Requests of one system: columns of equal length, in order of TTFT. */
export interface SampledSystem {
  readonly label: string;
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

export interface RequestSample {
  readonly setting: string;
  readonly seed: string;
  readonly partLabels: readonly string[];
  readonly hiddenParts: readonly number[];
  readonly systems: readonly SampledSystem[];
}

/** Requests shown per system: enough to see the cloud, few enough for any page. */
const SAMPLE = 200;
const MARKS: readonly (readonly [string, number])[] = [['fastest', 0], ['P50', 50], ['P95', 95], ['P99', 99], ['slowest', 100]];

/**
 * A sample of single requests for the page's request view: of the reference setting and the first seed, evenly spaced by
 * rank of TTFT, with the requests at the median, P95, P99 and both ends always among them. Its size does not grow with the
 * number of requests.
 */
export async function sampleRequests(study: Study): Promise<RequestSample | undefined> {
  const seed = study.manifest.seeds[0];
  const systems: SampledSystem[] = [];
  for (const style of study.systems) {
    const trial = trialsOf(study, study.reference, style.name).find((t) => t.key.seed === seed);
    if (trial === undefined || study.queries === undefined || study.queries.rows(trial.key.index) === 0) continue;
    systems.push(await sampleTrial(study, trial.key.index, style));
  }
  if (systems.length === 0) return undefined;
  return {
    setting: settingText(study, study.reference), seed, systems,
    partLabels: TTFT_PARTS.map((p) => p.label),
    hiddenParts: HIDDEN_PARTS.map((part) => ATTRIBUTION_PARTS.indexOf(part)),
  };
}

async function sampleTrial(study: Study, trial: number, style: SystemStyle): Promise<SampledSystem> {
  const names = [
    'request', 'node', 'arrivalNs', 'ttftNs', ...ATTRIBUTION_PARTS.map((p) => `${p}Ns`), ...HIDDEN_PARTS.map((p) => `hidden${capital(p)}Ns`),
    'unitsLocal', 'unitsRemote', 'unitsMissed', 'bytesFetched', 'sources',
  ];
  const table = await study.queries!.read(trial, names);
  const column = (name: string): Float64Array => table[name] as Float64Array;
  const ttft = column('ttftNs');
  const byTtft = Array.from(ttft, (_, i) => i).sort((a, b) => ttft[a] - ttft[b] || a - b);
  const ranks = new Map<number, string>(evenly(byTtft.map((_, rank) => rank), SAMPLE).map((rank) => [rank, '']));
  for (const [mark, percent] of MARKS) ranks.set(nearestRank(byTtft.length, percent) - 1, mark);
  const chosen = [...ranks].sort((a, b) => a[0] - b[0]);
  const rows = chosen.map(([rank]) => byTtft[rank]);
  const take = (name: string, factor = 1): number[] => rows.map((row) => roundSignificant(column(name)[row] * factor, 5));
  return {
    label: style.label,
    system: study.systems.indexOf(style),
    colour: LIGHT.systems.indexOf(style.light),
    total: ttft.length,
    request: take('request'),
    node: take('node'),
    arrivalS: take('arrivalNs', 1e-9),
    ttftMs: take('ttftNs', 1e-6),
    mark: chosen.map(([, mark]) => mark),
    parts: ATTRIBUTION_PARTS.map((p) => take(`${p}Ns`, 1e-6)),
    hidden: HIDDEN_PARTS.map((p) => take(`hidden${capital(p)}Ns`, 1e-6)),
    local: take('unitsLocal'), remote: take('unitsRemote'), missed: take('unitsMissed'),
    fetchedMb: take('bytesFetched', 1e-6), sources: take('sources'),
  };
}
