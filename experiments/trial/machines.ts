/** The simulated machines of one trial: hosts on a network, and on each serving host a GPU with everything around it. */
import { CopyEngine } from '../../sim/hardware/copy-engine.ts';
import type { CostModel } from '../../sim/hardware/cost-model.ts';
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import type { GpuSpec } from '../../sim/hardware/gpu-catalogue.ts';
import { HostCpu } from '../../sim/hardware/host-cpu.ts';
import { kvBytesPerToken, modelByName } from '../../sim/hardware/model-catalogue.ts';
import { SlowedCostModel } from '../../sim/hardware/slowed-cost-model.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { Station } from '../../sim/kernel/station.ts';
import { Network } from '../../sim/network/network.ts';
import type { HostId, HostSpec } from '../../sim/network/topology.ts';
import { InferenceEngine } from '../../sim/serving/engine.ts';
import type { EngineHooks } from '../../sim/serving/engine.ts';
import type { PrefixCacheListener } from '../../sim/serving/prefix-cache.ts';
import { kvCapacityBlocks } from '../../sim/serving/kv-capacity.ts';
import { PollutionWatch } from '../../protocols/prefetch/pollution-watch.ts';
import { Corruption } from '../../protocols/store/corruption.ts';
import { admissionPolicy } from '../../protocols/store/admission.ts';
import { evictionPolicy } from '../../protocols/store/eviction-policies.ts';
import { TieredStore } from '../../protocols/store/tiered-store.ts';
import type { TierSpec } from '../../protocols/store/tiering.ts';
import type { PeerNode } from '../../protocols/systems/peer-node.ts';
import type { TierPort } from '../../protocols/systems/storage-node.ts';
import { TierTraffic } from '../../protocols/systems/tier-traffic.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { makeCostModel } from './cost-model.ts';
import { DeviceSpeeds, deviceTier } from './device-speeds.ts';
import type { TierName, TierSpeeds } from './device-speeds.ts';

const BITS_PER_BYTE = 8;
/** Tokens of a KV block, vLLM's default. */
const BLOCK_TOKENS = 16;
/** The front end spreads requests of some kilobytes over all nodes: it is given a link on which they never queue. */
const FRONT_END_BPS = 400e9;

/** Places of the hosts of a trial: serving nodes first, so that a node's index is its host id. */
export interface HostPlan {
  readonly frontEnd: HostId;
  /** The server of the central systems; undefined in the others. */
  readonly central: HostId | undefined;
  /** The central router, where there is one. */
  readonly router: HostId | undefined;
}

export interface Machines {
  readonly network: Network;
  readonly hosts: HostPlan;
  readonly nodes: readonly PeerNode[];
  /** One for each kind of GPU. */
  readonly costModels: readonly CostModel[];
  /** What the nodes' stores write into their tiers. */
  readonly traffic: TierTraffic;
  /** By host: what prefetching does to each node's store. */
  readonly pollution: readonly PollutionWatch[];
  /** The tiers of a host at a multiple of a peer's rates. */
  readonly tierPorts: (names: readonly ('memory' | 'ssd')[], scale: number) => TierPort[];
}

/** What a system's nodes store KV in, fastest tier first. */
export type NodeTiers = readonly (TierSpec & { readonly name: TierName })[];

/** What a system has beside the nodes and the front end, and within the nodes' engines. */
export interface MachineParts {
  readonly tiers: NodeTiers;
  /** Central server: its rates as a multiple of a peer's. */
  readonly centralScale?: number | undefined;
  readonly hasRouter?: boolean;
  /** Engines keep computed prefixes, and tell this listener. */
  readonly prefixCache?: ((host: HostId) => PrefixCacheListener) | undefined;
}

