/** KV Cache P2P as a system under test: lookup by broadcast, or over a DHT. */
import { BroadcastDirectory } from '../../protocols/systems/kv-cache-p2p/broadcast-directory.ts';
import { DhtDirectory } from '../../protocols/systems/kv-cache-p2p/dht-directory.ts';
import { Discovery } from '../../protocols/systems/kv-cache-p2p/discovery.ts';
import { KvCacheP2p } from '../../protocols/systems/kv-cache-p2p/kv-cache-p2p.ts';
import type { LayerDirectory } from '../../protocols/systems/kv-cache-p2p/layer-directory.ts';
import { LayerFetcher } from '../../protocols/systems/kv-cache-p2p/layer-fetcher.ts';
import { LayerNames } from '../../protocols/systems/kv-cache-p2p/layer-names.ts';
import { LayerPush } from '../../protocols/systems/kv-cache-p2p/layer-push.ts';
import { LayerStages } from '../../protocols/systems/kv-cache-p2p/layer-stages.ts';
import { Nat } from '../../protocols/systems/kv-cache-p2p/nat.ts';
import { PeerLinks } from '../../protocols/systems/kv-cache-p2p/peer-links.ts';
import { ChunkGeometries } from '../../protocols/placement/chunk-geometry.ts';
import { placeWarm } from '../../protocols/placement/warm-placement.ts';
import { dequantiseNs } from '../../sim/hardware/dequantise.ts';
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { SystemName } from '../system-names.ts';
import type { Machines } from './machines.ts';
import { gpuOfNode } from './machines.ts';
import { buildMembers } from './overlay.ts';
import type { TrialMembers } from './overlay.ts';
import type { TrialSystem } from './systems.ts';
import type { TrialWorkload } from './workload.ts';

export function buildKvCacheP2p(name: SystemName, sim: Simulator, config: ResolvedConfig, machines: Machines, workload: TrialWorkload): TrialSystem {
  const { kvCacheP2p: own, cluster } = config;
  const { network, nodes } = machines;
  const model = modelByName(cluster.model);
  const geometries = new ChunkGeometries(model, { axes: ['layer'], maxSegments: model.layers, minSegmentBytes: 0 }, 'none');
  const names = new LayerNames(model, geometries, own.transfer === 'int8');
  const producers = Math.min(own.producers ?? nodes.length, nodes.length);
  const isProducer = (host: HostId): boolean => host < producers;
  const inDevice = own.tier === 'device';

  const { zone } = network.topology;
  const nat = new Nat(sim.random, nodes.length, (host) => zone[host], { share: own.nat.share, externalShare: own.nat.externalAddress, holePunch: own.nat.holePunch });
  const links = new PeerLinks(sim, network, nodes, nat, own.nat.relayRateBps, { handshakeRoundTrips: config.network.handshakeRtts, encrypted: own.encryption !== 'none' });
  const stages = new LayerStages(sim, nodes, {
    rates: {
      deviceToHost: own.deviceToHostBytesPerSecond ?? undefined,
      encode: own.encodeBytesPerSecond ?? undefined,
      decode: own.decodeBytesPerSecond ?? undefined,
      hostToDevice: own.hostToDeviceBytesPerSecond ?? undefined,
    },
    inDevice,
    quantised: own.transfer === 'int8',
    cipher: own.encryption,
    pinnedBytes: own.pinnedPoolBytes,
    quantiseNs: (host, movedBytes) => dequantiseNs(gpuByName(gpuOfNode(config, host)), cluster.gpusPerNode, movedBytes),
  });

  const found = name === 'kv-cache-p2p' ? overBroadcast() : overDht();
  const world = { sim, network, nodes, links, stages, names, directory: found.directory };
  const fetcher = new LayerFetcher(
    {
      ...world,
      // Where some nodes only ask, those that hold do not ask: the prototype's producers.
      asksPeers: (host) => own.producers === null || !isProducer(host),
      serves: isProducer,
    },
    { layersInFlight: own.layersInFlight, getTimeoutNs: own.getTimeoutNs, inDevice },
  );
  const source = new KvCacheP2p(name, { fetcher, push: new LayerPush(world), stages, names, directory: found.directory, isProducer, pushTargets: found.pushTargets, inDevice, meanPeers: found.meanPeers });
  const warm = config.start === 'warm' ? placeCorpus(machines, workload, geometries, names, found.directory, producers) : undefined;
  return { source, geometries, segmentsInUse: () => fetcher.layersInUse, layers: source, ...(found.members === undefined ? {} : { overlay: found.members }), ...(warm === undefined ? {} : { warm }) };

  function overBroadcast(): Found {
    const discovery = new Discovery(sim, network, links, nodes.length, {
      announceIntervalNs: own.announceIntervalNs ?? undefined,
      staticPeers: own.staticPeers,
      settled: config.start === 'warm',
      model: model.name,
      gpuOf: (host) => gpuOfNode(config, host),
      cacheBytes: own.cacheBytes,
      isProducer,
    });
    discovery.start();
    const directory = new BroadcastDirectory(sim, links, discovery, own.lookupTimeoutNs, (host, id) => (isProducer(host) ? nodes[host].holdings.sizeOf(id) : 0));
    return { directory, members: undefined, meanPeers: () => discovery.meanPeers(), pushTargets: (host) => after(host, discovery.peers(host)) };
  }

  function overDht(): Found {
    const members = buildMembers(sim, config, network);
    const { virtualNodes } = config.overlay;
    const directory = new DhtDirectory(
      { sim, network, links, overlay: members.overlay, space: members.space, nodeOf: (host) => host * virtualNodes, ownersOf: members.holdersOf },
      nodes.length, own.recordReplicas, own.lookupTimeoutNs,
    );
    // Peers are met through the overlay; any of them can be named.
    return { directory, members, meanPeers: undefined, pushTargets: (host) => after(host, nodes.map((node) => node.host)) };
  }

  /** The next producers after a node among those it knows. */
  function after(host: HostId, known: readonly HostId[]): HostId[] {
    const distance = (other: HostId): number => (other - host + nodes.length) % nodes.length;
    return known.filter((other) => other !== host && isProducer(other)).sort((a, b) => distance(a) - distance(b)).slice(0, own.storePeers);
  }
}

interface Found {
  readonly directory: LayerDirectory;
  readonly members: TrialMembers | undefined;
  readonly meanPeers: (() => number) | undefined;
  readonly pushTargets: (host: HostId) => readonly HostId[];
}

/** The most popular chunks, each at the head of a prompt, lie on one producer each: what is precomputed without knowing how queries combine chunks. */
function placeCorpus(machines: Machines, { corpus }: TrialWorkload, geometries: ChunkGeometries, names: LayerNames, directory: LayerDirectory, producers: number): TrialSystem['warm'] {
  if (corpus === undefined) return undefined;
  const stores = machines.nodes.map((node) => node.holdings);
  const placed = placeWarm(corpus.byPopularity(), (unit) => corpus.catalogue.tokens(unit), geometries, stores, { tiers: 1, through: false }, (unit) => [unit % producers]);
  stores.forEach((store, host) => {
    for (const id of store.ids()) {
      const unit = Math.floor(id / geometries.maxSegments);
      directory.preload(host, names.name({ id: unit, tokens: corpus.catalogue.tokens(unit) }, id % geometries.maxSegments));
    }
  });
  return placed;
}
