/**
 * What experiments ask of an overlay: statistics of lookups and joins, traffic, balance, table sizes and stale entries. Omniscient;
 * protocols do not use it.
 */
import { SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { GroundTruth } from './ground-truth.ts';
import type { Id } from './id-space.ts';
import type { LedgerEntry, MessageLedger } from './ledger.ts';
import type { LookupResult, NodeIndex, Overlay } from './overlay.ts';

/** How unevenly a quantity is spread over its holders. */
export interface Balance {
  readonly mean: number;
  readonly max: number;
  /** Largest share over the mean; 1 is perfect. 0 where nothing is held. */
  readonly maxOverMean: number;
  /** Gini coefficient: 0 where all hold the same, towards 1 where one holds everything. */
  readonly gini: number;
}

/**
 * Gini = Σ (2i − n − 1)·x_i / (n·Σ x), x ascending, i = 1 … n.
 *
 * @throws RangeError on a negative load
 */
export function balance(loads: readonly number[]): Balance {
  const n = loads.length;
  const ascending = [...loads].sort((a, b) => a - b);
  if (n > 0 && !(ascending[0] >= 0)) throw new RangeError(`load: ${ascending[0]} given, expected numbers of 0 or more`);
  const total = ascending.reduce((sum, load) => sum + load, 0);
  if (n === 0 || total === 0) return { mean: 0, max: 0, maxOverMean: 0, gini: 0 };
  const weighted = ascending.reduce((sum, load, i) => sum + (2 * (i + 1) - n - 1) * load, 0);
  const max = ascending[n - 1];
  return { mean: total / n, max, maxOverMean: (max * n) / total, gini: weighted / (n * total) };
}

/** Keys that fall to each member, in the order of `truth.members`; with r replicas each key falls to r. */
export function keysPerMember(truth: GroundTruth, keys: Iterable<Id>, replicas = 1): number[] {
  const counts = new Map<NodeIndex, number>();
  for (const key of keys) for (const node of truth.replicaSet(key, replicas)) counts.set(node, (counts.get(node) ?? 0) + 1);
  return truth.members.map((node) => counts.get(node) ?? 0);
}

/** Distinct peers in the tables of each member. */
export function tableEntries(overlay: Overlay, members: readonly NodeIndex[]): number[] {
  return members.map((node) => overlay.peers(node).length);
}

/** Share of all table entries that name a peer which is no member any more. */
export function staleShare(overlay: Overlay, truth: GroundTruth): number {
  const members = new Set(truth.members);
  let entries = 0;
  let stale = 0;
  for (const node of truth.members) {
    for (const peer of overlay.peers(node)) {
      entries++;
      if (!members.has(peer)) stale++;
    }
  }
  return entries === 0 ? 0 : stale / entries;
}

/** How unevenly traffic falls on the hosts of the members: `bytesOf` is what a host sent, received, or both. */
export function trafficBalance(overlay: Overlay, members: readonly NodeIndex[], bytesOf: (host: HostId) => number): Balance {
  return balance([...new Set(members.map((node) => overlay.hostOf(node)))].map(bytesOf));
}

/** Messages and bytes (network headers included) of one type and purpose, for each node and second. */
export interface TrafficRate extends Pick<LedgerEntry, 'type' | 'purpose'> {
  readonly messagesPerNodeSecond: number;
  readonly bytesPerNodeSecond: number;
}

/**
 * What the ledger counted since it was last reset, by type and purpose.
 *
 * @throws RangeError where there was no node or no time
 */
export function trafficRates(ledger: MessageLedger, nodes: number, durationNs: Nanoseconds): TrafficRate[] {
  if (!(nodes > 0)) throw new RangeError(`nodes: ${nodes} given, expected a number above 0`);
  if (!(durationNs > 0)) throw new RangeError(`durationNs: ${durationNs} given, expected a number above 0`);
  const nodeSeconds = (nodes * durationNs) / SECOND;
  return ledger.entries().map(({ type, purpose, messages, bytes }) => ({ type, purpose, messagesPerNodeSecond: messages / nodeSeconds, bytesPerNodeSecond: bytes / nodeSeconds }));
}

/** Distribution of a quantity over lookups or joins. */
export interface CountSummary {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface LookupSummary {
  readonly lookups: number;
  /** Ended without an owner. */
  readonly failed: number;
  /** Ended at a node other than the ground-truth owner at that moment. */
  readonly wrong: number;
  /** Share that ended at the ground-truth owner. */
  readonly correctness: number;
  readonly hops: CountSummary;
  readonly latencyNs: CountSummary;
  readonly messages: CountSummary;
  /** Per lookup: waits that expired on a peer not yet found dead. */
  readonly timeouts: number;
  /** Per lookup: entries passed over that named a dead peer, repeats included. */
  readonly deadEntries: number;
  /** Lookups that ended at each member of this moment. */
  readonly ownerLoad: Balance;
}

/** Gathers lookups as they end; hops, latency and messages are those of lookups that found an owner. */
export class LookupTally {
  private readonly truth: GroundTruth;
  private readonly hops: number[] = [];
  private readonly latencies: number[] = [];
  private readonly messages: number[] = [];
  private lookups = 0;
  private failed = 0;
  private wrong = 0;
  private timeouts = 0;
  private deadEntries = 0;
  private readonly ofOwner = new Map<NodeIndex, number>();

  constructor(truth: GroundTruth) {
    this.truth = truth;
  }

  /** To be called at the moment the lookup ends: that is when it is judged. */
  add(result: LookupResult): void {
    this.lookups++;
    this.timeouts += result.timeouts;
    this.deadEntries += result.deadEntries;
    if (!result.ok) {
      this.failed++;
      return;
    }
    if (result.owner !== this.truth.owner(result.key)) this.wrong++;
    this.ofOwner.set(result.owner, (this.ofOwner.get(result.owner) ?? 0) + 1);
    this.hops.push(result.hops);
    this.latencies.push(result.latencyNs);
    this.messages.push(result.messages);
  }

  summary(): LookupSummary {
    const per = Math.max(1, this.lookups);
    return {
      lookups: this.lookups,
      failed: this.failed,
      wrong: this.wrong,
      correctness: this.lookups === 0 ? 0 : (this.lookups - this.failed - this.wrong) / this.lookups,
      hops: summarise(this.hops),
      latencyNs: summarise(this.latencies),
      messages: summarise(this.messages),
      timeouts: this.timeouts / per,
      deadEntries: this.deadEntries / per,
      ownerLoad: balance(this.truth.members.map((node) => this.ofOwner.get(node) ?? 0)),
    };
  }
}

export interface JoinSummary {
  readonly started: number;
  readonly completed: number;
  /** From the call of `join` to membership; of completed joins. */
  readonly latencyNs: CountSummary;
  /** Messages and bytes sent for joining, answers and the filling of tables included, per completed join; 0 where none was completed. */
  readonly messages: number;
  readonly bytes: number;
}

/** Gathers joins of an overlay from its making on; traffic is what the ledger counted under `join` since then or its last reset. */
export class JoinTally {
  private readonly ledger: MessageLedger;
  private readonly now: () => Nanoseconds;
  private readonly startedNs = new Map<NodeIndex, Nanoseconds>();
  private readonly latencies: number[] = [];
  private started = 0;

  /** @param now the present simulated time */
  constructor(overlay: Overlay, now: () => Nanoseconds) {
    this.ledger = overlay.ledger;
    this.now = now;
    overlay.observe({
      joined: (node) => {
        const startNs = this.startedNs.get(node);
        if (startNs === undefined) return;
        this.startedNs.delete(node);
        this.latencies.push(now() - startNs);
      },
    });
  }

  /** To be called with each call of `overlay.join`, before it: a node without a bootstrap is a member at once. */
  begin(node: NodeIndex): void {
    this.started++;
    this.startedNs.set(node, this.now());
  }

  summary(): JoinSummary {
    const completed = this.latencies.length;
    const per = (total: number): number => (completed === 0 ? 0 : total / completed);
    return {
      started: this.started,
      completed,
      latencyNs: summarise(this.latencies),
      messages: per(this.ledger.totalMessages('join')),
      bytes: per(this.ledger.totalBytes('join')),
    };
  }
}

/** Exact percentiles: the smallest value that at least the given share does not exceed. */
function summarise(values: readonly number[]): CountSummary {
  if (values.length === 0) return { mean: 0, p50: 0, p95: 0, p99: 0, max: 0 };
  const ascending = Float64Array.from(values).sort();
  const at = (share: number): number => ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)];
  return { mean: ascending.reduce((sum, value) => sum + value, 0) / ascending.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
