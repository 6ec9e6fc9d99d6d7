/** What no single key can say: values that contradict each other. */
import { kvBytes } from '../../kv/layout/kv-shape.ts';
import { parsePolicy } from '../../kv/stitch/stitch-policy.ts';
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import { kvCapacityBytes } from '../../sim/serving/kv-capacity.ts';
import { GENERATED_PREFIX, GENERATED_TRACES } from '../../workloads/trace-generators/generated-trace.ts';
import { plainWorkload } from '../trial/dataset-workload.ts';
import { ROUTING_SYSTEMS } from '../system-names.ts';
import { checkProtocol, checkTimeout } from './check-protocol.ts';
import type { Origin } from './complain.ts';
import { ConfigError } from './config-error.ts';
import { nearest } from './nearest.ts';
import type { ResolvedConfig } from './trial-fields.ts';
import { GENERATED, ROOFLINE, TRIAL_FIELDS } from './trial-fields.ts';
import { formatQuantity } from './units.ts';

/**
 * Refuses a trial whose keys contradict each other.
 * @throws ConfigError naming the key, its value and what it must agree with.
 */
export function checkTrial(config: ResolvedConfig, origin: Origin, systems: readonly string[]): void {
  const refuse = (path: string, value: unknown, expected: string, near?: string): never => {
    throw new ConfigError({ at: origin(path.split('.')), path, value, expected, nearest: near });
  };
  const { nodes } = config.cluster;
  const workload = plainWorkload(config.workload);
  const identifiers = nodes * config.overlay.virtualNodes;
  // Beyond a quarter of the space, identifiers collide so often that rehashing them distorts the ring.
  if (Math.log2(identifiers) > config.overlay.idBits - 2) {
    refuse('cluster.nodes', nodes, `${identifiers} identifiers in a space of ${config.overlay.idBits} bits; expected at most 2^(idBits − 2), so at least ${Math.ceil(Math.log2(identifiers)) + 2} overlay.idBits`);
  }
  if (systems.some((system) => system.startsWith('kv-cache-p2p'))) {
    const { layers, kvHeads, headDim, dtypeBytes } = modelByName(config.cluster.model);
    const layerBytes = kvBytes({ layers: 1, kvHeads, headDim, tokens: 'chunkTokens' in workload ? workload.chunkTokens : workload.blockTokens, elementBytes: dtypeBytes });
    if (config.kvCacheP2p.pinnedPoolBytes < layerBytes) {
      refuse('kvCacheP2p.pinnedPool', formatQuantity('size', config.kvCacheP2p.pinnedPoolBytes), `less than one of the ${layers} layers of a chunk, ${formatQuantity('size', layerBytes)}, which has to pass through it`);
    }
    if (config.kvCacheP2p.producers !== null && config.kvCacheP2p.producers > nodes) refuse('kvCacheP2p.producers', config.kvCacheP2p.producers, `more than the ${nodes} nodes there are`);
  }
  if (systems.includes('p2p') || systems.includes('kv-cache-p2p-dht')) {
    const { zones, latencyNs, interZoneLatencyNs } = config.network;
    const { protocol } = config.overlay;
    checkProtocol(protocol, config.overlay, 'overlay.', refuse);
    const { locationCacheScope, chord } = config.overlay;
    if (locationCacheScope === 'arc' && (protocol !== 'chord' || chord.routing !== 'fingers' || chord.confirmOwner)) {
      refuse('overlay.locationCacheScope', 'arc', 'needs overlay.protocol: chord with overlay.chord.routing: fingers and overlay.chord.confirmOwner: false, where the owner’s predecessor answers');
    }
    checkTimeout(protocol, config.overlay, 2 * (zones === 1 ? latencyNs : Math.max(latencyNs, interZoneLatencyNs)), 'overlay.', refuse);
  }
  refuseFullGpu(config, refuse);
  if (config.cluster.deviceProfile !== 'none') refuseMeasuredSpeeds(config, refuse);
  const { writeQuorum, replicas } = config.placement;
  if (systems.includes('p2p') && writeQuorum > replicas) refuse('placement.writeQuorum', writeQuorum, `more than the ${replicas} placement.replicas; nobody else could acknowledge`);
  const { leaseNs, renewEveryNs, copyLeaseNs, hotAfter } = config.placement;
  if (copyLeaseNs !== null && hotAfter === null) refuse('placement.copyLease', formatQuantity('duration', copyLeaseNs), 'needs placement.hotAfter, without which no copies are kept');
  if (renewEveryNs !== null && leaseNs === null) refuse('placement.renewEvery', formatQuantity('duration', renewEveryNs), 'needs a placement.lease to renew');
  if (renewEveryNs !== null && leaseNs !== null && leaseNs < 3 * renewEveryNs) {
    refuse('placement.lease', formatQuantity('duration', leaseNs), `shorter than three placement.renewEvery (${formatQuantity('duration', renewEveryNs)}): a replica may wait two for its first renewal, and a message may be lost; expected at least ${formatQuantity('duration', 3 * renewEveryNs)}`);
  }
  const { serving } = config;
  if (config.cluster.gpuMix.length > 0 && serving.costModel !== ROOFLINE) {
    refuse('cluster.gpuMix', undefined, 'needs serving.costModel: roofline; a profile was made for one GPU');
  }
  if (serving.costModel === ROOFLINE && serving.stepOverheadNs !== null) {
    refuse('serving.stepOverhead', formatQuantity('duration', serving.stepOverheadNs), 'needs a serving.costModel of measured grids; the roofline has its own overhead per layer');
  }
  if (config.prefetch.trigger === 'adaptive' && config.prefetch.thresholdNs !== null) {
    refuse('prefetch.threshold', formatQuantity('duration', config.prefetch.thresholdNs), 'not used with prefetch.trigger: adaptive; expected none');
  }
  if (config.pipeline.decision === 'always-recompute' && (config.prefetch.trigger === 'adaptive' || config.prefetch.thresholdNs !== null)) {
    refuse('pipeline.decision', 'always-recompute', 'nothing is ever fetched, so nothing can be fetched ahead; expected prefetch.trigger: threshold and prefetch.threshold: none');
  }
  if (serving.tokenBudget < serving.maxSequences) {
    refuse('serving.tokenBudget', serving.tokenBudget, `less than serving.maxSequences (${serving.maxSequences}); every running sequence gets a token in each step`);
  }
  const byPrefix = systems.find((system) => (ROUTING_SYSTEMS as readonly string[]).includes(system));
  if (byPrefix !== undefined && (workload.kind === 'rag' || workload.kind === 'text')) {
    refuse('workload.kind', workload.kind, `chunks in any order have no common prefix for ${byPrefix} to route by; expected prefix or trace`);
  }
  if (!isStitchPolicy(config.stitching.policy)) {
    refuse('stitching.policy', config.stitching.policy, 'expected none, adjust, adjust-first-K or adjust-deviating-R%', nearest(config.stitching.policy, ['none', 'adjust', 'adjust-first-4', 'adjust-deviating-15%']));
  }
  if (workload.kind === 'rag' && workload.arrivals === 'closed-loop' && workload.sessions.turns > 1) {
    refuse('workload.sessions.turns', workload.sessions.turns, 'with workload.arrivals: closed-loop, where each client is one conversation; expected 1');
  }
  if (workload.kind === 'text' && workload.dataset !== 'generated' && workload.questions === GENERATED) {
    refuse('workload.questions', GENERATED, `workload.dataset: ${workload.dataset} needs a file of questions`);
  }
  if (workload.kind === 'text' && workload.dataset === 'ms-marco' && workload.collection === GENERATED) {
    refuse('workload.collection', GENERATED, 'workload.dataset: ms-marco needs its collection');
  }
  if (workload.kind === 'rag' && workload.topK > workload.chunks) {
    refuse('workload.topK', workload.topK, `more than the ${workload.chunks} chunks of the corpus`);
  }
  if (workload.kind === 'trace' && workload.window.toNs !== null && workload.window.toNs <= workload.window.fromNs) {
    refuse('workload.window.to', undefined, 'the window ends before it begins');
  }
  if (workload.kind === 'trace' && workload.file.startsWith(GENERATED_PREFIX)) {
    const name = workload.file.slice(GENERATED_PREFIX.length);
    if (!GENERATED_TRACES.includes(name)) {
      const near = nearest(name, GENERATED_TRACES);
      refuse('workload.file', workload.file, `no such generated trace; expected one of ${GENERATED_TRACES.map((each) => GENERATED_PREFIX + each).join(', ')}`, near === undefined ? undefined : GENERATED_PREFIX + near);
    }
  }
  if (config.churn.upNs !== null && config.faults.some(({ crash }) => crash.length > 0)) refuse('churn.up', formatQuantity('duration', config.churn.upNs), 'nodes crash by themselves and by faults; expected one of churn.up and faults with crash');
  config.faults.forEach((fault, i) => {
    const named: Record<string, readonly number[]> = {
      crash: fault.crash,
      leave: fault.leave,
      partition: fault.partition.flat(),
      degrade: fault.degrade.nodes,
      slow: fault.slow.nodes,
      corrupt: fault.corrupt.nodes,
      disk: fault.disk,
    };
    const kinds = [...Object.keys(named).filter((kind) => named[kind].length > 0), ...(fault.router ? ['router'] : []), ...(fault.loss > 0 ? ['loss'] : [])];
    if (kinds.length !== 1) {
      refuse('faults', undefined, `fault ${i + 1} has ${kinds.length === 0 ? 'no kind' : kinds.join(' and ')}; expected one of ${Object.keys(named).join(', ')}, router, loss`);
    }
    const missing = Object.values(named).flat().find((node) => node >= nodes);
    if (missing !== undefined) refuse('faults', missing, `fault ${i + 1} names a node that does not exist; nodes are 0 to ${nodes - 1}`);
    if (new Set(named['partition']).size !== named['partition'].length) refuse('faults', undefined, `fault ${i + 1} names a node on two sides of its partition`);
    if (fault.corrupt.nodes.length > 0 && fault.forNs !== null) refuse('faults', undefined, `fault ${i + 1} corrupts for a time; expected no for: what is bad stays bad`);
  });
}

