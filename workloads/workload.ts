/** What every workload offers: a stream of requests, and where it is known beforehand, the corpus they draw on. */
import type { RandomStreams } from '../sim/kernel/random-streams.ts';
import type { Request } from '../sim/serving/request.ts';

/** The units (chunks or blocks) that requests may name, known before the first request: a store can be filled from it. */
export interface UnitCatalogue {
  /** Unit ids are 0 … size − 1. */
  readonly size: number;
  /** Length of a unit in tokens. */
  tokens(id: number): number;
  /** The document that a unit was cut from, where there are documents. */
  document?(id: number): number | undefined;
}

/**
 * A stream of requests in order of arrival, ids dense from 0.
 *
 * `requests` may be called several times; with streams of the same seed it gives the same requests. It draws only from
 * streams whose names begin with `workload/`, one per purpose, so that changing one key (the rate, say) leaves all the
 * other choices as they were: common random numbers across systems and across the cells of a sweep.
 */
export interface Workload {
  readonly name: string;
  /** Absent where the units are only known as the requests stream by (recorded traces). */
  readonly catalogue?: UnitCatalogue;
  requests(random: RandomStreams): Iterable<Request>;
}
