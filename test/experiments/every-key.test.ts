/**
 * No dead options: for each config key there is a situation in which changing it changes what a trial finds. A key without
 * an entry here fails the test, so a new key brings its own proof.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyPaths } from '../../experiments/config/field.ts';
import { TRIAL_FIELDS } from '../../experiments/config/trial-fields.ts';
import { executeTrial } from '../../experiments/engines/execute-trial.ts';
import { planTrials } from '../../experiments/plan.ts';
import type { SystemName } from '../../experiments/system-names.ts';
import * as simulation from '../../experiments/trial.ts';
import { study } from './config/study-source.ts';
import { PROTOCOL_CHANGES, PUBLICATION_KEYS } from './protocol-changes.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { writeQualityTable, writeRopeProfile, writeStorageProfile } from './trial/measured-files.ts';

/** A value unlike the default, and the situation in which it matters. */
interface Change {
  readonly to: string;
  readonly given?: readonly string[];
  readonly system?: SystemName;
}

const BASE = `name: base
seeds: 1
measure: {warmup: 2, requests: 16}
cluster: {nodes: 5}
workload: {chunks: 60, rate: 20/s, topK: 3, outputTokens: 4}
`;

const ON_DISK = 'cluster.memory=0B';
const CAPPED = 'network.connectionCap=2Gbps';
const BUSY = 'workload.rate=300/s';
/** Waits long enough for fetching ahead to matter. */
const AHEAD = [BUSY, 'prefetch.threshold=0s', 'serving.maxSequences=1', 'placement.replicas=1', 'measure.requests=40', 'workload.outputTokens=16'];
const LONG_WAY = 'cluster.nodes=16';
const SHAKY = 'network.loss=0.3';
const CRASH = 'faults=[{at: 200ms, crash: [1, 2]}]';
const BY_LAYER: Pick<Change, 'system'> = { system: 'kv-cache-p2p' };
/** Peers in zones of their own, who know each other by address. */
const ZONED = ['network.zones=5', 'kvCacheP2p.staticPeers=4'];
const TRACE = 'workload={kind: trace, requests: 60, rateScale: 20}';
/** Conversations whose pauses are short enough for follow-ups among few requests. */
const TALK = ['workload.sessions={turns: 4, thinkTime: 50ms}'];
const TEXT = 'workload={kind: text, documents: 40, documentWords: 150, questionCount: 30, rate: 20/s, topK: 3, outputTokens: 4}';
const DATASET = 'workload={kind: dataset, rate: 20/s}';
const PREFIX = 'workload={kind: prefix, prefixes: 6, prefixTokens: 600, rate: 40/s, outputTokens: 4}';
/** Requests enough for news to travel, and to find out what they were worth. */
const ROUTED = { given: [PREFIX, 'measure.requests=80', 'prefixRouting.period=100ms'], system: 'prefix-routing' as const };
const routed = (to: string, ...more: readonly string[]): Change => ({ to, given: [...ROUTED.given, ...more], system: ROUTED.system });
const throughRouter = (to: string, ...more: readonly string[]): Change => ({ to, given: [PREFIX, ...more], system: 'central-router' });

/** The situations of `protocol-changes.ts` as serving has them. */
const SERVING_SITUATIONS: Readonly<Record<string, readonly string[]>> = {
  lossy: ['network.loss=0.3'],
  crashes: ['faults=[{at: 400ms, crash: [1, 2, 3, 4, 5]}]', 'placement.replicas=2', 'fetch.timeout=20ms'],
  returns: ['faults=[{at: 100ms, crash: [1, 2, 3, 4, 5], for: 100ms}]', 'placement.replicas=2', 'fetch.timeout=20ms'],
  joined: ['overlay.start=join'],
  zones: ['network.zones=4'],
  few: ['placement.replicas=1'],
  'stored back': ['start=cold'],
  'long joined': [],
};

