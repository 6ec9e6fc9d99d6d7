import type { Simulator } from '../../sim/kernel/simulator.ts';
import { SECOND, type Nanoseconds } from '../../sim/kernel/time.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { FetchJob } from '../fetch/fetch-job.ts';
import type { KvLanding } from '../fetch/kv-landing.ts';
import type { ChunkGeometry } from '../placement/chunk-geometry.ts';
import type { PeerNode } from '../systems/peer-node.ts';

/** What a system knows of its own links. */
export interface ReceivePath {
  /** Greatest rate at which one request can receive KV from other hosts, by the links' rates; 0 where nobody is asked. */
  readonly receiveBps: number;
  /** Bytes of a node's open requests to others: no less than it still waits for. */
  readonly askedBytes: (host: HostId) => number;
  readonly landing: KvLanding;
}

/** A unit, or the tail of one, that might be fetched. */
export interface FetchPart {
  readonly geometry: ChunkGeometry;
  /** By segment: the tier of this node that holds it; -1 where it has to come from elsewhere. */
  readonly tiers: readonly number[];
}

/** Weight of the newest observation in the running means. */
const NEWEST = 0.2;
/** Age at which an observation counts half: what was slow once is tried again. */
const FORGET_NS = 5 * SECOND;
const BITS_PER_BYTE = 8;

interface History {
  lookupNs: number;
  /** Running means of what fetches from others were expected to take by the links alone, and of what they took. */
  expectedNs: number;
  actualNs: number;
  observedNs: Nanoseconds;
  /** Share of the units asked of others that nobody had. */
  missShare: number;
}

/**
 * How long a node expects a fetch to take, from what it knows itself: the rate of its link, what it is waiting for already, its own stores, and how long its fetches
 * have taken of late against that. Holders' queues, drives and uplinks are known by their effect alone.
 */
export class FetchOutlook {
  readonly #sim: Simulator;
  readonly #path: ReceivePath;
  readonly #histories = new Map<PeerNode, History>();

  constructor(sim: Simulator, path: ReceivePath) {
    this.#sim = sim;
    this.#path = path;
  }

  /** Whether there is anybody to fetch from. */
  get asksOthers(): boolean {
    return this.#path.receiveBps > 0;
  }

  get receiveBps(): number {
    return this.#path.receiveBps;
  }

  missShare(node: PeerNode): number {
    return this.#of(node).missShare;
  }

  /** Time until all these parts are in GPU memory, asked for at this moment. */
  expectedNs(node: PeerNode, parts: readonly FetchPart[]): Nanoseconds {
    let remoteBytes = 0;
    const largest = { storedBytes: 0, rawBytes: 0 };
    const sums = node.tiers.map(() => ({ storedBytes: 0, rawBytes: 0 }));
    for (const { geometry, tiers } of parts) {
      geometry.segmentBytes.forEach((storedBytes, segment) => {
        const rawBytes = geometry.segmentRawBytes[segment];
        if (tiers[segment] >= 0) {
          sums[tiers[segment]].storedBytes += storedBytes;
          sums[tiers[segment]].rawBytes += rawBytes;
          return;
        }
        remoteBytes += storedBytes;
        if (storedBytes > largest.storedBytes) Object.assign(largest, { storedBytes, rawBytes });
      });
    }
    let longestNs = remoteBytes === 0 ? 0 : this.#remoteNs(node, remoteBytes, largest);
    for (const [tier, { storedBytes, rawBytes }] of sums.entries()) {
      if (storedBytes === 0) continue;
      const { latencyNs, readBytesPerSecond, inDevice = false } = node.tiers[tier];
      const readNs = inDevice ? 0 : latencyNs + (storedBytes / readBytesPerSecond) * SECOND;
      longestNs = Math.max(longestNs, readNs + this.#path.landing.expectedNs(node, storedBytes, rawBytes, inDevice ? 'device' : 'host'));
    }
    return Math.round(longestNs);
  }

  /** Time that the links alone would take to bring so much from other hosts, beside what is asked for already. */
  linkNs(node: PeerNode, remoteBytes: number): Nanoseconds {
    return ((this.#path.askedBytes(node.host) + remoteBytes) * BITS_PER_BYTE * SECOND) / this.#path.receiveBps;
  }

  /** A fetch from other hosts is over. @param expectedNs what `linkNs` said when it began */
  ended(job: FetchJob, expectedNs: Nanoseconds): void {
    const { geometry } = job.fetches[0];
    const landingNs = this.#path.landing.expectedNs(job.node, geometry.segmentBytes[0], geometry.segmentRawBytes[0], 'network');
    const history = this.#of(job.node);
    const remote = job.fetches.filter(({ touchedNetwork, outcome }) => touchedNetwork || outcome === 'missed');
    const missed = remote.filter(({ outcome }) => outcome === 'missed').length;
    if (remote.length > 0) history.missShare += NEWEST * (missed / remote.length - history.missShare);
    if (job.cost.lookups > 0) history.lookupNs += NEWEST * (job.cost.lookupNs / job.cost.lookups - history.lookupNs);
    if (missed > 0 || job.cost.bytesFetched === 0) return;
    history.expectedNs += NEWEST * (expectedNs - history.expectedNs);
    history.actualNs += NEWEST * (Math.max(0, this.#sim.now - job.startNs - history.lookupNs - landingNs) - history.actualNs);
    history.observedNs = this.#sim.now;
  }

  /** @param largest the segment that takes longest to land, taken for the last */
  #remoteNs(node: PeerNode, remoteBytes: number, largest: { readonly storedBytes: number; readonly rawBytes: number }): number {
    const history = this.#of(node);
    const landingNs = this.#path.landing.expectedNs(node, largest.storedBytes, largest.rawBytes, 'network');
    const movedNs = Math.max(this.linkNs(node, remoteBytes) * this.#slowdown(history), node.copies.copyNs('hostToDevice', remoteBytes));
    return history.lookupNs + movedNs + landingNs;
  }

  /** How many times as long fetches have taken as the links alone would, of late. */
  #slowdown({ expectedNs, actualNs, observedNs }: History): number {
    if (expectedNs === 0) return 1;
    const weight = FORGET_NS / (FORGET_NS + this.#sim.now - observedNs);
    return 1 + (actualNs / expectedNs - 1) * weight;
  }

  #of(node: PeerNode): History {
    let history = this.#histories.get(node);
    if (history === undefined) {
      history = { lookupNs: 0, expectedNs: 0, actualNs: 0, observedNs: 0, missShare: 0 };
      this.#histories.set(node, history);
    }
    return history;
  }
}
