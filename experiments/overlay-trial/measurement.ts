/** What a trial of an overlay study measures: its lookups, the traffic of the measured window, and the tables at its end. */
import type { Balance } from '../../protocols/overlay/measures.ts';
import { balance, keysPerMember, LookupTally } from '../../protocols/overlay/measures.ts';
import type { LookupResult, NodeIndex } from '../../protocols/overlay/overlay.ts';
import { MILLISECOND, SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { OverlayStudyConfig } from '../config/overlay-study-fields.ts';
import type { Histogram, TrialResult } from '../results/trial-result.ts';
import { keyId } from '../../protocols/overlay/identity.ts';
import type { LookupListener } from './lookup-load.ts';
import type { OverlayWorld } from './overlay-world.ts';
import type { PublishedValues } from './published-values.ts';

/** Members whose tables are looked at; more would cost time and tell nothing new. */
const MOST_TABLES = 10_000;

export class OverlayMeasurement implements LookupListener {
  readonly #world: OverlayWorld;
  readonly #config: OverlayStudyConfig;
  readonly #seed: string;
  readonly #tally: LookupTally;
  readonly #hops: number[] = [];
  #rounds = 0;
  #ownerRounds = 0;
  #answered = 0;
  #judged = 0;
  #abandoned = 0;
  #skipped = 0;
  #beganNs: Nanoseconds = 0;
  #memberNs = 0;
  #changes = 0;
  #receivedBytes = new Float64Array(0);
  #joinMessages = 0;
  #joinBytes = 0;
  #storeBytes = 0;

  constructor(world: OverlayWorld, config: OverlayStudyConfig, seed: string) {
    this.#world = world;
    this.#config = config;
    this.#seed = seed;
    this.#tally = new LookupTally(world.truth);
  }

  begin(): void {
    const { overlay, sim, network } = this.#world;
    const { ledger } = overlay;
    this.#joinMessages = ledger.totalMessages('join');
    this.#joinBytes = ledger.totalBytes('join');
    this.#storeBytes = ledger.totalBytes('store');
    ledger.reset();
    this.#beganNs = sim.now;
    this.#memberNs = this.#world.memberNs();
    this.#changes = this.#world.changes;
    this.#receivedBytes = Float64Array.from({ length: overlay.nodeCount }, (_, node) => network.stats.bytesDown(overlay.hostOf(node)));
  }

  ended(result: LookupResult, abandoned: boolean): void {
    if (abandoned) {
      this.#abandoned++;
      return;
    }
    const hops = this.#hopsOf(result);
    this.#judged++;
    this.#tally.add({ ...result, hops });
    if (!result.ok) return;
    this.#answered++;
    this.#rounds += result.rounds;
    this.#ownerRounds += result.ownerRounds;
    while (this.#hops.length <= hops) this.#hops.push(0);
    this.#hops[hops]++;
  }

  skipped(): void {
    this.#skipped++;
  }

  #hopsOf(result: LookupResult): number {
    switch (this.#config.lookups.hop) {
      case 'path':
        return result.hops;
      case 'owner':
        // Where another node named the owner without asking it, the step to the owner is still to come.
        return result.ok && this.#world.overlay.protocol === 'chord' && result.answeredBy !== result.owner ? result.hops + 1 : result.hops;
      case 'rounds':
        return result.rounds;
      case 'owner-rounds':
        return result.ownerRounds;
    }
  }

  /** Everything measured. */
  result(values: PublishedValues | undefined): Omit<TrialResult, 'key'> {
    const { sim } = this.#world;
    return {
      digest: sim.digest(),
      metrics: { ...this.#lookups(), ...this.#traffic(), ...this.#joins(), ...this.#load(), ...this.#tables(), ...this.#keys(), ...this.#values(values) },
      labels: {},
      flags: this.#flags(),
      histograms: { hops: this.#histogram() },
    };
  }

  #lookups(): Record<string, number> {
    const { lookups, failed, wrong, correctness, hops, latencyNs, messages, timeouts, deadEntries } = this.#tally.summary();
    // Without an answer there is no path, and a mean over none is no number.
    const found = (value: number): number => (this.#answered === 0 ? Number.NaN : value);
    const isKademlia = this.#world.overlay.protocol === 'kademlia';
    return {
      hopsMean: found(hops.mean),
      hopsP50: found(hops.p50),
      hopsP95: found(hops.p95),
      hopsP99: found(hops.p99),
      hopsMax: found(hops.max),
      ...(isKademlia ? { roundsMean: this.#rounds / this.#answered, ownerRoundsMean: this.#ownerRounds / this.#answered } : {}),
      lookupMeanMs: found(latencyNs.mean / MILLISECOND),
      lookupP50Ms: found(latencyNs.p50 / MILLISECOND),
      lookupP95Ms: found(latencyNs.p95 / MILLISECOND),
      lookupP99Ms: found(latencyNs.p99 / MILLISECOND),
      correctShare: lookups === 0 ? Number.NaN : correctness,
      failedShare: (failed + wrong) / lookups,
      noOwnerShare: failed / lookups,
      imperfectOverlays: lookups === 0 ? Number.NaN : failed + wrong > 0 ? 1 : 0,
      timeoutsPerLookup: lookups === 0 ? Number.NaN : timeouts,
      deadEntriesPerLookup: lookups === 0 ? Number.NaN : deadEntries,
      messagesPerLookup: found(messages.mean),
      lookupBytes: this.#world.overlay.ledger.totalBytes('lookup') / lookups,
      lookupsMeasured: this.#judged,
    };
  }

  /** Rates are told only of a window whose length the config chose: a closed loop of lookups is over before maintenance has begun. */
  #traffic(): Record<string, number> {
    if (this.#config.lookups.ratePerSecond === null) return {};
    const { ledger } = this.#world.overlay;
    const { sim } = this.#world;
    const memberSeconds = (this.#world.memberNs() - this.#memberNs) / SECOND;
    const seconds = (sim.now - this.#beganNs) / SECOND;
    const upkeep = (total: (purpose: 'maintenance' | 'repair' | 'join' | 'leave') => number): number => total('maintenance') + total('repair') + total('join') + total('leave');
    return {
      maintenanceBytesPerNode: upkeep((purpose) => ledger.totalBytes(purpose)) / memberSeconds,
      maintenanceMessagesPerNode: upkeep((purpose) => ledger.totalMessages(purpose)) / memberSeconds,
      totalBytesPerNode: ledger.totalBytes() / memberSeconds,
      changesPerSecond: (this.#world.changes - this.#changes) / seconds,
      membersMean: memberSeconds / seconds,
    };
  }

  #joins(): Record<string, number> {
    const { joinsNs, overlay } = this.#world;
    const joins = joinsNs.length;
    if (joins === 0) return {};
    return {
      joinMessages: (this.#joinMessages + overlay.ledger.totalMessages('join')) / joins,
      joinBytes: (this.#joinBytes + overlay.ledger.totalBytes('join')) / joins,
      joinMeanMs: joinsNs.reduce((sum, ns) => sum + ns, 0) / joins / MILLISECOND,
    };
  }

  #load(): Record<string, number> {
    const { overlay, network, members } = this.#world;
    const { maxOverMean, gini } = this.#balance(members.map((node) => network.stats.bytesDown(overlay.hostOf(node)) - this.#receivedBytes[node]));
    return { loadMaxOverMean: maxOverMean, loadGini: gini };
  }

  /** Entries and how many of them are stale, over all members or an even sample. */
  #tables(): Record<string, number> {
    const { overlay, members } = this.#world;
    const alive = new Set(members);
    const step = Math.max(1, Math.ceil(members.length / MOST_TABLES));
    let looked = 0;
    let entries = 0;
    let most = 0;
    let stale = 0;
    for (let i = 0; i < members.length; i += step) {
      const peers: readonly NodeIndex[] = overlay.peers(members[i]);
      looked++;
      entries += peers.length;
      most = Math.max(most, peers.length);
      for (const peer of peers) if (!alive.has(peer)) stale++;
    }
    return { tableEntriesMean: entries / looked, tableEntriesMax: looked === 0 ? Number.NaN : most, staleShare: stale / entries };
  }

  #keys(): Record<string, number> {
    const { truth, space } = this.#world;
    const { balanceKeys } = this.#config;
    if (balanceKeys === 0) return {};
    // Keys of their own, so that how many are counted changes no lookup.
    const keys = Array.from({ length: balanceKeys }, (_, i) => keyId(space, `${this.#seed}-balance`, i));
    const { maxOverMean, gini } = this.#balance(keysPerMember(truth, keys));
    return { keyMaxOverMean: maxOverMean, keyGini: gini };
  }

  #balance(loads: readonly number[]): Pick<Balance, 'maxOverMean' | 'gini'> {
    return loads.length === 0 ? { maxOverMean: Number.NaN, gini: Number.NaN } : balance(loads);
  }

  #values(values: PublishedValues | undefined): Record<string, number> {
    if (values === undefined) return {};
    const { overlay } = this.#world;
    const storeBytes = this.#storeBytes + overlay.ledger.totalBytes('store');
    return { valuesFound: values.found / values.count, storeBytesPerNode: storeBytes / (this.#world.memberNs() / SECOND) };
  }

  #histogram(): Histogram {
    return { from: 0, counts: [...this.#hops] };
  }

  #flags(): Record<string, number> {
    return {
      ...(this.#abandoned > 0 ? { 'lookups not judged: their initiator left or crashed before they ended': this.#abandoned } : {}),
      ...(this.#skipped > 0 ? { 'lookups not started: the overlay had no member': this.#skipped } : {}),
    };
  }
}