const CHANGES: Readonly<Record<string, Change>> = {
  'measure.warmup': { to: '5' },
  'measure.requests': { to: '20' },
  'measure.maxSimulated': { to: '600ms' },
  'measure.slo.ttft': { to: '20ms' },
  'measure.slo.tpot': { to: '1ms' },
  start: { to: 'cold' },
  'cluster.nodes': { to: '6' },
  'cluster.gpu': { to: 'H100' },
  'cluster.gpuMix': { to: '[H100, A10]', given: ['start=cold'] },
  'cluster.gpusPerNode': { to: '2' },
  'cluster.model': { to: 'Llama-2-13B' },
  'cluster.cpuCores': { to: '1', given: [BUSY] },
  'cluster.gpuCache': { to: '4GiB' },
  'cluster.memory': { to: '0B' },
  'cluster.ssd.capacity': { to: '0B', given: [ON_DISK] },
  'cluster.ssd.read': { to: '1GB/s', given: [ON_DISK] },
  'cluster.ssd.write': { to: '10MB/s', given: ['cluster.memory=1GiB', 'start=cold'] },
  'cluster.ssd.latency': { to: '5ms', given: [ON_DISK] },
  'cluster.ram.bandwidth': { to: '1GB/s' },
  'cluster.ram.latency': { to: '5ms' },
  'cluster.deviceProfile': { to: 'DEVICE_PROFILE' },
  'cluster.central.scale': { to: '2', system: 'central-disk' },
  'cluster.central.connections': { to: '1', given: [CAPPED], system: 'central-disk' },
  'cluster.central.localCache': { to: '20GB', system: 'central-disk' },
  'network.up': { to: '2Gbps' },
  'network.down': { to: '2Gbps' },
  'network.latency': { to: '3ms' },
  'network.jitter': { to: '3ms' },
  'network.zones': { to: '2' },
  'network.interZoneLatency': { to: '30ms', given: ['network.zones=2'] },
  'network.coreOversubscription': { to: '20' },
  'network.connectionCap': { to: '2Gbps' },
  'network.handshakeRtts': { to: '5', given: ['network.latency=2ms'] },
  'network.loss': { to: '0.3' },
  'overlay.protocol': { to: 'pastry' },
  'overlay.idBits': { to: '32' },
  'overlay.virtualNodes': { to: '2' },
  'overlay.start': { to: 'join' },
  'overlay.locationCache': { to: '10s' },
  'overlay.locationCacheScope': { to: 'arc', given: ['overlay.locationCache=10s'] },
  ...protocolChanges(),
  'placement.replicas': { to: '2' },
  'placement.writeQuorum': { to: '2', given: ['start=cold'] },
  'placement.segments': { to: '2' },
  'placement.segmentMin': { to: '100MiB' },
  'placement.lease': { to: '100ms' },
  'placement.renewEvery': { to: '50ms', given: ['placement.lease=200ms'] },
  'placement.repair': { to: '1s', given: [CRASH, 'overlay.chord.stabilisePeriod=100ms', 'overlay.chord.rpcTimeout=20ms', 'measure.requests=60'] },
  'placement.repairCap': { to: '1Mbps', given: [CRASH, 'overlay.chord.stabilisePeriod=100ms', 'overlay.chord.rpcTimeout=20ms', 'measure.requests=60', 'placement.repair=500ms'] },
  'placement.hotAfter': { to: '1' },
  'placement.copyLease': { to: '10s', given: ['placement.hotAfter=1', 'placement.replicas=1', 'measure.requests=60'] },
  'placement.cut': { to: 'sequence', given: ['workload.chunkTokens=100'] },
  'placement.keys': { to: 'chunk' },
  'store.eviction': { to: 'fifo', given: ['start=cold', 'cluster.memory=1GiB', 'cluster.ssd.capacity=0B', 'placement.replicas=1'] },
  'store.promotion': { to: 'on-read', given: ['cluster.memory=1GiB', 'measure.requests=60'] },
  'store.writes': { to: 'through', given: ['start=cold', 'cluster.memory=1GiB', 'measure.requests=60'] },
  'store.admission': { to: 'second-hit', given: ['start=cold', 'cluster.memory=1GiB', 'cluster.ssd.capacity=0B', 'placement.replicas=1'] },
  'fetch.hedge': { to: '1ms', given: ['cluster.memory=0B'] },
  'fetch.sources': { to: '1' },
  'fetch.choice': { to: 'random', given: [BUSY, 'fetch.sources=2'] },
  'fetch.timeout': { to: '20ms', given: [SHAKY] },
  'fetch.retries': { to: '0', given: [CRASH, 'placement.replicas=1', 'fetch.timeout=20ms'] },
  'fetch.window': { to: '64MiB' },
  'fetch.peerWindow': { to: '32MiB' },
  'fetch.deadline': { to: '20ms', given: ['network.up=5Gbps'] },
  'fetch.connectionsPerPeer': { to: '4', given: [CAPPED] },
  'prefetch.trigger': { to: 'adaptive', given: [BUSY] },
  'kvCacheP2p.producers': { to: '2', ...BY_LAYER },
  'kvCacheP2p.cache': { to: '300MB', ...BY_LAYER },
  'kvCacheP2p.tier': { to: 'host', ...BY_LAYER },
  'kvCacheP2p.layersInFlight': { to: '4', ...BY_LAYER },
  'kvCacheP2p.announceInterval': { to: '100ms', ...BY_LAYER },
  'kvCacheP2p.staticPeers': { to: '2', system: 'kv-cache-p2p', given: ['network.zones=5'] },
  'kvCacheP2p.lookupTimeout': { to: '5ms', system: 'kv-cache-p2p', given: [SHAKY] },
  'kvCacheP2p.getTimeout': { to: '2ms', ...BY_LAYER },
  'kvCacheP2p.recordReplicas': { to: '1', system: 'kv-cache-p2p-dht' },
  'kvCacheP2p.storePeers': { to: '2', ...BY_LAYER },
  'kvCacheP2p.transfer': { to: 'int8', ...BY_LAYER },
  'kvCacheP2p.encryption': { to: 'aes-gcm', ...BY_LAYER },
  'kvCacheP2p.pinnedPool': { to: '8MiB', system: 'kv-cache-p2p', given: ['kvCacheP2p.layersInFlight=8'] },
  'kvCacheP2p.deviceToHost': { to: '1GB/s', ...BY_LAYER },
  'kvCacheP2p.encode': { to: '1GB/s', ...BY_LAYER },
  'kvCacheP2p.decode': { to: '1GB/s', ...BY_LAYER },
  'kvCacheP2p.hostToDevice': { to: '1GB/s', ...BY_LAYER },
  'kvCacheP2p.nat.share': { to: '1', system: 'kv-cache-p2p', given: ZONED },
  'kvCacheP2p.nat.externalAddress': { to: '1', system: 'kv-cache-p2p', given: [...ZONED, 'kvCacheP2p.nat.share=0.9'] },
  'kvCacheP2p.nat.holePunch': { to: '0', system: 'kv-cache-p2p', given: [...ZONED, 'kvCacheP2p.nat.share=0.7'] },
  'kvCacheP2p.nat.relayRate': { to: '100Mbps', system: 'kv-cache-p2p', given: [...ZONED, 'kvCacheP2p.nat.share=0.7', 'kvCacheP2p.nat.holePunch=0'] },
  'prefetch.threshold': { to: '0s', given: [BUSY] },
  'prefetch.predictor': { to: 'oracle', given: AHEAD },
  'prefetch.depth': { to: '1', given: AHEAD },
  'prefetch.confidence': { to: '1', given: AHEAD },
  'prefetch.concurrency': { to: '1', given: AHEAD },
  'prefetch.memory': { to: '1MB', given: AHEAD },
  'prefetch.linkShare': { to: '0.1', given: [...AHEAD, 'serving.maxSequences=2', 'retrieval.earlyOverlap=0.2'] },
  'prefetch.keep': { to: 'all', given: AHEAD },
  'pipeline.decision': { to: 'cheapest' },
  'pipeline.overlap': { to: 'layer' },
  'retrieval.firstStageLatency': { to: '2ms', given: AHEAD },
  compression: { to: 'moderate' },
  'stitching.policy': { to: 'adjust-first-64' },
  'stitching.quality': { to: 'QUALITY_TABLE' },
  'stitching.ropeProfile': { to: 'ROPE_PROFILE' },
  'retrieval.stage': { to: 'arrival' },
  'retrieval.latency': { to: '20ms' },
  'retrieval.earlyOverlap': { to: '0.1', given: [BUSY, 'prefetch.threshold=0s'] },
  'serving.costModel': { to: 'COST_PROFILE' },
  'serving.stepOverhead': { to: '5ms', given: ['serving.costModel=COST_PROFILE'] },
  'serving.asyncScheduling': { to: 'true', given: [BUSY] },
  'serving.tokenBudget': { to: '128', given: ['start=cold', BUSY] },
  'serving.maxSequences': { to: '1', given: [BUSY] },
  'serving.policy': { to: 'shortest-prefill-first', given: [TRACE, 'workload.rateScale=1000', 'cluster.nodes=1'], system: 'no-reuse' },
  'serving.contextLimit': { to: 'lifted', given: ['workload.chunkTokens=2048'] },
  'serving.blocking': { to: 'true', given: [BUSY] },
  'routing.policy': { to: 'random' },
  'prefixRouting.period': routed('400ms'),
  'prefixRouting.fanOut': routed('1'),
  'prefixRouting.exchange': routed('pull'),
  'prefixRouting.estimate': routed('bloom'),
  'prefixRouting.depth': routed('8', 'prefixRouting.estimate=truncated'),
  'prefixRouting.bitsPerBlock': routed('3', 'prefixRouting.estimate=cuckoo'),
  'prefixRouting.staleness': routed('10ms'),
  'prefixRouting.minGain': routed('100000'),
  'prefixRouting.tieBreak': routed('random'),
  'prefixRouting.spill': routed('0', 'workload.rate=400/s'),
  'prefixRouting.ttl': routed('1', 'prefixRouting.liars=0.4'),
  'prefixRouting.trust': routed('0', 'prefixRouting.liars=0.4'),
  'prefixRouting.distrust': routed('1ms', 'prefixRouting.liars=0.4'),
  'prefixRouting.liars': routed('0.4'),
  'prefixRouting.signed': routed('true'),
  'prefixRouting.isolation': routed('salted', 'workload.tenants=4'),
  'prefixRouting.central.decision': throughRouter('5ms'),
  'prefixRouting.central.fallback': throughRouter('any-node', 'faults=[{at: 100ms, router: true, for: 5s}]'),
  'workload.prefixes': { to: '3', given: [PREFIX] },
  'workload.prefixTokens': { to: '300', given: [PREFIX] },
  'workload.prefixVariation': { to: '0', given: [PREFIX] },
  'workload.tenants': routed('4', 'prefixRouting.isolation=salted'),
  'workload.tenantZipf': routed('3', 'prefixRouting.isolation=salted', 'workload.tenants=4'),
  'workload.probes': { to: '0.2', given: [PREFIX] },
  'workload.headTokens': { to: '64', given: [PREFIX] },
  'workload.kind': { to: 'trace', given: ['measure.maxSimulated=600ms'] },
  'workload.rate': { to: '10/s' },
  'workload.arrivals': { to: 'constant' },
  'workload.burstiness': { to: '5', given: ['workload.arrivals=gamma'] },
  'workload.peakToTrough': { to: '10', given: ['workload.arrivals=diurnal', 'workload.period=1s'] },
  'workload.period': { to: '2s', given: ['workload.arrivals=diurnal', 'workload.peakToTrough=10'] },
  'workload.clients': { to: '2', given: ['workload.arrivals=closed-loop'] },
  'workload.clientPause': { to: '1s', given: ['workload.arrivals=closed-loop'] },
  'workload.sessions.turns': { to: '5' },
  'workload.sessions.thinkTime': { to: '300ms', given: TALK },
  'workload.sessions.repeat': { to: '1', given: TALK },
  'workload.sessions.history': { to: '0', given: TALK },
  'workload.name': { to: 'ms-marco', given: [DATASET] },
  'workload.nqOpen': { to: 'NQ_FILE', given: [DATASET] },
  'workload.msMarco': { to: 'MARCO_FOLDER', given: [DATASET, 'workload.name=ms-marco'] },
  'workload.mmlu': { to: 'MMLU_FOLDER', given: [DATASET, 'workload.name=mmlu'] },
  'workload.longBench': { to: 'LONGBENCH_FILE', given: [DATASET, 'workload.name=longbench', 'cluster.model=Llama-3.1-8B'] },
  'workload.source': { to: 'LONGBENCH_FILE', given: [PREFIX] },
  'workload.dataset': { to: 'nq-open', given: [TEXT, 'workload.questions=NQ_FILE'] },
  'workload.questions': { to: 'NQ_FILE_2', given: [TEXT, 'workload.dataset=nq-open', 'workload.questions=NQ_FILE'] },
  'workload.collection': { to: 'COLLECTION_2', given: [TEXT, 'workload.dataset=ms-marco', 'workload.questions=QUERIES', 'workload.collection=COLLECTION'] },
  'workload.qrels': { to: 'QRELS', given: [TEXT, 'workload.dataset=ms-marco', 'workload.questions=QUERIES', 'workload.collection=COLLECTION'] },
  'workload.documents': { to: '20', given: [TEXT] },
  'workload.documentWords': { to: '300', given: [TEXT] },
  'workload.questionCount': { to: '7', given: [TEXT] },
  'workload.firstStageTerms': { to: '5', given: [TEXT] },
  'workload.postingCost': { to: '1us', given: [TEXT] },
  'workload.chunks': { to: '50' },
  'workload.chunkTokens': { to: '256' },
  'workload.topK': { to: '2' },
  'workload.zipf': { to: '0.2' },
  'workload.chunksPerDocument': { to: '2', given: ['placement.keys=document'] },
  'workload.topicLocality': { to: '1' },
  'workload.questionTokens': { to: '64' },
  'workload.outputTokens': { to: '8' },
  'workload.file': { to: 'generated:azure-code', given: [TRACE] },
  'workload.format': { to: 'jsonl', given: [TRACE, 'workload.file=TRACE_FILE'] },
  'workload.rateScale': { to: '40', given: [TRACE] },
  'workload.window.from': { to: '5s', given: [TRACE] },
  'workload.window.to': { to: '5s', given: [TRACE] },
  'workload.requests': { to: '20', given: [TRACE] },
  'workload.blockTokens': { to: '256', given: [TRACE, 'workload.file=TRACE_FILE'] },
  'churn.up': { to: '300ms' },
  'churn.down': { to: '50ms', given: ['churn.up=300ms'] },
  faults: { to: '[{at: 200ms, crash: [1]}]' },
};

