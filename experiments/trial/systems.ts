/** The systems under test: what differs between them, and nothing else. */
import type { FetchOptions } from '../../protocols/fetch/fetch-options.ts';
import type { ReceivePath } from '../../protocols/decision/fetch-outlook.ts';
import { FixedLocator } from '../../protocols/fetch/fixed-locator.ts';
import { KvLanding } from '../../protocols/fetch/kv-landing.ts';
import { LocalReader } from '../../protocols/fetch/local-reader.ts';
import { OverlayLocator } from '../../protocols/fetch/overlay-locator.ts';
import { SegmentFetcher } from '../../protocols/fetch/segment-fetcher.ts';
import { SharedCopies } from '../../protocols/fetch/shared-copies.ts';
import { SegmentWriter } from '../../protocols/fetch/segment-writer.ts';
import type { WriteCounts } from '../../protocols/fetch/segment-writer.ts';
import { ChunkGeometries } from '../../protocols/placement/chunk-geometry.ts';
import { cutAxes } from '../../protocols/placement/cuts.ts';
import { ReplicaRepair } from '../../protocols/systems/replica-repair.ts';
import type { RepairCounts, RepairWorld } from '../../protocols/systems/replica-repair.ts';
import { ReplicaLeases } from '../../protocols/systems/replica-leases.ts';
import type { LeaseCounts } from '../../protocols/systems/replica-leases.ts';
import { BelievedReplicas } from '../../protocols/placement/believed-replicas.ts';
import type { NodeIndex } from '../../protocols/overlay/overlay.ts';
import type { HostId } from '../../sim/network/topology.ts';
import { placeWarm } from '../../protocols/placement/warm-placement.ts';
import type { WarmPlacement } from '../../protocols/placement/warm-placement.ts';
import { Corruption } from '../../protocols/store/corruption.ts';
import { Lru } from '../../protocols/store/lru.ts';
import { TieredStore } from '../../protocols/store/tiered-store.ts';
import type { KvSource } from '../../protocols/systems/kv-source.ts';
import { NoSource } from '../../protocols/systems/kv-source.ts';
import type { KvCacheP2p } from '../../protocols/systems/kv-cache-p2p/kv-cache-p2p.ts';
import { LocalKv } from '../../protocols/systems/local-kv.ts';
import { WholeCorpus } from '../../protocols/systems/storage-node.ts';
import type { StorageNode } from '../../protocols/systems/storage-node.ts';
import { StoredKv } from '../../protocols/systems/stored-kv.ts';
import type { CopyCounts } from '../../protocols/systems/stored-kv.ts';
import { dequantiseNs } from '../../sim/hardware/dequantise.ts';
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { HostCpu } from '../../sim/hardware/host-cpu.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { MILLISECOND } from '../../sim/kernel/time.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { isRoutingSystem, type SystemName } from '../system-names.ts';
import { gpuOfNode } from './machines.ts';
import type { Machines, NodeTiers } from './machines.ts';
import { buildKvCacheP2p } from './kv-cache-p2p.ts';
import { buildOverlay } from './overlay.ts';
import type { TrialMembers, TrialOverlay } from './overlay.ts';
import { hostCodecOf } from './device-speeds.ts';
import { adjustmentOf } from './stitching.ts';
import type { TrialWorkload } from './workload.ts';

/** A system's own parts, and what its measurement may ask of them. */
export interface TrialSystem {
  readonly source: KvSource;
  readonly geometries: ChunkGeometries;
  readonly overlay?: TrialMembers;
  readonly writes?: WriteCounts;
  readonly repairs?: RepairCounts;
  /** Replicas that are held for a time, where they are. */
  readonly leases?: LeaseCounts;
  /** Segments of stores that are being read, copied or sent at present: each has its pin. */
  readonly segmentsInUse?: () => number;
  /** Pulls segments from peers. */
  readonly fetcher?: SegmentFetcher;
  /** Copies of hot chunks, where nodes keep some. */
  readonly copies?: CopyCounts;
  readonly warm?: WarmPlacement;
  /** Where KV comes layer by layer: what those layers cost. */
  readonly layers?: KvCacheP2p;
  /** How nodes receive KV, where they may decide between fetching it and computing it. */
  readonly path?: ReceivePath;
  /** The central server, where there is one. */
  readonly central?: StorageNode;
}

