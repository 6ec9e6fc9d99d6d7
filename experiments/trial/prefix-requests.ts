/** Requests as a system sees them that knows prefixes only: a chunk can be reused where everything before it is the same. */
import type { Request } from '../../sim/serving/request.ts';
import { PrefixIds } from '../../workloads/prefix-ids.ts';

/**
 * Gives units the ids of the prefixes that end with them. A chunk at the head of a prompt keeps its id, so that a precomputed corpus can be
 * named; longer prefixes are numbered from `chunks` on. What the first stage of retrieval guesses is a set, not a prefix, and is dropped. Requests that are reused by
 * prefix already pass unchanged.
 */
export class PrefixRequests {
  readonly #chunks: number;
  readonly #prefixes = new PrefixIds();

  constructor(chunks: number) {
    this.#chunks = chunks;
  }

  /** The request as it is seen. To be asked in order of arrival, once a request. */
  seen(request: Request): Request {
    if (request.reuse === 'prefix') return request;
    const ids = this.#prefixes.of(request.units.map(({ id }) => id));
    return { ...request, earlyUnits: [], reuse: 'prefix', units: request.units.map((unit, i) => (i === 0 ? unit : { ...unit, id: this.#chunks + ids[i] })) };
  }
}