/** The parameters of the protocols, as serving has them. */
function protocolChanges(): Record<string, Change> {
  const changes = Object.entries(PROTOCOL_CHANGES).flatMap(([protocol, keys]) =>
    Object.entries(keys).flatMap(([key, { to, given }]): [string, Change][] => {
      if (PUBLICATION_KEYS.includes(key)) return [];
      const own = (each: string): string => `overlay.${protocol}.${each}`;
      const situations = given.map((each) => SERVING_SITUATIONS[each] ?? [own(each)]).flat();
      return [[own(key), { to, given: [`overlay.protocol=${protocol}`, LONG_WAY, ...situations] }]];
    }),
  );
  return Object.fromEntries(changes);
}

/** Keys that have a single valid value so far. */
const SINGLE: readonly string[] = [];

/** What a trial found, or that it failed; as text. */
function outcome(system: SystemName, settings: readonly string[]): string {
  const [trial] = planTrials(study(BASE, `systems=[${system}]`, ...settings));
  try {
    const { digest, metrics, flags } = executeTrial(simulation, { key: trial.key, config: trial.config }).outcome;
    return JSON.stringify({ digest, metrics, flags });
  } catch (error) {
    return `fails: ${(error as Error).message}`;
  }
}

/** A small trace with block hashes, as a file. */
function traceFile(): string {
  const file = join(temporaryFolder(), 'trace.jsonl');
  const line = (i: number): string => JSON.stringify({ timestamp: 100 * i, input_length: 1400, output_length: 4, hash_ids: [1, 2 + (i % 3), 5 + (i % 7)] });
  writeFileSync(file, `${Array.from({ length: 60 }, (_, i) => line(i)).join('\n')}\n`);
  return file;
}

