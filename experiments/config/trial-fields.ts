/**
 * Every key that describes one trial: the machine, the system's knobs and the workload. Defaults are those of the fair
 * comparison: 20 nodes with one A100-80GB and 500 GB of NVMe each, 40 Gbps both ways, Llama-2-7B, chunks of 512 tokens.
 */
import { COMPRESSION_LEVELS } from '../../kv/codecs/compression.ts';
import { DECISIONS, OVERLAPS } from '../../protocols/decision/decision-names.ts';
import { CUTS } from '../../protocols/placement/cuts.ts';
import { PLACEMENT_KEYS } from '../../protocols/placement/placement-keys.ts';
import { KEEP_POLICIES } from '../../protocols/prefetch/keep-policy.ts';
import { ESTIMATES, EXCHANGES } from '../../protocols/prefix-routing/anti-entropy.ts';
import { TIE_BREAKS } from '../../protocols/prefix-routing/node-choice.ts';
import type { AdmissionName } from '../../protocols/store/admission.ts';
import { ADMISSION_POLICIES } from '../../protocols/store/admission.ts';
import { EVICTION_POLICIES } from '../../protocols/store/eviction-policies.ts';
import type { EvictionPolicyName } from '../../protocols/store/eviction-policies.ts';
import { PROMOTIONS, WRITE_POLICIES } from '../../protocols/store/tiering.ts';
import { ROUTING_POLICIES } from '../../protocols/systems/front-end.ts';
import { GPUS } from '../../sim/hardware/gpu-catalogue.ts';
import { MODELS } from '../../sim/hardware/model-catalogue.ts';
import type { SchedulingPolicyName } from '../../sim/serving/scheduling-policy.ts';
import { SCHEDULING_POLICIES } from '../../sim/serving/scheduling-policy.ts';
import { ARRIVALS } from '../arrival-names.ts';
import { DATASETS } from '../dataset-names.ts';
import type { TraceFormat } from '../../workloads/traces/open-trace.ts';
import { TRACE_FORMATS } from '../../workloads/traces/open-trace.ts';
import { CIPHERS } from '../../protocols/systems/kv-cache-p2p/layer-stages.ts';
import type { Field, Fields, Resolved } from './field.ts';
import { choice, flag, integer, list, optionalInteger, optionalQuantity, quantity, real, section, text, variants } from './field.ts';
import { PROTOCOL_SECTIONS } from './protocol-fields.ts';

const names = (table: Readonly<Record<string, unknown>>): [string, ...string[]] => Object.keys(table) as [string, ...string[]];

/** `serving.costModel` of the built-in roofline; anything else there is a path. */
export const ROOFLINE = 'roofline';

const measure = section('The measurement protocol', {
  warmup: integer({ describe: 'Queries run before measuring begins', default: 100, min: 0 }),
  requests: integer({ describe: 'Queries measured', default: 1000, min: 1 }),
  maxSimulated: quantity('duration', { describe: 'Simulated time after which an overloaded trial is cut off and flagged', default: '1h', positive: true }),
  slo: section('The service-level objective that goodput counts against', {
    ttft: quantity('duration', { describe: 'Longest time to first token', default: '2s', positive: true }),
    tpot: quantity('duration', { describe: 'Longest mean time per output token after the first', default: '100ms', positive: true }),
  }),
});

