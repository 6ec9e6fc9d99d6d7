/** The hybrid's rule: send the request to the KV, send the KV to the request, or compute it: whatever should give the first token soonest. */
import type { Nanoseconds } from '../../sim/kernel/time.ts';

/** What a node believes of one place where the request could run. */
export interface Place {
  readonly host: number;
  /** Leading tokens cached there. */
  readonly tokens: number;
  /** Wait that a request sent there now would have. */
  readonly waitNs: Nanoseconds;
  /** One-way latency to it. */
  readonly latencyNs: Nanoseconds;
}

export interface WayCosts {
  /** Prefill of the prompt, of which so many leading tokens are cached. */
  prefillNs(cachedTokens: number): Nanoseconds;
  /** Fetching so many tokens' KV from a host. */
  fetchNs(host: number, tokens: number): Nanoseconds;
}

export type Way =
  | { readonly kind: 'here' }
  | { readonly kind: 'route'; readonly place: Place }
  | { readonly kind: 'fetch'; readonly place: Place };

/**
 * Expected time to the first token of each way:
 *
 *   here   wait here + prefill behind what is cached here
 *   route  latency + wait there + prefill behind what is cached there
 *   fetch  the longer of wait here and fetch, + prefill behind what is cached there
 *
 * A way is not considered that saves fewer than `minGainTokens` of prefill. Of equal ways the one that moves least.
 */
export function fastestWay(home: Place, others: readonly Place[], costs: WayCosts, minGainTokens: number): Way {
  let way: Way = { kind: 'here' };
  let leastNs = home.waitNs + costs.prefillNs(home.tokens);
  for (const place of others) {
    if (place.tokens - home.tokens < minGainTokens) continue;
    const prefillNs = costs.prefillNs(place.tokens);
    const routeNs = place.latencyNs + place.waitNs + prefillNs;
    if (routeNs < leastNs) {
      leastNs = routeNs;
      way = { kind: 'route', place };
    }
    const fetchNs = Math.max(home.waitNs, costs.fetchNs(place.host, place.tokens - home.tokens)) + prefillNs;
    if (fetchNs < leastNs) {
      leastNs = fetchNs;
      way = { kind: 'fetch', place };
    }
  }
  return way;
}