/** Small text data sets, as files, by the names that `CHANGES` calls them. */
function textFiles(): Record<string, string> {
  const folder = temporaryFolder();
  const write = (name: string, lines: readonly string[]): string => {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
    return join(folder, name);
  };
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const nq = (word: string) => range(12).map((i) => JSON.stringify({ question: `${word}${i} of town${i % 5}`, answer: [`answer${i}`] }));
  const passage = (i: number, word: string): string => `${i}\t${Array.from({ length: 60 }, (_, j) => `${word}${(i * j) % 17}`).join(' ')}`;
  const marco = (): string => {
    const within = temporaryFolder();
    const put = (name: string, lines: readonly string[]): void => { writeFileSync(join(within, name), `${lines.join('\n')}\n`); };
    put('queries.tsv', range(10).map((i) => `${i}\tword${i} word${(3 * i) % 17}`));
    put('collection.tsv', range(30).map((i) => passage(i, 'word')));
    put('qrels.tsv', range(10).map((i) => `${i} 0 ${i} 1`));
    return within;
  };
  const mmlu = (): string => {
    const within = temporaryFolder();
    for (const part of ['dev', 'test']) {
      mkdirSync(join(within, part));
      writeFileSync(join(within, part, `law_${part}.csv`), range(8).map((i) => `What is ${'meant '.repeat(30)}by ${i}?,one,two,three,four,B`).join('\n'));
    }
    return within;
  };
  return {
    LONGBENCH_FILE: write('longbench.jsonl', range(6).map((i) => JSON.stringify({ input: 'what?', context: 'word '.repeat(200 + 40 * i), answers: ['x'] }))),
    NQ_FILE: write('nq.jsonl', nq('mayor')),
    NQ_FILE_2: write('nq-2.jsonl', nq('the long river by the hill')),
    QUERIES: write('queries.tsv', range(10).map((i) => `${i}\tword${i} word${(3 * i) % 17}`)),
    COLLECTION: write('collection.tsv', range(30).map((i) => passage(i, 'word'))),
    COLLECTION_2: write('collection-2.tsv', range(20).map((i) => passage(i + 1, 'word'))),
    MARCO_FOLDER: marco(),
    MMLU_FOLDER: mmlu(),
    QRELS: write('qrels.tsv', range(10).map((i) => `${i}\t0\t${i}\t1`)),
  };
}