const cluster = section('The machines', {
  nodes: integer({ describe: 'Serving nodes, each also a peer', default: 20, min: 1, max: 1_000_000 }),
  gpu: choice(names(GPUS), { describe: 'GPU of every node', default: 'A100-80GB' }),
  gpuMix: list(choice(names(GPUS), { describe: 'A GPU' }), { describe: 'GPUs dealt to the nodes in turn, in place of cluster.gpu; empty for equal nodes', maxLength: 100 }),
  gpusPerNode: integer({ describe: 'GPUs per node, used as one tensor-parallel group', default: 1, min: 1, max: 64 }),
  model: choice(names(MODELS), { describe: 'Model served', default: 'Llama-2-7B' }),
  cpuCores: integer({ describe: 'Host CPU cores per node', default: 16, min: 1, max: 4096 }),
  gpuCache: quantity('size', { describe: 'GPU memory a node gives to chunk caches, as a tier above host memory; its engine has that much less for the requests that run', default: '0B' }),
  memory: quantity('size', { describe: 'Host memory a node gives to KV caches', default: '64GiB' }),
  ssd: section('The NVMe drive of a node', {
    capacity: quantity('size', { describe: 'Space for KV caches', default: '500GB' }),
    read: quantity('byteRate', { describe: 'Sequential read rate', default: '3.5GB/s', positive: true }),
    write: quantity('byteRate', { describe: 'Sequential write rate', default: '2.5GB/s', positive: true }),
    latency: quantity('duration', { describe: 'Time before the first byte of a read or write', default: '80us' }),
  }),
  ram: section('Host memory as a store', {
    bandwidth: quantity('byteRate', { describe: 'Copy rate', default: '40GB/s', positive: true }),
    latency: quantity('duration', { describe: 'Time before the first byte', default: '1us' }),
  }),
  deviceProfile: text({ describe: 'Measured speeds of drive and memory, and of codecs on host cores where it has them, as npm run bench -- storage --profile writes them; they take the place of cluster.ssd, cluster.ram and the GPU’s dequantisation; none takes those', default: 'none', maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'none, or a path' }),
  central: section('The central store of the baselines: one server with the NIC and the drive of a peer, times scale', {
    scale: real({ describe: 'Its NIC and storage rate as a multiple of a peer', default: 1, min: 0, above: true, max: 10_000 }),
    connections: integer({ describe: 'Connections one request reads over at once', default: 5, min: 1, max: 1000 }),
    localCache: quantity('size', { describe: 'Host memory each node uses to keep what it fetched from the store', default: '0B' }),
  }),
});

const network = section('The network: a full-duplex star', {
  up: quantity('bitRate', { describe: 'Uplink of every host', default: '40Gbps', positive: true }),
  down: quantity('bitRate', { describe: 'Downlink of every host', default: '40Gbps', positive: true }),
  latency: quantity('duration', { describe: 'One-way latency between hosts of a zone', default: '50us' }),
  jitter: quantity('duration', { describe: 'Mean of the exponential delay added to each control message', default: '0s' }),
  zones: integer({ describe: 'Zones; hosts are dealt to them round robin', default: 1, min: 1, max: 1000 }),
  interZoneLatency: quantity('duration', { describe: 'One-way latency between hosts of different zones', default: '5ms' }),
  coreOversubscription: real({ describe: 'Sum of uplinks ÷ capacity of the shared core; 1 is a core that never binds', default: 1, min: 1, max: 10_000 }),
  connectionCap: optionalQuantity('bitRate', { describe: 'Greatest rate of one connection', default: 'none', positive: true }),
  handshakeRtts: integer({ describe: 'Round trips to open a connection', default: 1, min: 0, max: 10 }),
  loss: real({ describe: 'Share of control messages lost', default: 0, min: 0, max: 1, below: true }),
});

const overlay = section('The overlay that finds holders', {
  protocol: choice(['chord', 'kademlia', 'pastry'], { describe: 'Overlay protocol', default: 'chord' }),
  idBits: integer({ describe: 'Length of identifiers in bits', default: 64, min: 16, max: 160 }),
  virtualNodes: integer({ describe: 'Identifiers per node', default: 1, min: 1, max: 1024 }),
  start: choice(['converged', 'join'], { describe: 'Overlay at time 0: built converged, or joined node by node before the first query', default: 'converged' }),
  locationCache: quantity('duration', { describe: 'How long a node remembers the holders a lookup found; 0s switches it off', default: '0s' }),
  locationCacheScope: choice(['key', 'arc'], { describe: 'What a found location is remembered for: its key, or every key of the owner\'s arc (chord that routes by fingers, without confirmOwner)', default: 'key' }),
  ...PROTOCOL_SECTIONS,
});

