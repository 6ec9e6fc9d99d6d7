/** Requests as a system sees them that knows prefixes only: a chunk can be reused where everything before it is the same. */
import type { Request } from '../../sim/serving/request.ts';
import { PrefixIds } from '../../workloads/prefix-ids.ts';

/**
 * Gives units the ids of the prefixes that end with them. A chunk at the head of a prompt keeps its id, so that a precomputed corpus can be
 * named; longer prefixes are numbered from `chunks` on. What the first stage of retrieval guesses is a set, not a prefix, and is dropped. Requests that are reused by
 * prefix already pass unchanged.
 */
export function* prefixRequests(requests: Iterable<Request>, chunks: number): Iterable<Request> {
  const prefixes = new PrefixIds();
  for (const request of requests) {
    if (request.reuse === 'prefix') {
      yield request;
      continue;
    }
    const ids = prefixes.of(request.units.map(({ id }) => id));
    yield { ...request, earlyUnits: [], reuse: 'prefix', units: request.units.map((unit, i) => (i === 0 ? unit : { ...unit, id: chunks + ids[i] })) };
  }
}
