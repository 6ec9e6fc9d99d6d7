/** Short names of config keys on axes, in sentences and in file names. A key without an entry is shown in words made from itself. */
const NAMES: Readonly<Record<string, string>> = {
  'cluster.nodes': 'nodes',
  'cluster.gpu': 'GPU',
  'cluster.gpusPerNode': 'GPUs per node',
  'cluster.model': 'model',
  'cluster.cpuCores': 'CPU cores per node',
  'cluster.gpuCache': 'GPU memory for chunks per node',
  'cluster.memory': 'host memory for KV per node',
  'cluster.ssd.capacity': 'SSD capacity per node',
  'cluster.ssd.read': 'SSD read rate',
  'cluster.central.scale': 'central store scale',
  'cluster.central.connections': 'connections to the central store',
  'network.up': 'uplink rate',
  'network.down': 'downlink rate',
  'network.latency': 'one-way latency',
  'network.zones': 'zones',
  'network.interZoneLatency': 'latency between zones',
  'network.connectionCap': 'rate cap per connection',
  'network.loss': 'message loss',
  'overlay.protocol': 'overlay',
  'kvCacheP2p.layersInFlight': 'layers in flight',
  'kvCacheP2p.staticPeers': 'static peers',
  'serving.costModel': 'cost model',
  'failures.crash': 'share crashed',
  'failures.leave': 'share that left',
  'prefixRouting.liars': 'share of liars',
  'prefixRouting.trust': 'least share kept',
  'churn.up': 'mean time up',
  'churn.down': 'mean time down',
  'churn.session': 'mean session',
  'churn.kind': 'law of sessions',
  'churn.shape': 'shape of sessions',
  'churn.crashShare': 'share of crashes',
  'lookups.rate': 'lookup rate',
  'kademlia.termination': 'end of a Kademlia lookup',
  'kademlia.alpha': 'Kademlia α',
  'kademlia.k': 'Kademlia k',
  'kademlia.refreshPeriod': 'Kademlia refresh',
  'chord.successors': 'Chord successors',
  'chord.lookup': 'Chord lookups',
  'pastry.leafSet': 'Pastry leaf set',
  'pastry.digitBits': 'Pastry b',
  pace: 'pace of maintenance',
  redundancy: 'list length r',
  start: 'start',
  'placement.replicas': 'replicas per chunk',
  'placement.hotAfter': 'fetches until a copy is kept',
  'placement.copyLease': 'belief in copies',
  'placement.writeQuorum': 'write quorum',
  'placement.lease': 'lease of a replica',
  'placement.renewEvery': 'renewal period',
  'placement.segments': 'segments per chunk',
  'store.eviction': 'eviction',
  'store.admission': 'admission',
  'store.promotion': 'promotion',
  'store.writes': 'way of writing',
  'fetch.sources': 'parallel sources',
  'fetch.choice': 'choice of holder',
  'fetch.window': 'receive window',
  'fetch.peerWindow': 'window of a peer',
  'fetch.deadline': 'deadline of a fetch',
  'prefetch.threshold': 'prefetch threshold',
  compression: 'compression',
  'retrieval.latency': 'retrieval latency',
  'retrieval.earlyOverlap': 'early top-k overlap',
  'routing.policy': 'routing policy',
  'prefixRouting.period': 'anti-entropy period',
  'prefixRouting.fanOut': 'anti-entropy fan-out',
  'prefixRouting.estimate': 'estimate',
  'prefixRouting.bitsPerBlock': 'bits per block',
  'prefixRouting.staleness': 'staleness bound',
  'prefixRouting.tieBreak': 'tie-break',
  'prefixRouting.spill': 'spill threshold',
  'prefixRouting.isolation': 'isolation of tenants',
  'prefixRouting.central.fallback': 'way round a dead router',
  'workload.rate': 'request rate',
  'workload.zipf': 'Zipf exponent',
  'workload.chunks': 'chunks in the corpus',
  'workload.chunkTokens': 'tokens per chunk',
  'workload.topK': 'chunks per request',
  'workload.outputTokens': 'output tokens',
  'workload.rateScale': 'rate scale',
};

/** `placement.replicas` → 'replicas per chunk'; `serving.tokenBudget` → 'serving token budget'. */
export function variableLabel(key: string): string {
  return Object.hasOwn(NAMES, key) ? NAMES[key] : key.split('.').map(words).join(' ');
}

function words(part: string): string {
  return part.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}

/** The last part of the key as a file name: `placement.replicas` → 'replicas'. Letters, digits and hyphens only. */
export function variableSlug(key: string): string {
  return slug(words(key.split('.').at(-1)!)) || 'variable';
}

/** Text as a file name: lower-case ASCII letters and digits, hyphens between, at most 40 characters. */
export function slug(text: string): string {
  return text.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '');
}
