import type { UnitOutcome } from '../../protocols/fetch/fetch-job.ts';

/** Units of one request by where their KV came from. */
export interface OutcomeCounts {
  readonly local: number;
  readonly remote: number;
  readonly missed: number;
}

export function countOutcomes(outcomes: readonly UnitOutcome[]): OutcomeCounts {
  let local = 0;
  let remote = 0;
  for (const outcome of outcomes) {
    if (outcome === 'local') local++;
    else if (outcome === 'remote') remote++;
  }
  return { local, remote, missed: outcomes.length - local - remote };
}