const placement = section('Where segments of KV caches lie', {
  replicas: integer({ describe: 'Copies of each segment, on the owner and the nodes after it', default: 3, min: 1, max: 64 }),
  writeQuorum: integer({ describe: 'Replicas that have to acknowledge a write before it counts; what they have not within fetch.timeout is sent again. 0 is fire and forget', default: 0, min: 0, max: 64 }),
  segments: integer({ describe: 'Most segments that a chunk is cut into', default: 8, min: 1, max: 4096 }),
  segmentMin: quantity('size', { describe: 'Smallest segment worth cutting', default: '1MiB', positive: true }),
  lease: optionalQuantity('duration', { describe: 'How long a replica is held after it was stored or last renewed; none holds it for good', default: 'none', positive: true }),
  renewEvery: optionalQuantity('duration', { describe: 'How often holders renew the leases of what belongs to them, with the other replicas; none never renews', default: 'none', positive: true }),
  repair: optionalQuantity('duration', { describe: 'How often a node looks whether its neighbours have changed, and brings replicas to where they belong; none never repairs', default: 'none', positive: true }),
  repairCap: optionalQuantity('bitRate', { describe: 'Greatest rate of one repair flow', default: 'none', positive: true }),
  hotAfter: optionalInteger({ describe: 'A node that has fetched a chunk so many times keeps a copy of it beside what is placed on it; 1 keeps all it fetches, none nothing', min: 1, max: 1_000_000 }),
  copyLease: optionalQuantity('duration', { describe: 'With placement.hotAfter, how long the replica holders of a chunk believe who keeps a copy of it, and send readers there while they are busy; who keeps it tells them again at half that time. none keeps copies for their own node', default: 'none', positive: true }),
  cut: choice(CUTS, { describe: 'Axes along which a chunk is cut, the first as finely as it can be', default: 'layer' }),
  keys: choice(PLACEMENT_KEYS, { describe: 'What gets a key of its own: each segment, each chunk (its segments lie together), or each document (its chunks lie together)', default: 'segment' }),
});

const store = section('How a node keeps what it stores', {
  eviction: choice(EVICTION_POLICIES as [EvictionPolicyName, ...EvictionPolicyName[]], { describe: 'Which segment leaves a full tier', default: 'lru' }),
  promotion: choice(PROMOTIONS, { describe: 'When a read brings a segment up into the fastest tier that can hold it: never, or at its first or second read in the lower one', default: 'never' }),
  writes: choice(WRITE_POLICIES, { describe: 'back: a segment lies in one tier and is written to the next when that gives it up; through: it is written to the lower tiers as it comes, and leaves the upper ones for free', default: 'back' }),
  admission: choice(ADMISSION_POLICIES as [AdmissionName, ...AdmissionName[]], { describe: 'Which segment may take the place of others: any, one asked for more often than what would leave (tinylfu), or one asked for twice (second-hit)', default: 'always' }),
});

const fetch = section('How segments are fetched from peers', {
  sources: integer({ describe: 'Most distinct holders that one request pulls from at once', default: 5, min: 1, max: 1000 }),
  choice: choice(['least-loaded', 'random', 'nearest'], { describe: 'Which holder of a segment is asked: fewest bytes in open requests, any, or lowest latency', default: 'least-loaded' }),
  timeout: quantity('duration', { describe: 'Wait before another holder is asked', default: '2s', positive: true }),
  retries: integer({ describe: 'Other holders tried before a segment is recomputed', default: 3, min: 0, max: 64 }),
  hedge: optionalQuantity('duration', { describe: 'A holder that has not sent everything by then is helped: what is missing is asked of another replica too', default: 'none', positive: true }),
  window: optionalQuantity('size', { describe: 'Most bytes that a node has asked for and not received, over all its fetches; a larger segment comes alone', default: 'none', positive: true }),
  peerWindow: optionalQuantity('size', { describe: 'The same from one holder', default: 'none', positive: true }),
  deadline: optionalQuantity('duration', { describe: 'What has not come so long after its request reached the head of the queue is computed instead; none waits on', default: 'none', positive: true }),
  connectionsPerPeer: integer({ describe: 'Parallel connections to one holder', default: 1, min: 1, max: 64 }),
});

const prefetch = section('Queue-aware prefetch', {
  trigger: choice(['threshold', 'adaptive'], { describe: 'When a fetch starts ahead: when the predicted wait exceeds the threshold, or when the expected gain exceeds the expected cost to others', default: 'threshold' }),
  threshold: optionalQuantity('duration', { describe: 'Predicted queueing time above which a fetch starts at enqueue; none never prefetches (with trigger: threshold)', default: 'none' }),
  predictor: choice(['none', 'early', 'markov', 'co-occurrence', 'oracle'], {
    describe: 'What is fetched ahead while retrieval has not named the units: nothing, the first-stage top-k, what followed the last question of the session, the first stage with what came along with it, or (an upper bound) the truth',
    default: 'early',
  }),
  depth: integer({ describe: 'Most predicted units fetched ahead for one request', default: 5, min: 1, max: 10_000 }),
  confidence: real({ describe: 'Predicted units less likely than this are not fetched ahead', default: 0, min: 0, max: 1 }),
  concurrency: integer({ describe: 'Units a node fetches ahead at once, those of the most urgent request first', default: 2, min: 1, max: 10_000 }),
  memory: quantity('size', { describe: 'Host memory of a node for KV that was fetched ahead and is not used yet', default: '16GiB' }),
  linkShare: real({ describe: 'Greatest share of a node\'s downlink for fetching ahead while requests at the head of the queue fetch', default: 1, min: 0, above: true, max: 1 }),
  keep: choice(KEEP_POLICIES, { describe: 'Whether what was fetched ahead also stays in the store of the node: never, from the second time on, or always', default: 'none' }),
});

