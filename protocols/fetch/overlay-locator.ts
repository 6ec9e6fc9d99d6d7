import { NumberMap } from '../../sim/kernel/number-map.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { LookupResult, NodeIndex, Overlay } from '../overlay/overlay.ts';
import type { PlacementKeys } from '../placement/placement-keys.ts';
import { ArcCache, KeyCache } from './location-cache.ts';
import type { LocationCache } from './location-cache.ts';
import type { Location, Locator } from './locator.ts';
import { PromptAnswers } from './prompt-answers.ts';

export interface OverlayLocatorOptions {
  /** Replicas a segment is expected on; the lookup's answer names them. */
  readonly replicas: number;
  /** How long a node trusts where it found a segment; 0 to look up every time. */
  readonly locationCacheNs: Nanoseconds;
  /** What an answer is remembered for: its key, or (Chord) every key of the owner's arc. */
  readonly locationCacheScope: 'key' | 'arc';
}

/** Who else waits for a lookup under way, until somebody does. */
const NOBODY_ELSE: ((location: Location) => void)[] = [];

/** Locates segments by looking their keys up in an overlay, with an optional cache of answers on each node. */
export class OverlayLocator implements Locator {
  readonly #sim: Simulator;
  readonly #overlay: Overlay;
  readonly #nodeOf: (host: HostId) => NodeIndex;
  readonly #keys: PlacementKeys;
  readonly #options: OverlayLocatorOptions;
  readonly #caches = new Map<HostId, LocationCache>();
  readonly #answers: PromptAnswers;
  /** Lookups under way, by host and group of keys, with those who wait for the same answer. */
  readonly #asked = new Map<HostId, NumberMap<((location: Location) => void)[]>>();

  constructor(sim: Simulator, overlay: Overlay, nodeOf: (host: HostId) => NodeIndex, keys: PlacementKeys, options: OverlayLocatorOptions) {
    this.#sim = sim;
    this.#overlay = overlay;
    this.#nodeOf = nodeOf;
    this.#keys = keys;
    this.#options = options;
    this.#answers = new PromptAnswers(sim, 'locate.cached');
  }

  locate(from: HostId, unit: number, segment: number, afresh: boolean, done: (location: Location) => void): void {
    const group = this.#keys.group(unit, segment);
    const key = this.#keys.key(unit, segment);
    const cached = afresh ? undefined : this.#caches.get(from)?.find(group, key);
    if (cached !== undefined && cached.expiresNs >= this.#sim.now) {
      this.#answers.give({ holders: cached.holders, own: cached.own, hops: 0, latencyNs: 0, timeouts: 0 }, done);
      return;
    }
    let asked = this.#asked.get(from);
    if (asked === undefined) this.#asked.set(from, (asked = new NumberMap<((location: Location) => void)[]>()));
    const waiting = asked.get(group);
    if (waiting !== undefined) {
      if (waiting === NOBODY_ELSE) asked.set(group, [done]);
      else waiting.push(done);
      return;
    }
    asked.set(group, NOBODY_ELSE);
    this.#overlay.lookup(this.#nodeOf(from), key, (result) => {
      const others = asked.get(group)!;
      asked.delete(group);
      const hosts = this.#hostsOf(result);
      const holders = hosts.includes(from) ? hosts.filter((host) => host !== from) : hosts;
      const own = holders.length < hosts.length;
      if (hosts.length > 0) this.#remember(from, group, result, holders, own);
      const { latencyNs, timeouts } = result;
      done({ holders, own, hops: result.hops, latencyNs, timeouts });
      // One lookup serves them all: only the first is charged its hops.
      for (const other of others) other({ holders, own, hops: 0, latencyNs, timeouts: 0 });
    });
  }

  /** The first `replicas` distinct hosts of the answer's replica set; virtual nodes of one host count once. */
  #hostsOf(result: LookupResult): HostId[] {
    const hosts: HostId[] = [];
    if (!result.ok) return hosts;
    for (const node of result.replicas) {
      const host = this.#overlay.hostOf(node);
      if (hosts.includes(host)) continue;
      hosts.push(host);
      if (hosts.length === this.#options.replicas) break;
    }
    return hosts;
  }

  #remember(from: HostId, group: number, { answeredBy, owner }: LookupResult, holders: readonly HostId[], own: boolean): void {
    const { locationCacheNs, locationCacheScope } = this.#options;
    if (locationCacheNs === 0) return;
    let cache = this.#caches.get(from);
    if (cache === undefined) this.#caches.set(from, (cache = locationCacheScope === 'arc' ? new ArcCache(this.#overlay) : new KeyCache()));
    cache.remember(group, answeredBy, owner, { holders, own, expiresNs: this.#sim.now + locationCacheNs });
  }
}