export function buildMachines(sim: Simulator, config: ResolvedConfig, parts: MachineParts, hooks: EngineHooks): Machines {
  const { tiers, centralScale, hasRouter = false, prefixCache } = parts;
  const { cluster, serving } = config;
  const isCentral = centralScale !== undefined;
  const frontEnd = cluster.nodes + (isCentral ? 1 : 0);
  const hosts: HostPlan = { central: isCentral ? cluster.nodes : undefined, frontEnd, router: hasRouter ? frontEnd + 1 : undefined };
  const network = buildNetwork(sim, config, centralScale, hasRouter);
  const model = modelByName(cluster.model);
  // What chunk caches take of GPU memory, running requests do not have.
  const deviceBytes = tiers.reduce((sum, { name, capacityBytes }) => sum + (name === 'gpu' ? capacityBytes : 0), 0);
  const kinds = new Map<string, { readonly gpu: GpuSpec; readonly costModel: CostModel; readonly kvBlocks: number }>();
  for (const name of cluster.gpuMix.length === 0 ? [cluster.gpu] : cluster.gpuMix) {
    const gpu = gpuByName(name);
    const capacityBlocks = kvCapacityBlocks({ gpu, model, tensorParallel: cluster.gpusPerNode, tokenBudget: serving.tokenBudget, maxSequences: serving.maxSequences }, BLOCK_TOKENS);
    const kvBlocks = capacityBlocks - Math.ceil(deviceBytes / (kvBytesPerToken(model) * BLOCK_TOKENS));
    kinds.set(name, { gpu, costModel: makeCostModel({ cluster: { ...cluster, gpu: name }, serving }), kvBlocks });
  }
  const speeds = new DeviceSpeeds(config);
  const tierPorts = (names: readonly ('memory' | 'ssd')[], scale: number): TierPort[] => names.map((name) => tierPort(network, speeds.tier(name), name, scale));
  const nodePort = (name: TierName, gpu: GpuSpec): TierPort => (name === 'gpu' ? { ...tierPort(network, deviceTier(gpu, cluster.gpusPerNode), name, 1), inDevice: true } : tierPort(network, speeds.tier(name), name, 1));
  const hasSlowNodes = config.faults.some(({ slow }) => slow.nodes.length > 0);
  const pollution = Array.from({ length: cluster.nodes }, () => new PollutionWatch(tiers.length === 0 ? undefined : admissionPolicy(config.store.admission)));
  // Systems that store nothing do not read how.
  const tiering = tiers.length === 0 ? {} : { writes: config.store.writes, promotion: config.store.promotion };
  const traffic = new TierTraffic(sim, network, cluster.nodes, (host) => nodes[host].tiers);
  const nodes: readonly PeerNode[] = Array.from({ length: cluster.nodes }, (_, host): PeerNode => {
    const { gpu, costModel, kvBlocks } = kinds.get(gpuOfNode(config, host))!;
    const nodeCosts = hasSlowNodes ? new SlowedCostModel(costModel) : costModel;
    return {
      host,
      cpu: new HostCpu(sim, `node-${host}.cpu`, cluster.cpuCores),
      holdings: new TieredStore(
        tiers,
        (tier) => evictionPolicy(config.store.eviction, tier),
        (id, sizeBytes) => { pollution[host].evicted(id, sizeBytes); },
        { ...tiering, admission: pollution[host], onWritten: (tier, sizeBytes, cause) => { traffic.written(host, tier, sizeBytes, cause); } },
      ),
      tiers: tiers.map(({ name }) => nodePort(name, gpu)),
      corruption: new Corruption(),
      costModel: nodeCosts,
      engine: new InferenceEngine(
        sim,
        `node-${host}`,
        nodeCosts,
        {
          kvBlocks,
          blockTokens: BLOCK_TOKENS,
          tokenBudget: serving.tokenBudget,
          maxSequences: serving.maxSequences,
          policy: serving.policy,
          blocking: serving.blocking,
          // What a peer sends into a prefix cache takes its blocks there; the sequence that waits for it shares them once it is scheduled.
          reserveAtHead: prefixCache === undefined,
          asyncScheduling: serving.asyncScheduling,
          contextLimitTokens: model.maxContextTokens,
          contextLimit: serving.contextLimit,
          ...(prefixCache === undefined ? {} : { prefixCache: prefixCache(host) }),
        },
        hooks,
      ),
      copies: new CopyEngine(sim, `node-${host}.copy`, gpu, cluster.gpusPerNode),
      sideStream: new Station(sim, `node-${host}.side-stream`, 1),
    };
  });
  return { network, hosts, nodes, traffic, costModels: [...kinds.values()].map(({ costModel }) => costModel), pollution, tierPorts };
}

/** The GPUs of a mix are dealt to the nodes in turn. */
export function gpuOfNode({ cluster }: ResolvedConfig, host: HostId): string {
  return cluster.gpuMix.length === 0 ? cluster.gpu : cluster.gpuMix[host % cluster.gpuMix.length];
}

function buildNetwork(sim: Simulator, config: ResolvedConfig, centralScale: number | undefined, hasRouter: boolean): Network {
  const { cluster, network } = config;
  const zones = Array.from({ length: network.zones }, (_, i) => `zone-${i}`);
  const hosts: HostSpec[] = Array.from({ length: cluster.nodes }, (_, i) => ({
    name: `node-${i}`,
    upBps: network.upBps,
    downBps: network.downBps,
    zone: zones[i % zones.length],
  }));
  if (centralScale !== undefined) {
    hosts.push({ name: 'central', upBps: network.upBps * centralScale, downBps: network.downBps * centralScale, zone: zones[0] });
  }
  hosts.push({ name: 'front-end', upBps: FRONT_END_BPS, downBps: FRONT_END_BPS, zone: zones[0] });
  if (hasRouter) hosts.push({ name: 'router', upBps: FRONT_END_BPS, downBps: FRONT_END_BPS, zone: zones[0] });
  const built = new Network(
    sim,
    {
      hosts,
      zoneLatencyNs: { zones, oneWayNs: zones.map((_, i) => zones.map((__, j) => (i === j ? network.latencyNs : network.interZoneLatencyNs))) },
      ...(network.jitterNs === 0 ? {} : { jitter: { distribution: 'exponential', meanNs: network.jitterNs } as const }),
      ...(network.coreOversubscription === 1 ? {} : { coreBps: (cluster.nodes * network.upBps) / network.coreOversubscription }),
      ...(network.connectionCapBps === null ? {} : { connectionCapBps: network.connectionCapBps }),
    },
    { connections: { handshakeRoundTrips: network.handshakeRtts } },
  );
  if (network.loss > 0) built.setLoss(network.loss);
  return built;
}

function tierPort(network: Network, { readBytesPerSecond, writeBytesPerSecond, latencyNs }: TierSpeeds, name: TierName, scale: number): TierPort {
  return {
    name,
    readLink: network.addLink(readBytesPerSecond * BITS_PER_BYTE * scale),
    readBytesPerSecond: readBytesPerSecond * scale,
    writeLink: network.addLink(writeBytesPerSecond * BITS_PER_BYTE * scale),
    latencyNs,
  };
}