const pipeline = section('From the head of the queue to the first token (systems that keep chunks in stores)', {
  decision: choice(DECISIONS, {
    describe: 'How a request gets what it lacks: always by fetching, by computing, or by fetching from the tail while computing from the front; or whichever lets the first token come soonest (waiting for what the node fetches or computes already included), without both ends or with them',
    default: 'always-fetch',
  }),
  overlap: choice(OVERLAPS, { describe: 'What may be computed while KV still arrives: nothing, chunks that nobody has, or the question as well, layer by layer', default: 'none' }),
});

const stitching = section('How chunk caches are joined', {
  policy: text({ describe: 'none joins them as they are, adjust rotates keys to their true positions, adjust-first-K also recomputes the first K tokens of each chunk, adjust-deviating-R% the tokens that deviate most', default: 'adjust', maxLength: 40, pattern: /^[a-z0-9.%-]+$/, expected: 'none, adjust, adjust-first-K or adjust-deviating-R%' }),
  ropeProfile: text({ describe: 'Measured speed of rotating keys, as npm run bench -- rope --profile writes it; none takes the GPU’s memory bandwidth', default: 'none', maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'none, or a path' }),
  quality: text({ describe: 'Quality table that npm run quality wrote, from which reports take what policy and compression do to answers; none reports nothing', default: 'none', maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'none, or a path' }),
});

const kvCacheP2p = section('KV Cache P2P: layers kept where they were computed, found by asking peers', {
  producers: optionalInteger({ describe: 'The first so many nodes compute and serve, the others only ask; none makes every node do both', min: 1, max: 1_000_000 }),
  cache: quantity('size', { describe: 'What a node keeps, at most', default: '1GB' }),
  tier: choice(['device', 'host'], { describe: 'Where it keeps it: GPU memory (copied out for every peer that asks), or host memory (copied out once)', default: 'device' }),
  layersInFlight: integer({ describe: 'Layers of one request fetched at once; 1 is one after another', default: 1, min: 1, max: 10_000 }),
  announceInterval: optionalQuantity('duration', { describe: 'How often a node announces itself to its zone by multicast; none never does', default: '10s', positive: true }),
  staticPeers: integer({ describe: 'Nodes after it whose addresses each node is given', default: 0, min: 0, max: 1_000_000 }),
  lookupTimeout: quantity('duration', { describe: 'Wait for the answer to a lookup; who is silent longer is dropped', default: '500ms', positive: true }),
  getTimeout: quantity('duration', { describe: 'Wait for a layer before another holder is asked', default: '10s', positive: true }),
  recordReplicas: integer({ describe: 'Over a DHT: nodes that keep the record of who holds a layer', default: 3, min: 1, max: 64 }),
  storePeers: integer({ describe: 'Peers that a computed layer is sent to', default: 0, min: 0, max: 1000 }),
  transfer: choice(['fp16', 'int8'], { describe: 'Layers as they are sent; int8 is quantised for the way and expanded after it', default: 'fp16' }),
  encryption: choice(CIPHERS, { describe: 'Cipher of peer connections: its handshake and its cost per byte', default: 'none' }),
  pinnedPool: quantity('size', { describe: 'Page-locked host memory of a node, for each direction', default: '256MiB', positive: true }),
  deviceToHost: optionalQuantity('byteRate', { describe: 'Rate of copies out of the GPU; none takes that of the GPU', default: 'none', positive: true }),
  encode: optionalQuantity('byteRate', { describe: 'Rate of encoding on a core; none takes that of the hardware catalogue', default: 'none', positive: true }),
  decode: optionalQuantity('byteRate', { describe: 'Rate of decoding on a core; none takes that of the hardware catalogue', default: 'none', positive: true }),
  hostToDevice: optionalQuantity('byteRate', { describe: 'Rate of copies into the GPU; none takes that of the GPU', default: 'none', positive: true }),
  nat: section('Nodes behind NATs, met from other zones', {
    share: real({ describe: 'Share of nodes behind a NAT', default: 0, min: 0, max: 1 }),
    externalAddress: real({ describe: 'Share of those with a forwarded address that they announce', default: 0, min: 0, max: 1 }),
    holePunch: real({ describe: 'Probability that hole punching between two hidden nodes succeeds; else the relay stays (70 % were measured on IPFS, arXiv 2510.27500)', default: 0.7, min: 0, max: 1 }),
    relayRate: quantity('bitRate', { describe: 'What the relay forwards, all pairs together', default: '1Gbps', positive: true }),
  }),
});

