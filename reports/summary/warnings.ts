import { checkWarmUp } from '../statistics/warm-up.ts';
import { capital, formatMeasure } from '../study/number-format.ts';
import { printable } from '../study/printable.ts';
import { type Study, describeCell, trialsOf } from '../study/study.ts';

/** Something a reader must know before trusting a number. */
export interface Warning {
  readonly what: string;
  /** Where it happened, in words. */
  readonly where: string;
  readonly count: number;
}

/** Rows up to which every cell is checked for its warm-up; larger studies check the reference cell only. */
const MOST_ROWS_CHECKED = 2_000_000;

/** Intervals that are wider than the study asked for, because the most seeds it may have were run. */
export function precisionWarnings({ manifest: { stopping, seeds } }: Study): Warning[] {
  if (stopping === undefined || (stopping.reached !== null && stopping.reached <= stopping.precision)) return [];
  const reached = stopping.reached === null ? 'a mean of 0 has no relative width' : `the widest is ± ${formatMeasure(stopping.reached, 'fraction', 2)}`;
  return [{ what: `Precision of ± ${formatMeasure(stopping.precision, 'fraction', 2)} not reached`, where: `after ${seeds.length} seeds ${reached}`, count: 1 }];
}

/** Honesty flags that the trials raised, most frequent first, by system. */
export function flagWarnings(study: Study): Warning[] {
  const flags = [...new Set(study.rows.flatMap((row) => Object.keys(row.flags)))];
  return flags
    .map((flag): Warning => {
      const perSystem = study.systems.map((system) => ({
        label: system.label,
        count: study.rows.filter((row) => row.system === system.name).reduce((sum, row) => sum + (Object.hasOwn(row.flags, flag) ? row.flags[flag] : 0), 0),
      })).filter((s) => s.count > 0);
      return {
        what: capital(printable(flag)), where: perSystem.map((s) => `${s.label} ${s.count.toLocaleString('en-US')}`).join(', '), count: perSystem.reduce((sum, s) => sum + s.count, 0),
      };
    })
    .filter((warning) => warning.count > 0)
    .sort((a, b) => b.count - a.count || (a.what < b.what ? -1 : 1));
}

/**
 * Cells whose TTFT still drifts, or whose first measured requests differ from the rest by more than 5 %: MSER-5 on the
 * TTFT in order of arrival, averaged over the seeds.
 */
export async function warmUpWarnings(study: Study): Promise<Warning[]> {
  const { queries } = study;
  if (queries === undefined) return [];
  const rows = study.trials.reduce((sum, trial) => sum + queries.rows(trial.key.index), 0);
  const cells = rows <= MOST_ROWS_CHECKED ? study.cells : [study.reference];
  const found = { biased: [] as string[], drifting: [] as string[] };
  for (const cell of cells) {
    for (const system of study.systems) {
      const series: Float64Array[] = [];
      for (const trial of trialsOf(study, cell, system.name)) {
        if (queries.rows(trial.key.index) > 0) series.push((await queries.read(trial.key.index, ['ttftNs']))['ttftNs'] as Float64Array);
      }
      const averaged = average(series);
      const { verdict, shift } = checkWarmUp(averaged);
      if (verdict === 'steady') continue;
      const setting = describeCell(study, cell);
      found[verdict].push(`${system.label}${setting === '' ? '' : ` at ${setting}`} (${shift > 0 ? '+' : ''}${formatMeasure(shift, 'fraction', 2)})`);
    }
  }
  const warning = (what: string, places: readonly string[]): Warning[] => (places.length === 0 ? [] : [{ what, where: list(places), count: places.length }]);
  return [
    ...warning('No steady state: TTFT drifts through the whole measured window, so its mean depends on how long the run is', found.drifting),
    ...warning('Warm-up too short: the first measured requests move the mean TTFT by more than 5 %', found.biased),
  ];
}

/** Element-wise mean, up to the shortest series. */
function average(series: readonly Float64Array[]): Float64Array {
  const length = series.length === 0 ? 0 : Math.min(...series.map((s) => s.length));
  return Float64Array.from({ length }, (_, i) => series.reduce((sum, s) => sum + s[i], 0) / series.length);
}

function list(places: readonly string[]): string {
  return places.length <= 6 ? places.join('; ') : `${places.slice(0, 6).join('; ')}; and ${places.length - 6} more`;
}
