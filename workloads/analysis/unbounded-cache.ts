/** The offline pass: requests one at a time through a cache that forgets nothing. The most that any cache could hit. */
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Request } from '../../sim/serving/request.ts';
import { countHits, noHits } from './leading-hits.ts';
import type { HitCounts } from './leading-hits.ts';

/**
 * Counts hits while requests are added in order of arrival. A unit can be used `usableAfterNs` after the arrival of the
 * first request that named it: 0 lets the very next request use it; more stands for the time that computing it takes.
 */
export class UnboundedCache {
  readonly usableAfterNs: Nanoseconds;
  readonly counts: HitCounts = noHits();
  readonly #firstSeenNs = new Map<number, Nanoseconds>();

  constructor(usableAfterNs: Nanoseconds = 0) {
    if (!(usableAfterNs >= 0)) throw new RangeError(`usable after ${usableAfterNs} ns: expected at least 0`);
    this.usableAfterNs = usableAfterNs;
  }

  /** Distinct units seen. */
  get size(): number {
    return this.#firstSeenNs.size;
  }

  add(request: Request): void {
    const usableSince = request.arrivalNs - this.usableAfterNs;
    countHits(this.counts, request, (unit) => {
      const firstNs = this.#firstSeenNs.get(unit);
      return firstNs !== undefined && firstNs <= usableSince;
    });
    for (const { id } of request.units) if (!this.#firstSeenNs.has(id)) this.#firstSeenNs.set(id, request.arrivalNs);
  }
}

/** All requests through one unbounded cache. */
export function unboundedHits(requests: Iterable<Request>, usableAfterNs: Nanoseconds = 0): HitCounts {
  const cache = new UnboundedCache(usableAfterNs);
  for (const request of requests) cache.add(request);
  return cache.counts;
}