const retrieval = section('Retrieval of the top-k chunks', {
  stage: choice(['service', 'arrival'], { describe: 'When the top-k is known: once the request leaves the queue, or before it is queued', default: 'service' }),
  latency: quantity('duration', { describe: 'Time of one retrieval', default: '10ms' }),
  firstStageLatency: quantity('duration', { describe: 'Time of the first stage alone, whose top-k is what prefetch.predictor: early goes by', default: '1ms' }),
  earlyOverlap: real({ describe: 'Share of the final top-k that the first stage, known at arrival, already names', default: 0.8, min: 0, max: 1 }),
});

const serving = section('The inference engine of every node', {
  costModel: text({ describe: 'How long an engine step takes: roofline, a cost profile written by npm run calibrate, or a folder of measured grids', default: ROOFLINE, maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'roofline, or a path' }),
  stepOverhead: optionalQuantity('duration', { describe: 'Measured grids: time of a step that is in no operator; none takes 300us, an engine that schedules ahead', default: 'none' }),
  asyncScheduling: flag({ describe: 'Each step is planned while the one before it runs: what arrives meanwhile joins one step later', default: false }),
  tokenBudget: integer({ describe: 'Most tokens in one engine step', default: 8192, min: 1 }),
  maxSequences: integer({ describe: 'Most sequences decoded together', default: 64, min: 1, max: 100_000 }),
  policy: choice(SCHEDULING_POLICIES as [SchedulingPolicyName, ...SchedulingPolicyName[]], { describe: 'Order of the queue', default: 'fcfs' }),
  contextLimit: choice(['enforced', 'lifted'], {
    describe: 'Requests longer than the model was made for: rejected, or run and flagged',
    default: 'enforced',
  }),
  blocking: flag({ describe: 'A fetching request holds the GPU (no other request runs meanwhile)', default: false }),
});

const routing = section('The front end', {
  policy: choice(ROUTING_POLICIES, { describe: 'Which node a request goes to', default: 'round-robin' }),
});

const prefixRouting = section('Routing requests to the nodes that have their prefix cached', {
  period: quantity('duration', { describe: 'How often a node exchanges with peers what is cached where', default: '1s', positive: true }),
  fanOut: integer({ describe: 'Peers that a node exchanges with each period', default: 2, min: 1, max: 1000 }),
  exchange: choice(EXCHANGES, { describe: 'Which way news go: to the peer, from it, or both', default: 'push-pull' }),
  estimate: choice(ESTIMATES, { describe: 'What nodes tell of their caches: every block, blocks up to a depth, or a filter of their hashes', default: 'tree' }),
  depth: integer({ describe: 'Blocks of a prefix that a truncated estimate tells of', default: 32, min: 1, max: 1_000_000 }),
  bitsPerBlock: real({ describe: 'Bloom and cuckoo filters: bits a cached block', default: 10, min: 2, max: 64 }),
  staleness: optionalQuantity('duration', { describe: 'Age from which an estimate is not used; none uses it at any age', default: 'none', positive: true }),
  minGain: integer({ describe: 'Fewest tokens that a longer match must save for a request to be sent on', default: 64, min: 1 }),
  tieBreak: choice(TIE_BREAKS, { describe: 'Which of several nodes with the longest match', default: 'least-loaded' }),
  spill: optionalInteger({ describe: 'A node with so many requests more than the least loaded one is passed over; none looks at matches alone', min: 0, max: 1_000_000 }),
  ttl: integer({ describe: 'Most times that a request is sent on', default: 2, min: 1, max: 100 }),
  trust: real({ describe: 'A peer is distrusted that keeps less than this share of the blocks it claims; 0 trusts everybody', default: 0.5, min: 0, max: 1 }),
  distrust: quantity('duration', { describe: 'How long a peer is distrusted', default: '60s', positive: true }),
  liars: real({ describe: 'Share of nodes that claim to have cached every prompt that comes in at them', default: 0, min: 0, max: 1 }),
  signed: flag({ describe: 'Nodes sign what they say of themselves (Ed25519), and verify it', default: false }),
  isolation: choice(['shared', 'salted', 'partitioned'], { describe: 'Prefix caches of tenants: one for all, block hashes salted by tenant, or salted with an equal share of the memory for each', default: 'shared' }),
  central: section('The central router that hears of every block cached or evicted', {
    decision: quantity('duration', { describe: 'Time that the router, one thread, takes for a request', default: '200us' }),
    fallback: choice(['none', 'any-node'], { describe: 'A request that found the router dead waits for it, or is sent to any node', default: 'none' }),
  }),
});

