/**
 * Which config keys each system under test reads, by prefix. Trials that differ only in keys that their system does not
 * read are one run, shared.
 *
 * The table is enforced, not trusted: a trial gets a view of its config in which every other key throws when it is read
 * (see `config-view.ts`), so a key missing here is an error in the first trial that reads it, never a wrong sharing.
 */
import type { AnySystemName } from './system-names.ts';

/** Read by every system: the machine, the way of a request through it, and the measurement. */
const EVERY_SYSTEM = [
  'measure',
  'cluster.nodes',
  'cluster.gpu',
  'cluster.gpuMix',
  'cluster.gpusPerNode',
  'cluster.model',
  'cluster.cpuCores',
  'cluster.ram',
  'network',
  'retrieval',
  'stitching.quality',
  'serving',
  'routing',
  'workload',
  'churn',
  'faults',
] as const;

/** Read by every system that routes requests to nodes with prefix caches and does not take `routing.policy`. */
const EVERY_ROUTER = [...EVERY_SYSTEM.filter((key) => key !== 'routing'), 'prefixRouting.isolation'];

/** Read by every system that chooses by matches. */
const EVERY_MATCHER = ['prefixRouting.minGain', 'prefixRouting.tieBreak', 'prefixRouting.spill'] as const;

/** Read by every system whose nodes tell each other what they have cached. */
const GOSSIP = ['period', 'fanOut', 'exchange', 'estimate', 'depth', 'bitsPerBlock', 'staleness', 'trust', 'distrust', 'liars', 'signed', 'isolation'].map((key) => `prefixRouting.${key}`);

/** Read by every system that reuses KV caches. */
const EVERY_STORE = [...EVERY_SYSTEM, 'cluster.deviceProfile', 'start', 'store', 'compression', 'stitching', 'prefetch', 'pipeline'] as const;

/** Read by every overlay protocol when it is studied by itself. */
const EVERY_OVERLAY = ['nodes', 'idBits', 'start', 'join', 'network', 'failures', 'churn', 'lookups', 'balanceKeys', 'pace', 'redundancy'] as const;

export const SYSTEM_KEYS: Readonly<Record<AnySystemName, readonly string[]>> = {
  'no-reuse': EVERY_SYSTEM,
  local: [...EVERY_STORE, 'cluster.gpuCache', 'cluster.memory', 'cluster.ssd'],
  'central-disk': [...EVERY_STORE, 'cluster.central', 'cluster.ssd'],
  'central-memory': [...EVERY_STORE, 'cluster.central'],
  p2p: [...EVERY_STORE, 'cluster.gpuCache', 'cluster.memory', 'cluster.ssd', 'overlay', 'placement', 'fetch'],
  'prefix-routing': [...EVERY_SYSTEM, ...EVERY_MATCHER, ...GOSSIP, 'prefixRouting.ttl'],
  'hybrid-routing': [...EVERY_SYSTEM, ...GOSSIP, 'prefixRouting.minGain'],
  'central-router': [...EVERY_ROUTER, ...EVERY_MATCHER, 'prefixRouting.central'],
  'hash-routing': [...EVERY_ROUTER, 'prefixRouting.spill'],
  'least-loaded-routing': EVERY_ROUTER,
  'random-routing': EVERY_ROUTER,
  'local-prefix': [...EVERY_SYSTEM, 'prefixRouting.isolation'],
  'kv-cache-p2p': [...EVERY_SYSTEM, 'cluster.deviceProfile', 'start', 'store', 'kvCacheP2p'],
  'kv-cache-p2p-dht': [...EVERY_SYSTEM, 'cluster.deviceProfile', 'start', 'store', 'kvCacheP2p', 'overlay'],
  chord: [...EVERY_OVERLAY, 'chord'],
  kademlia: [...EVERY_OVERLAY, 'values', 'kademlia'],
  pastry: [...EVERY_OVERLAY, 'pastry'],
};
