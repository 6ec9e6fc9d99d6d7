import type { SourcedStudy } from '../prose/quantities.ts';
import { SUBJECT } from '../scorecard/readings.ts';
import { DEFAULT_LEVEL } from '../statistics/interval.ts';
import { formatCount } from '../study/number-format.ts';
import { type Sourced, sourced } from '../prose/inline.ts';
import type { Check } from './checked-models.ts';
import type { Unusable } from './load-studies.ts';
import type { PublishedCheck } from './overlay-checks.ts';
import type { QualityTable } from './quality-tables.ts';
import type { BoardRow } from './scoreboard.ts';
import type { Missing, Story } from './stories.ts';

/** Everything report and deck are written from: saved results, and tables that other commands saved. */
export interface ReportInput {
  readonly stories: readonly Story[];
  readonly missing: readonly Missing[];
  readonly unusable: readonly Unusable[];
  readonly board: readonly BoardRow[];
  readonly quality: readonly QualityTable[];
  readonly checks: readonly Check[];
  readonly overlayChecks: readonly PublishedCheck[];
}

export function storyNamed({ stories }: ReportInput, folder: string): Story | undefined {
  return stories.find(({ entry }) => entry.folder === folder);
}

/** The study that stands in the default regime of the research plan, with the peer-to-peer system; undefined where none does. */
export function defaultStudy({ stories }: ReportInput): SourcedStudy | undefined {
  const serving = stories.filter(({ study }) => study.systems.some(({ name }) => name === SUBJECT));
  const named = ['paper', 'replication', 'nodes'].flatMap((name) => serving.filter(({ entry }) => entry.folder === name));
  return [...named, ...serving].at(0)?.study;
}

/** '95 %'. */
export function confidence(): Sourced {
  return sourced(`${formatCount(Math.round(100 * DEFAULT_LEVEL))} %`, { file: 'reports/statistics/interval.ts', metric: 'DEFAULT_LEVEL', cell: '' }, DEFAULT_LEVEL);
}

/** A count over several results folders. */
export function countOver(value: number, file: string, metric: string): Sourced {
  return sourced(formatCount(value), { file, metric, cell: 'all studies' }, value);
}