/** `workload.source` and the like where nothing is read from a file. */
export const GENERATED = 'generated';

/** Keys of when requests come, shared by the workloads that make them. */
const arrivals = (rate: string) => ({
  rate: quantity('frequency', { describe: 'Mean arrival rate at the cluster; not used by closed-loop', default: rate, positive: true }),
  arrivals: choice(ARRIVALS, { describe: 'Spacing of arrivals; closed-loop: clients that wait for their answer before they ask again', default: 'poisson' }),
  burstiness: real({ describe: 'Coefficient of variation of the gaps of gamma arrivals; 1 is Poisson', default: 2, min: 0, above: true, max: 100 }),
  peakToTrough: real({ describe: 'Busiest ÷ quietest rate of diurnal arrivals', default: 3, min: 1, max: 1000 }),
  period: quantity('duration', { describe: 'Length of a day of diurnal arrivals', default: '24h', positive: true }),
  clients: integer({ describe: 'Clients of a closed loop for each node', default: 24, min: 1, max: 1_000_000 }),
  clientPause: quantity('duration', { describe: 'Mean pause of a closed-loop client between answer and next question', default: '0s' }),
});

const workload = variants('The requests', {
  rag: {
    ...arrivals('2/s'),
    sessions: section('Conversations with follow-up questions (not with arrivals: closed-loop, where each client is one conversation)', {
      turns: real({ describe: 'Mean questions of a conversation, geometrically distributed; 1 has no follow-ups', default: 1, min: 1, max: 1000 }),
      thinkTime: quantity('duration', { describe: 'Mean pause between two questions of a conversation', default: '10s' }),
      repeat: real({ describe: 'Probability that a chunk of the last question is retrieved again', default: 0.5, min: 0, max: 1 }),
      history: integer({ describe: 'Most tokens of past questions and answers before the question, never cached', default: 2048, min: 0, max: 1_000_000 }),
    }),
    chunks: integer({ describe: 'Chunks in the corpus', default: 50_000, min: 1, max: 100_000_000 }),
    chunkTokens: integer({ describe: 'Tokens per chunk', default: 512, min: 1, max: 1_000_000 }),
    topK: integer({ describe: 'Chunks retrieved per query', default: 5, min: 1, max: 1000 }),
    zipf: real({ describe: 'Exponent of chunk popularity; 0 is uniform', default: 1, min: 0, max: 10 }),
    chunksPerDocument: integer({ describe: 'Consecutive chunks that make a document', default: 8, min: 1, max: 1_000_000 }),
    topicLocality: real({ describe: 'Probability that a further chunk of a query comes from the topic of the first (16 documents); 0 draws chunks independently', default: 0, min: 0, max: 1 }),
    questionTokens: integer({ describe: 'Tokens of the question, never cached', default: 32, min: 1, max: 1_000_000 }),
    outputTokens: integer({ describe: 'Tokens generated per query', default: 64, min: 1, max: 1_000_000 }),
  },
  prefix: {
    ...arrivals('20/s'),
    source: text({ describe: 'Where the shared texts come from: generated, a LongBench-style JSONL file (contexts), or a folder of MMLU CSV files with dev and test folders (few-shot examples)', default: GENERATED, maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'generated, or a path' }),
    prefixes: integer({ describe: 'Shared texts that prompts begin with: MMLU has 57 subjects', default: 57, min: 1, max: 1_000_000 }),
    prefixTokens: integer({ describe: 'Mean length of a shared text (log-normal)', default: 700, min: 1, max: 1_000_000 }),
    prefixVariation: real({ describe: 'Coefficient of variation of those lengths; 0 makes all equal', default: 0.7, min: 0, max: 10 }),
    headTokens: integer({ describe: 'Tokens that all shared texts begin with', default: 0, min: 0, max: 1_000_000 }),
    zipf: real({ describe: 'Exponent of the popularity of the texts; 0 is uniform', default: 1, min: 0, max: 10 }),
    questionTokens: integer({ describe: 'Tokens of the question, never cached', default: 110, min: 1, max: 1_000_000 }),
    outputTokens: integer({ describe: 'Tokens generated per query', default: 16, min: 1, max: 1_000_000 }),
    blockTokens: integer({ describe: 'Tokens of a block, the unit of reuse', default: 16, min: 1, max: 1_000_000 }),
    tenants: integer({ describe: 'Tenants who ask, all about the same texts', default: 1, min: 1, max: 10_000 }),
    tenantZipf: real({ describe: 'Exponent of how much each tenant asks; 0 is uniform', default: 0, min: 0, max: 10 }),
    probes: real({ describe: 'Share of requests that a further tenant sends to find out by their TTFT what the others have asked', default: 0, min: 0, max: 1, below: true }),
  },
  text: {
    ...arrivals('2/s'),
    dataset: choice(['generated', 'nq-open', 'ms-marco'], { describe: 'Text corpus searched by BM25: made up, NQ-open questions (JSONL) over passages made for them, or MS MARCO passages (TSV)', default: 'generated' }),
    questions: text({ describe: 'Questions: nq_open JSONL, or MS MARCO queries TSV; unused when generated', default: GENERATED, maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'generated, or a path' }),
    collection: text({ describe: 'MS MARCO collection TSV', default: GENERATED, maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'generated, or a path' }),
    qrels: text({ describe: 'MS MARCO relevance judgements TSV; generated has none', default: GENERATED, maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'generated, or a path' }),
    documents: integer({ describe: 'Documents of a generated corpus', default: 2000, min: 1, max: 1_000_000 }),
    documentWords: integer({ describe: 'Words of a made-up document or passage', default: 200, min: 1, max: 100_000 }),
    questionCount: integer({ describe: 'Most questions used', default: 500, min: 1, max: 1_000_000 }),
    chunkTokens: integer({ describe: 'Tokens per chunk', default: 128, min: 1, max: 1_000_000 }),
    topK: integer({ describe: 'Chunks retrieved per query', default: 5, min: 1, max: 1000 }),
    zipf: real({ describe: 'Exponent of the popularity of questions, in the order of their file; 0 is uniform', default: 0.8, min: 0, max: 10 }),
    firstStageTerms: integer({ describe: 'Rarest terms of the question that the first retrieval stage searches', default: 2, min: 1, max: 100 }),
    postingCost: quantity('duration', { describe: 'Time of a search for each posting it reads, beside retrieval.latency', default: '100ns' }),
    outputTokens: integer({ describe: 'Tokens generated per query', default: 64, min: 1, max: 1_000_000 }),
  },
  dataset: {
    ...arrivals('4/s'),
    name: choice(DATASETS, { describe: 'A data set in its usual shape: passages of an encyclopedia or of the web searched by BM25 (recall and MRR are reported), few-shot prefixes of 57 subjects, or questions on long texts', default: 'nq-open' }),
    nqOpen: text({ describe: 'NQ-open questions (JSONL) in place of generated ones; passages are made for them', default: GENERATED, maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'generated, or a path' }),
    msMarco: text({ describe: 'A folder with queries.tsv, collection.tsv and qrels.tsv of MS MARCO passage ranking in place of a generated corpus', default: GENERATED, maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'generated, or a folder' }),
    mmlu: text({ describe: 'A folder of MMLU CSV files with dev and test folders in place of generated prefixes', default: GENERATED, maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'generated, or a folder' }),
    longBench: text({ describe: 'A LongBench-style JSONL file in place of generated long texts', default: GENERATED, maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'generated, or a path' }),
  },
  trace: {
    file: text({ describe: 'Trace file, relative to the folder the command runs in, or generated:mooncake', default: 'generated:mooncake', maxLength: 4096, pattern: /^\P{Cc}+$/u, expected: 'a path, or generated:mooncake' }),
    format: choice(['auto', ...TRACE_FORMATS] as ['auto', ...TraceFormat[]], { describe: 'Format of the file; auto looks at its first line', default: 'auto' }),
    rateScale: real({ describe: 'Arrivals are this many times as fast', default: 1, min: 0, above: true, max: 1e6 }),
    window: section('Part of the trace that is replayed, in the time of the trace', {
      from: quantity('duration', { describe: 'Start', default: '0s' }),
      to: optionalQuantity('duration', { describe: 'End; none replays to the last request', default: 'none', positive: true }),
    }),
    requests: integer({ describe: 'Most requests replayed, warm-up included', default: 12_000, min: 1 }),
    blockTokens: integer({ describe: 'Tokens per block hash', default: 512, min: 1, max: 1_000_000 }),
  },
});

