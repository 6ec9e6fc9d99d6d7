/** Hosts that hold chunks and one that fetches them, without overlay and engine: what is under test is the fetch alone. */
import { FetchJob } from '../../../protocols/fetch/fetch-job.ts';
import type { UnitFetch } from '../../../protocols/fetch/fetch-job.ts';
import type { FetchOptions } from '../../../protocols/fetch/fetch-options.ts';
import { KvLanding } from '../../../protocols/fetch/kv-landing.ts';
import { LocalReader } from '../../../protocols/fetch/local-reader.ts';
import type { Location, Locator } from '../../../protocols/fetch/locator.ts';
import { SegmentFetcher } from '../../../protocols/fetch/segment-fetcher.ts';
import { SegmentPlan } from '../../../protocols/fetch/segment-plan.ts';
import { ChunkGeometries } from '../../../protocols/placement/chunk-geometry.ts';
import { Corruption } from '../../../protocols/store/corruption.ts';
import { Lru } from '../../../protocols/store/lru.ts';
import { TieredStore } from '../../../protocols/store/tiered-store.ts';
import type { PeerNode } from '../../../protocols/systems/peer-node.ts';
import { CopyEngine } from '../../../sim/hardware/copy-engine.ts';
import { gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { HostCpu } from '../../../sim/hardware/host-cpu.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import type { HostId } from '../../../sim/network/topology.ts';
import { ActivityLog } from '../../../sim/serving/attribution.ts';

/** KV of one chunk: 512 layers of 128 KiB, so that it cuts into up to 512 equal segments. */
const MODEL = { layers: 512, kvHeads: 1, headDim: 64, dtypeBytes: 2 };
export const CHUNK = { id: 0, tokens: 512 };
export const CHUNK_BYTES = 64 * 1024 * 1024;
export const READER = 0;
export const LATENCY_NS = 0.1 * MILLISECOND;
/** Far above every network link here. */
const DEVICE_BPS = 1e12;

export interface FetchWorldSpec {
  readonly seed?: number;
  /** Hosts beside the reader. */
  readonly holders: number;
  readonly segments: number;
  readonly upBps: number;
  readonly downBps: number;
  readonly storeBytes?: number;
  readonly options?: Partial<FetchOptions>;
  /** Whom the reader is told to ask; all holders by default. */
  readonly locate?: () => readonly HostId[];
}

export class FetchWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly geometries: ChunkGeometries;
  readonly nodes: readonly PeerNode[];
  readonly local: LocalReader;
  readonly fetcher: SegmentFetcher;
  /** When the reader looked each segment up. */
  readonly lookupsNs: number[][] = [];
  readonly segments: number;

  constructor({ seed = 1, holders, segments, upBps, downBps, storeBytes = Infinity, options = {}, locate }: FetchWorldSpec) {
    const sim = (this.sim = new Simulator({ seed }));
    this.segments = segments;
    const hosts = Array.from({ length: holders + 1 }, (_, host) => ({ name: `host-${host}`, upBps, downBps }));
    const network = (this.network = new Network(sim, { hosts, zoneLatencyNs: { zones: ['zone'], oneWayNs: [[LATENCY_NS]] } }));
    this.geometries = new ChunkGeometries(MODEL, { axes: ['layer'], maxSegments: segments, minSegmentBytes: 0 }, 'none');
    const gpu = gpuByName('A100-80GB');
    // The engine and its costs have no part in a fetch.
    this.nodes = hosts.map((_, host) => ({
      host,
      cpu: new HostCpu(sim, `cpu-${host}`, 16),
      holdings: new TieredStore([{ name: 'memory', capacityBytes: storeBytes }], () => new Lru()),
      tiers: [{ name: 'memory', readLink: network.addLink(DEVICE_BPS), readBytesPerSecond: DEVICE_BPS / 8, writeLink: network.addLink(DEVICE_BPS), latencyNs: 0 }],
      corruption: new Corruption(),
      copies: new CopyEngine(sim, `copy-${host}`, gpu),
    }) as unknown as PeerNode);
    const landing = new KvLanding(sim, { compressed: false, dequantiseNs: () => 0, adjustNs: undefined });
    const all = hosts.map((_, host) => host).filter((host) => host !== READER);
    const answer = (done: (location: Location) => void): void => { done({ holders: locate?.() ?? all, own: false, hops: 0, latencyNs: 0, timeouts: 0 }); };
    const asked = sim.handler('located', answer);
    const locator: Locator = {
      locate: (_from, _unit, segment, _afresh, done) => {
        (this.lookupsNs[segment] ??= []).push(sim.now);
        sim.schedule(0, asked, done);
      },
    };
    this.local = new LocalReader(sim, network, this.geometries, landing);
    this.fetcher = new SegmentFetcher(
      { sim, network, locator, nodes: this.nodes, geometries: this.geometries, landing },
      { sources: holders, connectionsPerSource: 1, choice: 'least-loaded', timeoutNs: 1000 * MILLISECOND, retries: 0, backoffNs: 50 * MILLISECOND, hedgeNs: Infinity, deadlineNs: Infinity, gatherNs: 0, windowBytes: Infinity, peerWindowBytes: Infinity, ...options },
    );
  }

  get segmentBytes(): number {
    return CHUNK_BYTES / this.segments;
  }

  /** Gives every segment of a chunk to a host. */
  give(host: HostId, chunk = CHUNK): void {
    this.geometries.of(chunk.tokens).segmentBytes.forEach((sizeBytes, segment) => { this.nodes[host].holdings.write(this.geometries.segmentId(chunk.id, segment), sizeBytes); });
  }

  /** The reader asks for chunks: from its own store what is there, from the holders what is not. */
  fetch(onUnit: (fetch: UnitFetch) => void = () => undefined, chunks = [CHUNK]): FetchJob {
    const units = chunks.map((unit) => ({ unit, geometry: this.geometries.of(unit.tokens) }));
    const activities = new ActivityLog();
    activities.reset(this.sim.now);
    const job = new FetchJob(this.nodes[READER], activities, units, this.sim.now, -1, onUnit);
    const plan = new SegmentPlan(job);
    this.local.read(job, (unit, segment) => { plan.want(unit, segment); });
    this.fetcher.start(plan);
    return job;
  }

  /** Pins out in all stores. */
  get pinsOut(): number {
    return this.nodes.reduce((sum, { holdings }) => sum + holdings.pinsOut, 0);
  }

  /** Segments that are read or sent, as their readers and senders count them. */
  get inUse(): number {
    return this.local.segmentsInUse + this.fetcher.segmentsOnTheWay;
  }
}