/** Chunk caches that leave the engine no GPU memory. */
function refuseFullGpu({ cluster, serving }: ResolvedConfig, refuse: (path: string, value: unknown, expected: string) => never): void {
  if (cluster.gpuCacheBytes === 0) return;
  const model = modelByName(cluster.model);
  for (const name of cluster.gpuMix.length === 0 ? [cluster.gpu] : cluster.gpuMix) {
    const roomBytes = kvCapacityBytes({ gpu: gpuByName(name), model, tensorParallel: cluster.gpusPerNode, tokenBudget: serving.tokenBudget, maxSequences: serving.maxSequences });
    if (cluster.gpuCacheBytes >= roomBytes) refuse('cluster.gpuCache', formatQuantity('size', cluster.gpuCacheBytes), `leaves the engine nothing: beside ${cluster.model} ${name} has ${formatQuantity('size', roomBytes)} for KV`);
  }
}

/** Speeds that are set where a device profile has measured them. */
function refuseMeasuredSpeeds({ cluster }: ResolvedConfig, refuse: (path: string, value: unknown, expected: string) => never): void {
  const standard = TRIAL_FIELDS.cluster.schema.parse({});
  const speeds = ({ ssd, ram }: ResolvedConfig['cluster']): readonly [path: string, kind: 'byteRate' | 'duration', value: number][] => [
    ['ssd.read', 'byteRate', ssd.readBytesPerSecond],
    ['ssd.write', 'byteRate', ssd.writeBytesPerSecond],
    ['ssd.latency', 'duration', ssd.latencyNs],
    ['ram.bandwidth', 'byteRate', ram.bandwidthBytesPerSecond],
    ['ram.latency', 'duration', ram.latencyNs],
  ];
  const defaults = speeds(standard);
  speeds(cluster).forEach(([path, kind, value], i) => {
    if (value !== defaults[i][2]) refuse(`cluster.${path}`, formatQuantity(kind, value), `has been measured by cluster.deviceProfile: ${cluster.deviceProfile}; expected one of the two`);
  });
}

/** Whether a stitching policy of this name reuses caches: a full prefill is a system of its own. */
function isStitchPolicy(name: string): boolean {
  try {
    return parsePolicy(name).kind !== 'full';
  } catch {
    return false;
  }
}