/** What each node stores KV in, by system. */
export function nodeTiers(name: SystemName, config: ResolvedConfig): NodeTiers {
  // Their caches lie in the engines.
  if (isRoutingSystem(name)) return [];
  const memory = (capacityBytes: number): NodeTiers[number] => ({ name: 'memory', capacityBytes });
  switch (name) {
    case 'no-reuse':
      return [];
    case 'central-disk':
    case 'central-memory':
      return [memory(config.cluster.central.localCacheBytes)];
    case 'local':
    case 'p2p':
      return [...(config.cluster.gpuCacheBytes > 0 ? [{ name: 'gpu' as const, capacityBytes: config.cluster.gpuCacheBytes }] : []), memory(config.cluster.memoryBytes), { name: 'ssd', capacityBytes: config.cluster.ssd.capacityBytes }];
    case 'kv-cache-p2p':
    case 'kv-cache-p2p-dht':
      return [memory(config.kvCacheP2p.cacheBytes)];
  }
}

export function buildSystem(name: SystemName, sim: Simulator, config: ResolvedConfig, machines: Machines, workload: TrialWorkload): TrialSystem {
  if (isRoutingSystem(name)) return withoutStore(name, config);
  switch (name) {
    case 'no-reuse':
      return withoutStore(name, config);
    case 'central-disk':
    case 'central-memory':
      return buildCentral(name, sim, config, machines);
    case 'local':
      return buildLocal(sim, config, machines);
    case 'p2p':
      return buildPeers(sim, config, machines, workload);
    case 'kv-cache-p2p':
    case 'kv-cache-p2p-dht':
      return buildKvCacheP2p(name, sim, config, machines, workload);
  }
}

function withoutStore(name: string, config: ResolvedConfig): TrialSystem {
  return { source: new NoSource(name), geometries: makeGeometries(config, 1, 'none') };
}

/** One server that holds the corpus; each request reads over several connections, a share of every chunk on each. */
function buildCentral(name: 'central-disk' | 'central-memory', sim: Simulator, config: ResolvedConfig, machines: Machines): TrialSystem {
  const { central } = config.cluster;
  const geometries = makeGeometries(config, central.connections, config.compression);
  const landing = makeLanding(sim, config);
  const medium = name === 'central-disk' ? 'ssd' : 'memory';
  const host = machines.hosts.central!;
  const server: StorageNode = {
    host,
    cpu: new HostCpu(sim, 'central.cpu', config.cluster.cpuCores),
    holdings: config.start === 'warm' ? new WholeCorpus() : new TieredStore([{ name: medium, capacityBytes: Infinity }], () => new Lru()),
    tiers: machines.tierPorts([medium], central.scale),
    corruption: new Corruption(),
  };
  const locator = new FixedLocator(sim, host);
  const nodes: StorageNode[] = [...machines.nodes, server];
  const options: FetchOptions = { ...FETCH_CONSTANTS, sources: 1, connectionsPerSource: central.connections, choice: 'least-loaded', timeoutNs: CENTRAL_TIMEOUT_NS, retries: 0, hedgeNs: Infinity, deadlineNs: Infinity, windowBytes: Infinity, peerWindowBytes: Infinity };
  const fetcher = new SegmentFetcher({ sim, network: machines.network, locator, nodes, geometries, landing }, options);
  const writer = config.start === 'warm' ? undefined : new SegmentWriter({ sim, network: machines.network, locator, nodes, geometries, codec: hostCodecOf(config) });
  const local = new LocalReader(sim, machines.network, geometries, landing);
  const source = new StoredKv(name, local, fetcher, writer, geometries, central.localCacheBytes > 0 ? 1 : Infinity);
  const segmentsInUse = (): number => local.segmentsInUse + fetcher.segmentsOnTheWay;
  const { upBps, downBps, connectionCapBps } = config.network;
  const driveBps = name === 'central-disk' ? config.cluster.ssd.readBytesPerSecond * central.scale * BITS_PER_BYTE : Infinity;
  const receiveBps = Math.min(downBps, upBps * central.scale, central.connections * (connectionCapBps ?? Infinity), driveBps);
  return { source, geometries, segmentsInUse, fetcher, central: server, path: { receiveBps, askedBytes: (node) => fetcher.askedBytes(node), landing }, ...(writer === undefined ? {} : { writes: writer.counts }) };
}

