import { ATTRIBUTION_PARTS, HIDDEN_PARTS } from '../../experiments/results/query-columns.ts';
import type { Cell } from '../../experiments/results/trial-result.ts';
import { evenly } from '../figures/evenly.ts';
import { TTFT_PARTS } from '../figures/ttft-attribution.ts';
import { type Study, sameCell, trialsOf } from '../study/study.ts';
import { type RequestGrid, type RunCounts, countRequests, requestGrid } from './request-grid.ts';
import { type SampledRun, sampleRun } from './sampled-run.ts';
import { settingText } from './tables.ts';

/** One setting and seed whose requests the page offers. */
export interface SampledSetting {
  readonly setting: string;
  readonly seed: string;
  /** Places in `runs`, in the order of the systems; settings that share a run name the same one. */
  readonly runs: readonly number[];
}

export interface RequestSample {
  readonly partLabels: readonly string[];
  /** Parts of which work can be hidden, as places in `partLabels`. */
  readonly hiddenParts: readonly number[];
  /** The reference setting with the first seed comes first. */
  readonly settings: readonly SampledSetting[];
  readonly runs: readonly (SampledRun & RunCounts)[];
  readonly grid: RequestGrid;
}

const MOST_SETTINGS = 5;
const MOST_SEEDS = 3;
/** Requests of all runs together, and the bounds for one run: enough to see the cloud, few enough for any page. */
const REQUESTS = 2400;
const LEAST_OF_RUN = 40;
const MOST_OF_RUN = 200;

/**
 * Samples of single requests for the page's request view: of the reference setting with some seeds, and of other settings
 * with the first seed; and counts of all their requests by arrival and TTFT. Their size depends on how many systems there are, never on the number of requests.
 */
export async function sampleRequests(study: Study): Promise<RequestSample | undefined> {
  const { queries } = study;
  if (queries === undefined) return undefined;
  const places = new Map<number, number>();
  const chosen: { trial: number; system: number }[] = [];
  const settings = offered(study).flatMap(({ cell, seed }): SampledSetting[] => {
    const runs = study.systems.flatMap((style, system) => {
      const trial = trialsOf(study, cell, style.name).find((t) => t.key.seed === seed);
      if (trial === undefined || queries.rows(trial.key.index) === 0) return [];
      const run = trial.sharedWith ?? trial.key.index;
      if (!places.has(run)) {
        places.set(run, chosen.length);
        chosen.push({ trial: run, system });
      }
      return [places.get(run)!];
    });
    return runs.length === 0 ? [] : [{ setting: settingText(study, cell), seed, runs }];
  });
  if (settings.length === 0) return undefined;
  const most = Math.min(MOST_OF_RUN, Math.max(LEAST_OF_RUN, Math.floor(REQUESTS / chosen.length)));
  const grid = await requestGrid(study, chosen.map(({ trial }) => trial));
  const runs: (SampledRun & RunCounts)[] = [];
  for (const { trial, system } of chosen) runs.push({ ...(await sampleRun(study, trial, study.systems[system], most)), ...(await countRequests(study, trial, grid)) });
  return { partLabels: TTFT_PARTS.map((p) => p.label), hiddenParts: HIDDEN_PARTS.map((part) => ATTRIBUTION_PARTS.indexOf(part)), settings, runs, grid };
}

function offered(study: Study): { cell: Cell; seed: string }[] {
  const [first, ...seeds] = evenly(study.manifest.seeds, MOST_SEEDS);
  const others = evenly(study.cells.filter((cell) => !sameCell(study, cell, study.reference)), MOST_SETTINGS - 1);
  return [
    { cell: study.reference, seed: first },
    ...others.map((cell) => ({ cell, seed: first })),
    ...seeds.map((seed) => ({ cell: study.reference, seed })),
  ];
}