const nodes = (describe: string): Field<readonly number[], ''> => list(integer({ describe: 'A node', min: 0 }), { describe, maxLength: 10_000 });

/** Each fault has exactly one kind (`checkTrial`); the defaults of the others do nothing. */
const faults = list(
  section('One fault: a time, and one of crash, leave, partition, degrade, slow, router, loss, corrupt, disk', {
    at: quantity('duration', { describe: 'When it begins' }),
    for: optionalQuantity('duration', { describe: 'How long it lasts; none is for good', default: 'none', positive: true }),
    crash: nodes('Nodes that crash: off the network at once, engine and memory lost, what is on the drive kept'),
    leave: nodes('Nodes that leave the overlay in good order, and join it again at the end'),
    partition: list(nodes('Nodes of one side'), { describe: 'Sides that cannot reach each other; nodes not named form one more, where front end and central store stand (with the first side, if all are named)', maxLength: 100 }),
    degrade: section('Slow links', {
      nodes: nodes('Nodes whose links are slow'),
      up: real({ describe: 'Uplink, as a share of its rate', default: 1, min: 0, max: 1 }),
      down: real({ describe: 'Downlink, as a share of its rate', default: 1, min: 0, max: 1 }),
      latency: quantity('duration', { describe: 'Added to the one-way latency', default: '0s' }),
    }),
    slow: section('Slow GPUs', {
      nodes: nodes('Nodes whose engine steps take longer'),
      factor: real({ describe: 'How many times as long', default: 2, min: 0, above: true, max: 1000 }),
    }),
    router: flag({ describe: 'The central router crashes', default: false }),
    loss: real({ describe: 'Share of control messages lost everywhere', default: 0, min: 0, max: 1 }),
    disk: nodes('Nodes whose drives fail: what lies there is lost, reads under way break off, and nothing can be written until the drive is replaced by an empty one at the end'),
    corrupt: section('Stored segments that go bad; readers find out by checksum', {
      nodes: nodes('Nodes whose stores are hit'),
      share: real({ describe: 'Share of their segments, drawn at random', default: 0.1, min: 0, max: 1 }),
    }),
  }, { sparse: true }),
  { describe: 'Scheduled faults', maxLength: 1000 },
);