/** Every node keeps what it computed itself, and nobody else's. */
function buildLocal(sim: Simulator, config: ResolvedConfig, machines: Machines): TrialSystem {
  const geometries = makeGeometries(config, 1, config.compression);
  const landing = makeLanding(sim, config);
  const local = new LocalReader(sim, machines.network, geometries, landing);
  return { source: new LocalKv(sim, local, geometries, hostCodecOf(config)), geometries, segmentsInUse: () => local.segmentsInUse, path: { receiveBps: 0, askedBytes: () => 0, landing } };
}

/** Peers hold the corpus between them; an overlay says who holds what. */
function buildPeers(sim: Simulator, config: ResolvedConfig, machines: Machines, workload: TrialWorkload): TrialSystem {
  const { placement, fetch } = config;
  const { network, nodes } = machines;
  const model = modelByName(config.cluster.model);
  const geometries = new ChunkGeometries(model, { axes: cutAxes(placement.cut), maxSegments: placement.segments, minSegmentBytes: placement.segmentMinBytes }, config.compression);
  const landing = makeLanding(sim, config);
  const overlay = buildOverlay(sim, config, network);
  const locator = new OverlayLocator(sim, overlay.overlay, (host) => host * config.overlay.virtualNodes, overlay.keys, {
    replicas: placement.replicas,
    locationCacheNs: config.overlay.locationCacheNs,
    locationCacheScope: config.overlay.locationCacheScope,
  });
  const options: FetchOptions = {
    ...FETCH_CONSTANTS,
    sources: fetch.sources,
    connectionsPerSource: fetch.connectionsPerPeer,
    choice: fetch.choice,
    timeoutNs: fetch.timeoutNs,
    retries: fetch.retries,
    hedgeNs: fetch.hedgeNs ?? Infinity,
    deadlineNs: fetch.deadlineNs ?? Infinity,
    windowBytes: fetch.windowBytes ?? Infinity,
    peerWindowBytes: fetch.peerWindowBytes ?? Infinity,
  };
  const copies = placement.copyLeaseNs === null ? undefined : new SharedCopies({ sim, network, locator, geometries, nodes }, placement.copyLeaseNs);
  const fetcher = new SegmentFetcher({ sim, network, locator, nodes, geometries, landing, copies }, options);
  const leases = placement.leaseNs === null ? undefined : makeLeases(sim, config, machines, overlay, geometries, placement.leaseNs);
  const kept = leases === undefined ? undefined : leases.grant.bind(leases);
  const writer = new SegmentWriter({ sim, network, locator, nodes, geometries, codec: hostCodecOf(config), kept }, { acknowledgements: placement.writeQuorum, timeoutNs: fetch.timeoutNs, retries: fetch.retries });
  const local = new LocalReader(sim, network, geometries, landing);
  const source = new StoredKv('p2p', local, fetcher, writer, geometries, placement.hotAfter ?? Infinity, copies === undefined ? undefined : copies.kept.bind(copies));
  const repair = placement.repairNs === null ? undefined : makeRepair(sim, config, machines, overlay, geometries, placement.repairNs, kept);
  const warm = config.start === 'warm' ? placeCorpus(config, machines, workload, geometries, overlay) : undefined;
  const segmentsInUse = (): number => local.segmentsInUse + fetcher.segmentsOnTheWay + (repair?.segmentsOnTheWay ?? 0);
  const { upBps, downBps, connectionCapBps } = config.network;
  const receiveBps = Math.min(downBps, fetch.sources * Math.min(upBps, fetch.connectionsPerPeer * (connectionCapBps ?? Infinity)));
  const path = { receiveBps, askedBytes: (node: number) => fetcher.askedBytes(node), landing };
  return { source, geometries, segmentsInUse, overlay, path, fetcher, writes: writer.counts, ...(placement.hotAfter === null ? {} : { copies: source.copies }), ...(repair === undefined ? {} : { repairs: repair.counts }), ...(leases === undefined ? {} : { leases: leases.counts }), ...(warm === undefined ? {} : { warm }) };
}

