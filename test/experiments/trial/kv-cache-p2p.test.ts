/** KV Cache P2P as a whole: its demo against arithmetic done here, lookup cost against closed forms, options and failures. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { PrefixRequests } from '../../../experiments/trial/prefix-requests.ts';
import type { Request } from '../../../sim/serving/request.ts';
import { trialConfig } from './trial-config.ts';

type Settings = Readonly<Record<string, string | number>>;

function run(settings: Settings, system = 'kv-cache-p2p', seed = '1'): TrialResult {
  return runTrial(trialConfig(settings), { index: 0, cell: {}, system, seed });
}

const DEMO: Settings = {
  start: 'cold', 'measure.warmup': 1, 'measure.requests': 1, 'cluster.nodes': 2, 'cluster.gpu': 'H100', 'cluster.model': 'Llama-3.1-8B',
  network: '{ up: 10Gbps, down: 10Gbps, latency: 250us, connectionCap: 8947.848Mbps }', 'retrieval.latency': '0s',
  workload: '{ chunks: 1, topK: 1, chunkTokens: 512, questionTokens: 1, outputTokens: 1, rate: 1/s, arrivals: constant }',
  kvCacheP2p: '{ producers: 1, deviceToHost: 5.592GB/s, encode: 16.777GB/s, decode: 16.777GB/s, hostToDevice: 5.592GB/s }',
};
const PROTOTYPE = 'configs/profiles/kv-cache-p2p.json';

describe('the demo of the prototype', () => {
  // Its table, for 8 MiB: the middle of each range. Its layers have 2 MiB: 2 (K and V) × 8 heads × 512 tokens × 128 × 2 bytes.
  const scale = (2 * 8 * 512 * 128 * 2) / (8 * 1024 * 1024);
  const ranges = { layerDeviceToHostMs: [1, 2], layerEncodeMs: [0, 1], layerWireMs: [5, 10], layerDecodeMs: [0, 1], layerHostToDeviceMs: [1, 2] } as const;
  const stagesMs = Object.values(ranges).reduce((sum, [low, high]) => sum + (scale * (low + high)) / 2, 0);
  // A lookup and its answer, a get and its answer: four times the one-way latency.
  const layerMs = stagesMs + 4 * 0.25;
  const { metrics } = run(DEMO);

  it('finds 32 of 32 layers and moves 64 MiB', () => {
    expect(metrics['layersAsked']).toBe(32);
    expect(metrics['layersFound']).toBe(32);
    expect(metrics['kvFetchMs'] * metrics['kvFetchMiBps']).toBeCloseTo(64 * 1000, 6);
    expect(metrics['hitRate']).toBe(1);
  });

  it('takes what its stages and messages take one after another, which is within 10 % of the demo', () => {
    expect(layerMs * 32).toBeCloseTo(124, 9);
    // Headers and message bodies on 10 Gbps, and hashing, come on top: microseconds a layer.
    expect(metrics['kvFetchMs']).toBeGreaterThan(layerMs * 32);
    expect(metrics['kvFetchMs']).toBeLessThan(layerMs * 32 * 1.005);
    expect(Math.abs(metrics['kvFetchMs'] / 124 - 1)).toBeLessThan(0.1);
    expect(Math.abs(metrics['kvFetchMiBps'] / 515.91 - 1)).toBeLessThan(0.1);
  });

  it.each(Object.entries(ranges))('%s lies inside its range, scaled from 8 to 2 MiB', (metric, [low, high]) => {
    expect(metrics[metric]).toBeGreaterThanOrEqual(scale * low);
    expect(metrics[metric]).toBeLessThanOrEqual(scale * high);
  });

  it('beats the recompute time it states, 2.1 times over, and loses to the one our cost model gives', () => {
    const stated = run({ ...DEMO, 'serving.costModel': PROTOTYPE }, 'no-reuse').metrics['prefillMs'];
    expect(stated).toBeCloseTo(260 * (513 / 512), 3);
    expect(stated / metrics['kvFetchMs']).toBeGreaterThan(2.05);
    expect(stated / metrics['kvFetchMs']).toBeLessThan(2.15);
    const modelled = run(DEMO, 'no-reuse').metrics['prefillMs'];
    expect(modelled).toBeGreaterThan(12);
    expect(modelled).toBeLessThan(35);
    expect(JSON.parse(readFileSync(PROTOTYPE, 'utf8'))).toMatchObject({ prefill: [0, 260 / 512, 0] });
  });

  it('with layers in flight, ends as soon as its slowest stage allows', () => {
    const pipelined = run({ ...DEMO, 'kvCacheP2p.layersInFlight': 8 }).metrics['kvFetchMs'];
    // 64 MiB over the receiver's 10 Gbps, and one layer's way through the other stages.
    const boundMs = (64 * 1024 * 1024 * 8) / 10e6;
    expect(pipelined).toBeGreaterThan(boundMs);
    expect(pipelined).toBeLessThan(boundMs + layerMs);
  });

  it('int8 halves the wire, and a cipher costs its rate at both ends', () => {
    const shared = { ...DEMO, 'network.connectionCap': 'none' };
    const plain = run(shared).metrics;
    const int8 = run({ ...shared, 'kvCacheP2p.transfer': 'int8' }).metrics;
    // 8 bits and a header of 4 bytes for 32 elements: 9 bits of 16. Both carry the same 0.5 ms of get and answer.
    expect((int8['layerWireMs'] - 0.5) / (plain['layerWireMs'] - 0.5)).toBeCloseTo(9 / 16, 3);
    const secret = run({ ...shared, 'kvCacheP2p.encryption': 'aes-gcm' }).metrics;
    const layerBytes = 2 * 1024 * 1024;
    expect(secret['layerEncodeMs'] - plain['layerEncodeMs']).toBeCloseTo((layerBytes / 5e9) * 1e3, 5);
    expect(secret['layerDecodeMs'] - plain['layerDecodeMs']).toBeCloseTo((layerBytes / 5e9) * 1e3, 5);
  });
});

const SCALE: Settings = {
  'measure.warmup': 2, 'measure.requests': 8, 'cluster.gpu': 'H100', 'cluster.model': 'Llama-3.1-8B', 'retrieval.latency': '0s', 'network.latency': '250us', 'routing.policy': 'random',
  workload: '{ chunks: 24, topK: 1, zipf: 0, rate: 4/s, outputTokens: 1 }',
};
const atNodes = (nodes: number, system: string, more: Settings = {}): Record<string, number> => ({ ...run({ ...SCALE, 'cluster.nodes': nodes, ...more }, system).metrics });

describe('lookup', () => {
  it('by broadcast takes 2(N − 1) messages and one round trip', () => {
    for (const nodes of [4, 16, 64]) {
      const { messagesPerLayerLookup, layerLookupMs } = atNodes(nodes, 'kv-cache-p2p');
      expect(messagesPerLayerLookup).toBe(2 * (nodes - 1));
      expect(layerLookupMs).toBeCloseTo(0.5, 2);
    }
  });

  it('over Chord takes half a round trip more for each doubling, in messages one more', () => {
    const [few, many] = [8, 128].map((nodes) => atNodes(nodes, 'kv-cache-p2p-dht'));
    // ½ log₂ N round trips in the ring (Stoica et al.) and one to the owner: 16 times the nodes are two round trips, four messages. A quarter either way for a few hundred keys.
    const rise = many['messagesPerLayerLookup'] - few['messagesPerLayerLookup'];
    expect(rise).toBeGreaterThan(3);
    expect(rise).toBeLessThan(5.5);
    expect(many['layerLookupMs'] - few['layerLookupMs']).toBeCloseTo(rise * 0.25, 0);
    expect(many['messagesPerLayerLookup']).toBeLessThan(2 * 127);
  });

  it('finds the same layers both ways', () => {
    const found = ['kv-cache-p2p', 'kv-cache-p2p-dht'].map((system) => atNodes(16, system)['layersFound']);
    expect(found[0]).toBe(found[1]);
    expect(found[0]).toBe(8 * 32);
  });
});

describe('discovery', () => {
  it('announcements cost N(N − 1) messages an interval, and everybody is known', () => {
    const quiet = atNodes(10, 'kv-cache-p2p', { 'kvCacheP2p.announceInterval': '1h' });
    const chatty = atNodes(10, 'kv-cache-p2p', { 'kvCacheP2p.announceInterval': '100ms' });
    expect(chatty['peersKnown']).toBe(9);
    expect(quiet['peersKnown']).toBe(9);
    // Same window: the seed is the same and announcements delay nothing. Count periods from the difference, a period of phases either way.
    const rounds = (chatty['messages'] - quiet['messages']) / (10 * 9);
    const window = 8 / chatty['throughputRps'] / 0.1;
    expect(Math.abs(rounds - window)).toBeLessThan(2);
  });

  it('multicast stays in the zone, static peers reach across', () => {
    const zoned = { 'network.zones': 5 };
    expect(atNodes(10, 'kv-cache-p2p', zoned)['peersKnown']).toBe(1);
    // Each is given the next three, and is itself given to the three before it: six, of which the fifth after is its neighbour in the zone as well.
    expect(atNodes(10, 'kv-cache-p2p', { ...zoned, 'kvCacheP2p.staticPeers': 3 })['peersKnown']).toBe(7);
  });

  it('a cold start learns its peers from messages', () => {
    expect(atNodes(6, 'kv-cache-p2p', { start: 'cold', 'kvCacheP2p.encryption': 'chacha20-poly1305', 'kvCacheP2p.staticPeers': 1 })['peersKnown']).toBe(5);
  });

  it('without hole punching, hidden nodes in zones of their own fetch through the relay, slowly', () => {
    const hidden = { 'network.zones': 10, 'kvCacheP2p.staticPeers': 9, 'kvCacheP2p.nat.share': 0.7, 'kvCacheP2p.nat.holePunch': 0 };
    const relayed = atNodes(10, 'kv-cache-p2p', hidden);
    const punched = atNodes(10, 'kv-cache-p2p', { ...hidden, 'kvCacheP2p.nat.holePunch': 1 });
    expect(relayed['layersRelayed']).toBeGreaterThan(0);
    expect(punched['layersRelayed']).toBe(0);
    expect(relayed['kvFetchMs']).toBeGreaterThan(punched['kvFetchMs']);
  });
});

describe('faults and limits', () => {
  it.each(['kv-cache-p2p', 'kv-cache-p2p-dht'])('%s: every request ends although producers crash, and parts add up to each TTFT', (system) => {
    const result = run({ ...SCALE, 'cluster.nodes': 8, 'measure.requests': 40, 'kvCacheP2p.lookupTimeout': '20ms', faults: '[{ at: 1s, crash: [0, 1, 2], for: 3s }]' }, system);
    expect(result.metrics['requestsCompleted']).toBe(40);
    const column = (name: string): number[] => Array.from(result.queries![name] as Float64Array);
    const parts = ['routing', 'retrieval', 'queueing', 'lookup', 'transfer', 'copy', 'adjust', 'prefill'].map((part) => column(`${part}Ns`));
    column('ttftNs').forEach((ttftNs, i) => { expect(parts.reduce((sum, part) => sum + part[i], 0)).toBe(ttftNs); });
  });

  it('a loss of messages costs time and hits, nothing else', () => {
    const result = run({ ...SCALE, 'cluster.nodes': 6, 'network.loss': 0.2, 'kvCacheP2p.getTimeout': '100ms', 'kvCacheP2p.lookupTimeout': '20ms' });
    expect(result.metrics['requestsCompleted']).toBe(8);
  });

  it('a node keeps no more than its limit: units beyond it are found nowhere', () => {
    // Units of 64 MiB; four nodes with room for three each hold 12 of the 24.
    const warm = atNodes(4, 'kv-cache-p2p', { 'kvCacheP2p.cache': '210MB', 'measure.requests': 60 });
    expect(warm['hitRate']).toBeLessThan(0.75);
    expect(atNodes(4, 'kv-cache-p2p', { 'kvCacheP2p.cache': '1GB', 'measure.requests': 60 })['hitRate']).toBe(1);
  });

  it('pushed layers are found at peers that never computed them', () => {
    const cold = { start: 'cold', 'workload.chunks': 2, 'measure.requests': 12 };
    const pushed = atNodes(4, 'kv-cache-p2p', { ...cold, 'kvCacheP2p.storePeers': 3 });
    expect(pushed['layersPushed']).toBe(2 * 32 * 3);
    expect(pushed['hitRateLocal']).toBe(1);
    expect(atNodes(4, 'kv-cache-p2p', cold)['hitRateLocal']).toBeLessThan(1);
  });

  it('unequal GPUs compute at their own speed', () => {
    const mixed = (mix: string): number => run({ ...SCALE, 'cluster.nodes': 2, 'cluster.gpuMix': mix, 'routing.policy': 'round-robin' }, 'no-reuse').metrics['prefillMs'];
    expect(mixed('[H100, A10]')).toBeCloseTo((mixed('[H100]') + mixed('[A10]')) / 2, 6);
  });
});

describe('prefixes', () => {
  const request = (...ids: number[]): Request => ({ id: 0, arrivalNs: 0, units: ids.map((id) => ({ id, tokens: 512 })), reuse: 'chunk', suffixTokens: 1, outputTokens: 1, earlyUnits: ids });
  it('are the same where the chunks and all before them are, and only there', () => {
    const prefixes = new PrefixRequests(10);
    const ids = [request(3, 5), request(3, 5, 7), request(5, 3), request(3, 7)].map((each) => prefixes.seen(each).units.map(({ id }) => id));
    expect(ids[0]).toEqual(ids[1].slice(0, 2));
    expect(ids.map(([first]) => first)).toEqual([3, 3, 5, 3]);
    const later = [ids[1][1], ids[1][2], ids[2][1], ids[3][1]];
    expect(new Set(later).size).toBe(4);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(10);
  });
});