const churn = section('Nodes that crash and come back by themselves, each on its own', {
  up: optionalQuantity('duration', { describe: 'Mean time that a node is up, exponential; none: they stay up', default: 'none', positive: true }),
  down: quantity('duration', { describe: 'Mean time that it is down, exponential', default: '10s', positive: true }),
});

/** The keys of one trial, in the order in which `config.resolved.yaml` shows them. */
export const TRIAL_FIELDS = {
  measure,
  start: choice(['warm', 'cold'], { describe: 'Stores at time 0: filled from the precomputed corpus, or empty', default: 'warm' }),
  cluster,
  network,
  overlay,
  placement,
  store,
  fetch,
  kvCacheP2p,
  prefetch,
  pipeline,
  compression: choice(COMPRESSION_LEVELS, { describe: 'KV compression for storage and transfer', default: 'none' }),
  stitching,
  retrieval,
  serving,
  routing,
  prefixRouting,
  workload,
  churn,
  faults,
} satisfies Fields;

/**
 * One trial's config in base units, frozen: durations in whole nanoseconds (`…Ns`), sizes in bytes (`…Bytes`), link rates
 * in bits per second (`…Bps`), storage rates in bytes per second (`…BytesPerSecond`), event rates per second
 * (`…PerSecond`). `none` is null.
 */
export type ResolvedConfig = Resolved<typeof TRIAL_FIELDS>;
