/** How long a search takes: a stated model, never a measurement during a run. */
import type { Nanoseconds } from '../../sim/kernel/time.ts';

/** Time of one search = base + cost of a posting × postings read. */
export interface RetrievalLatency {
  /** Parsing, dispatch, top-k heap, or a measured time as a whole. */
  readonly baseNs: Nanoseconds;
  /** Cost of one posting; 0 makes the time a constant. */
  readonly perPostingNs: number;
}

/** A constant, as for a vector index that is searched to a fixed depth. */
export function constantLatency(latencyNs: Nanoseconds): RetrievalLatency {
  return { baseNs: latencyNs, perPostingNs: 0 };
}

/** base + postings × cost of one, in whole nanoseconds. */
export function retrievalNs(latency: RetrievalLatency, postings: number): Nanoseconds {
  const { baseNs, perPostingNs } = latency;
  if (!(baseNs >= 0 && perPostingNs >= 0)) throw new RangeError(`retrieval latency of ${baseNs} ns + ${perPostingNs} ns a posting: expected 0 or more for both`);
  return Math.round(baseNs + perPostingNs * postings);
}
