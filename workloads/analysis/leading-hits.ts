/** Which units of a request a cache serves, given which of them it holds. */
import type { Request } from '../../sim/serving/request.ts';

/** Counted over requests looked up one after another. */
export interface HitCounts {
  requests: number;
  units: number;
  unitHits: number;
  /** Prompt tokens, those outside units included. */
  tokens: number;
  tokenHits: number;
}

/** Counts of nothing yet. */
export function noHits(): HitCounts {
  return { requests: 0, units: 0, unitHits: 0, tokens: 0, tokenHits: 0 };
}

/** unitHits ÷ units, 0 where there are none. */
export function unitHitRate(counts: HitCounts): number {
  return counts.units === 0 ? 0 : counts.unitHits / counts.units;
}

/** tokenHits ÷ tokens, 0 where there are none. */
export function tokenHitRate(counts: HitCounts): number {
  return counts.tokens === 0 ? 0 : counts.tokenHits / counts.tokens;
}

/**
 * Looks a request up and adds it to the counts. With reuse by prefix only the units before the first one that is not held
 * are hits; with reuse by chunk each held one is.
 */
export function countHits(counts: HitCounts, request: Request, holds: (unit: number) => boolean): void {
  counts.requests++;
  counts.tokens += request.suffixTokens;
  let reachable = true;
  for (const unit of request.units) {
    counts.units++;
    counts.tokens += unit.tokens;
    if (!reachable) continue;
    if (holds(unit.id)) {
      counts.unitHits++;
      counts.tokenHits += unit.tokens;
    } else if (request.reuse === 'prefix') {
      reachable = false;
    }
  }
}