/** A cost profile for the default GPU and model, with made-up grids. */
function costProfile(): string {
  const file = join(temporaryFolder(), 'profile.json');
  const rows = [1, 64, 8192].map((tokens) => [tokens, 10 + tokens]);
  const layers = (...names: string[]): Record<string, number[][]> => Object.fromEntries(names.map((name) => [name, rows]));
  writeFileSync(
    file,
    JSON.stringify({
      format: 'p2p-ragcache cost profile 1', name: 'made up', source: 'test', gpu: 'A100-80GB', model: 'Llama-2-7B', tensorParallel: 1, kind: 'profile', stepOverheadNs: 300_000,
      dense: layers('qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'), perSequence: layers('lm_head'),
      attention: [[0, 0, 1, 64, 10], [0, 0, 64, 4096, 90], [64, 0, 0, 0, 20], [4096, 0, 0, 0, 900], [64, 4096, 0, 0, 60], [4096, 4096, 0, 0, 1900]],
    }),
  );
  return file;
}

describe('every config key changes something', () => {
  const leaves = keyPaths(TRIAL_FIELDS).filter((path, _, all) => !all.some((other) => other.startsWith(`${path}.`)));

  it('has an entry for each key', () => {
    expect([...Object.keys(CHANGES), ...SINGLE].sort()).toEqual([...leaves].sort());
  });

  it.each(Object.entries(CHANGES))('%s', (path, { to, given = [], system = 'p2p' }) => {
    const file = given.some((each) => each.endsWith('TRACE_FILE')) ? traceFile() : '';
    const profile = [to, ...given].some((each) => each.endsWith('COST_PROFILE')) ? costProfile() : '';
    const rope = to === 'ROPE_PROFILE' ? writeRopeProfile(temporaryFolder()) : '';
    const device = to === 'DEVICE_PROFILE' ? writeStorageProfile(temporaryFolder()) : '';
    const table = to === 'QUALITY_TABLE' ? writeQualityTable(temporaryFolder()) : '';
    const texts = [to, ...given].some((each) => /FILE_2|_FILE$|_FOLDER$|COLLECTION|QUERIES|QRELS/.test(each)) ? textFiles() : {};
    const fill = (each: string): string => Object.entries(texts).reduce((text, [name, path]) => text.replace(new RegExp(`${name}$`), path), each.replace('TRACE_FILE', file).replace('COST_PROFILE', profile).replace('QUALITY_TABLE', table).replace('ROPE_PROFILE', rope).replace('DEVICE_PROFILE', device));
    const settings = given.map(fill);
    const before = outcome(system, settings);
    expect(before).not.toMatch(/^fails/);
    expect(outcome(system, [...settings, `${path}=${fill(to)}`])).not.toBe(before);
  });
});