function makeRepair(sim: Simulator, config: ResolvedConfig, { network, nodes }: Machines, { overlay, keys, settledNs }: TrialOverlay, geometries: ChunkGeometries, periodNs: number, kept: RepairWorld['kept']): ReplicaRepair {
  const { replicas, repairCapBps } = config.placement;
  const repair = new ReplicaRepair(
    { sim, network, overlay, keys, maxSegments: geometries.maxSegments, nodes, membersOf: membersOf(config), kept },
    { replicas, periodNs, capBps: repairCapBps ?? Infinity },
  );
  sim.scheduleAt(settledNs, function repairStarts() { repair.start(); });
  return repair;
}

function makeLeases(sim: Simulator, config: ResolvedConfig, { network, nodes }: Machines, { overlay, keys, settledNs }: TrialOverlay, geometries: ChunkGeometries, leaseNs: number): ReplicaLeases {
  const believed = new BelievedReplicas(overlay, keys, membersOf(config), config.placement.replicas);
  const leases = new ReplicaLeases({ sim, network, believed, keys, maxSegments: geometries.maxSegments, nodes }, { leaseNs, renewNs: config.placement.renewEveryNs ?? Infinity });
  sim.scheduleAt(settledNs, function leasesStart() { leases.start(); });
  return leases;
}

/** Overlay nodes of a host, by host. */
function membersOf({ cluster, overlay: { virtualNodes } }: ResolvedConfig): (host: HostId) => readonly NodeIndex[] {
  const members = Array.from({ length: cluster.nodes }, (_, host) => Array.from({ length: virtualNodes }, (__, i) => host * virtualNodes + i));
  return (host) => members[host];
}

function placeCorpus(config: ResolvedConfig, machines: Machines, workload: TrialWorkload, geometries: ChunkGeometries, overlay: TrialOverlay): WarmPlacement | undefined {
  const { corpus } = workload;
  if (corpus === undefined) return undefined;
  const stores = machines.nodes.map((node) => node.holdings);
  return placeWarm(corpus.byPopularity(), (unit) => corpus.catalogue.tokens(unit), geometries, stores, { tiers: machines.nodes[0].tiers.length, through: config.store.writes === 'through' }, (unit, segment) => overlay.replicaSet(unit, segment, config.placement.replicas));
}

/** Long enough for a request that queues behind the whole warm-up: the central store is slow, not dead. */
const CENTRAL_TIMEOUT_NS = 60_000 * MILLISECOND;
/** Asking starts this long after the first lookup of a request has ended, should others still be under way; and the base of exponential backoff. */
const BITS_PER_BYTE = 8;
const FETCH_CONSTANTS = { gatherNs: MILLISECOND, backoffNs: 50 * MILLISECOND } as const;

function makeGeometries(config: ResolvedConfig, segments: number, compression: ResolvedConfig['compression']): ChunkGeometries {
  return new ChunkGeometries(modelByName(config.cluster.model), { axes: ['layer'], maxSegments: segments, minSegmentBytes: 0 }, compression);
}

function makeLanding(sim: Simulator, config: ResolvedConfig): KvLanding {
  return new KvLanding(sim, {
    compressed: config.compression !== 'none',
    hostCodec: hostCodecOf(config),
    dequantiseNs: (host, movedBytes) => dequantiseNs(gpuByName(gpuOfNode(config, host)), config.cluster.gpusPerNode, movedBytes),
    adjustNs: adjustmentOf(config),
  });
}

