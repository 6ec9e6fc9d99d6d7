/** Waiting, fetching, computing, both ends at once, layer by layer: quiet requests against closed forms, busy ones against laws. */
import { describe, expect, it } from 'vitest';
import { DECISIONS, OVERLAPS } from '../../../protocols/decision/decision-names.ts';
import { ATTRIBUTION_PARTS } from '../../../experiments/results/query-columns.ts';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { makeCostModel } from '../../../experiments/trial/cost-model.ts';
import { COPY_LATENCY_NS } from '../../../sim/hardware/copy-engine.ts';
import { gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { byteWorkNs } from '../../../sim/hardware/host-cpu.ts';
import type { PrefillPiece } from '../../../sim/hardware/step-shape.ts';
import { trialConfig } from './trial-config.ts';

type Settings = Readonly<Record<string, string | number>>;
const run = (settings: Settings, system = 'p2p'): TrialResult => runTrial(trialConfig(settings), { index: 0, cell: {}, system, seed: '1' });
const column = (result: TrialResult, name: string): number[] => Array.from(result.queries![name] as ArrayLike<number>);
const ttftMs = (settings: Settings, system?: string): number => run(settings, system).metrics['ttftMeanMs'];

/** One request at a time, from a store of everything over one connection; the prompt comes at no cost, so that TTFT is retrieval and what is studied. */
const TOKENS = 2048;
const QUESTION = 512;
const QUIET = {
  'cluster.nodes': 2, 'measure.warmup': 4, 'measure.requests': 8, 'workload.chunks': 300, 'workload.zipf': 0, 'workload.arrivals': 'constant', 'workload.rate': '0.2/s', 'cluster.central.connections': 1,
  'workload.topK': 1, 'workload.chunkTokens': TOKENS, 'workload.questionTokens': QUESTION, 'network.latency': '1us',
} as const;
const BITS_PER_SECOND = 40e9;
const BYTES_PER_TOKEN = 512 * 1024;
const costs = makeCostModel(trialConfig());
const stepMs = (...prefill: PrefillPiece[]): number => costs.stepNs({ prefill, decodeSequences: 0, decodeContextTokens: 0 }) / 1e6;
const question = { newTokens: QUESTION, contextTokens: TOKENS };
/** From the first byte asked for to the rotated keys: the link, then checking, copying and rotating what came last. */
const fetchMs = (tokens: number, lastTokens = tokens): number => {
  const lastBytes = lastTokens * BYTES_PER_TOKEN;
  const copyNs = COPY_LATENCY_NS + (lastBytes / gpuByName('A100-80GB').hostToDeviceBytesPerSecond) * 1e9;
  return (tokens * BYTES_PER_TOKEN * 8) / BITS_PER_SECOND * 1e3 + (byteWorkNs('checksum', lastBytes) + copyNs + costs.ropeAdjustNs(lastBytes)) / 1e6;
};
const RETRIEVAL_MS = 10;

describe('a quiet request', () => {
  const central = (settings: Settings): number => ttftMs({ ...QUIET, ...settings }, 'central-memory');

  it('fetched: link, landing, question', () => {
    expect(central({ 'pipeline.decision': 'always-fetch', 'pipeline.overlap': 'chunk' })).toBeCloseTo(RETRIEVAL_MS + fetchMs(TOKENS) + stepMs(question), 0);
  });

  it('computed: one step of the chunk and the question', () => {
    expect(central({ 'pipeline.decision': 'always-recompute' })).toBeCloseTo(RETRIEVAL_MS + stepMs({ newTokens: TOKENS, contextTokens: 0 }, question), 1);
  });

  it('from both ends: they meet where the tokens computed and those fetched make the chunk', () => {
    let low = 0;
    let high = TOKENS;
    for (let i = 0; i < 40; i++) {
      const middle = (low + high) / 2;
      if (stepMs({ newTokens: Math.max(1, Math.round(middle)), contextTokens: 0 }) < fetchMs(TOKENS - middle)) low = middle;
      else high = middle;
    }
    const expected = RETRIEVAL_MS + fetchMs(TOKENS - low) + stepMs(question);
    const measured = central({ 'pipeline.decision': 'always-both-ends' });
    // Both stop at a group of 32 tokens, 3.4 ms of transfer.
    expect(measured).toBeGreaterThan(expected - 0.5);
    expect(measured).toBeLessThan(expected + 3.4);
  });

  it.each([['40Gbps', 'none'], ['10Gbps', 'none'], ['200Gbps', 'none'], ['40Gbps', 'aggressive']])('at %s, compression %s: what is chosen takes what the best of the prescribed ways takes', (rate, compression) => {
    for (const system of ['central-memory', 'p2p']) {
      const of = (decision: string): number => ttftMs({ ...QUIET, 'workload.topK': 3, 'workload.chunkTokens': 1024, 'placement.replicas': 1, 'network.up': rate, 'network.down': rate, compression, 'pipeline.decision': decision }, system);
      const [fetch, recompute, bothEnds] = ['always-fetch', 'always-recompute', 'always-both-ends'].map(of);
      // A chunk that lies on the node itself may be fetched while others are computed: better than all of one kind.
      expect(of('cheapest')).toBeLessThan(Math.min(fetch, recompute) + 1);
      expect(Math.abs(of('cheapest-both-ends') - Math.min(fetch, recompute, bothEnds))).toBeLessThan(1);
    }
  });

  it('what is expected of it comes true, to half a millisecond', () => {
    for (const decision of ['always-fetch', 'always-both-ends', 'cheapest-both-ends']) {
      const { metrics } = run({ ...QUIET, 'pipeline.decision': decision, 'pipeline.overlap': 'chunk' }, 'central-memory');
      expect(metrics['decisionErrorMs']).toBeLessThan(0.5);
    }
  });
});

describe('layer by layer', () => {
  // One segment a layer: 32 layers in one flow.
  const LAYERS = 32;
  const LAYERED = { ...QUIET, 'placement.segments': LAYERS, 'fetch.sources': 1, 'placement.replicas': 2, 'placement.keys': 'chunk', 'cluster.nodes': 4, 'cluster.memory': '2TB' };
  const layerMs = fetchMs(TOKENS / LAYERS);
  const transferMs = (TOKENS / LAYERS) * BYTES_PER_TOKEN * 8 / BITS_PER_SECOND * 1e3;

  /** TTFT of requests for chunks that lie elsewhere. */
  const remote = (settings: Settings): number => {
    const result = run({ ...LAYERED, ...settings });
    const fetched = column(result, 'bytesFetched');
    const all = column(result, 'ttftNs').filter((_, i) => fetched[i] === TOKENS * BYTES_PER_TOKEN);
    expect(all.length).toBeGreaterThan(1);
    return all.reduce((sum, ns) => sum + ns, 0) / all.length / 1e6;
  };

  it('the TTFT is the fill and the slowest stage of the pipeline: transfer, copy, rotation, computation', () => {
    const computeMs = stepMs(question) / LAYERS;
    const expected = RETRIEVAL_MS + layerMs + computeMs + (LAYERS - 1) * Math.max(transferMs, computeMs);
    const measured = remote({ 'pipeline.overlap': 'layer' });
    // Beyond it: the lookup, a handshake and the round trips.
    expect(measured).toBeGreaterThan(expected - 0.01);
    expect(measured).toBeLessThan(expected + 0.5);
    expect(remote({}) - measured).toBeGreaterThan(0.9 * stepMs(question) * (1 - 1 / LAYERS));
  });

  it('where the question takes longer than the link, the link hides behind it', () => {
    const settings = { 'workload.questionTokens': 4096, 'network.up': '400Gbps', 'network.down': '400Gbps', 'serving.contextLimit': 'lifted' };
    const computeMs = stepMs({ newTokens: 4096, contextTokens: TOKENS });
    const measured = remote({ ...settings, 'pipeline.overlap': 'layer' });
    expect(measured).toBeGreaterThan(RETRIEVAL_MS + computeMs);
    // The first layer, and half a millisecond of lookup, handshake and round trips.
    expect(measured).toBeLessThan(RETRIEVAL_MS + computeMs + fetchMs(TOKENS / LAYERS) + 0.5);
  });

  it('by token, nothing can begin before everything is here', () => {
    const cut = { 'placement.cut': 'sequence' };
    expect(Math.abs(remote({ ...cut, 'pipeline.overlap': 'layer' }) - remote(cut))).toBeLessThan(0.01);
  });
});

describe('under load', () => {
  const BUSY = { 'cluster.nodes': 4, 'measure.warmup': 10, 'measure.requests': 60, 'workload.chunks': 60, 'workload.rate': '30/s', 'workload.topK': 3, 'placement.replicas': 2 } as const;
  const holds = (result: TrialResult, requests: number): void => {
    const ttft = column(result, 'ttftNs');
    const parts = ATTRIBUTION_PARTS.map((part) => column(result, `${part}Ns`));
    expect(ttft.map((_, i) => parts.reduce((sum, part) => sum + part[i], 0))).toEqual(ttft);
    expect(parts.every((values) => values.every((value) => value >= 0))).toBe(true);
    expect(ttft.length).toBe(requests);
  };
  const combinations = DECISIONS.flatMap((decision) => OVERLAPS.map((overlap) => ({ 'pipeline.decision': decision, 'pipeline.overlap': overlap })));

  it.each(combinations)('%o: every request is answered, and the parts of its TTFT add up to it', (settings) => {
    holds(run({ ...BUSY, ...settings }), 60);
    holds(run({ ...BUSY, ...settings, start: 'cold', 'stitching.policy': 'adjust-first-16' }), 60);
    holds(run({ ...BUSY, ...settings, start: 'cold' }, 'local'), 60);
    holds(run({ ...BUSY, ...settings, workload: '{kind: prefix, prefixes: 10, prefixTokens: 1200, rate: 60/s, outputTokens: 4, blockTokens: 128}' }), 60);
  });

  it.each(combinations.filter((each) => each['pipeline.decision'] !== 'always-recompute'))('%o: the same where nodes crash, memory is short and KV is fetched ahead', (settings) => {
    const result = run({
      ...BUSY, ...settings, 'cluster.model': 'Llama-2-13B', 'workload.outputTokens': 200, 'workload.rate': '12/s', 'workload.topK': 5, 'prefetch.threshold': '0ms', 'fetch.timeout': '100ms',
      faults: '[{at: 2s, crash: [1], for: 2s}, {at: 3s, corrupt: {nodes: [0, 2], share: 0.3}}]',
    });
    holds(result, 60);
  });

  it('waits for what the node brings already, instead of bringing it again', () => {
    const HOT = { ...BUSY, 'workload.chunks': 4, 'workload.topK': 2, 'workload.rate': '60/s', 'placement.replicas': 1 };
    const always = run({ ...HOT, 'pipeline.overlap': 'chunk' });
    const cheapest = run({ ...HOT, 'pipeline.decision': 'cheapest', 'pipeline.overlap': 'chunk' });
    expect(cheapest.metrics['chosenWait']).toBeGreaterThan(0.02);
    expect(cheapest.metrics['bytesFetched']).toBeLessThan(always.metrics['bytesFetched']);
    expect(cheapest.metrics['ttftMeanMs']).toBeLessThan(always.metrics['ttftMeanMs']);
  });

  it('computes what it would have to fetch over a crowded link, and goes back when the crowd is gone', () => {
    const { metrics } = run({ ...BUSY, 'network.up': '5Gbps', 'network.down': '5Gbps', 'pipeline.decision': 'cheapest' });
    expect(metrics['chosenRecompute']).toBeGreaterThan(0.5);
    expect(run({ ...BUSY, 'network.up': '400Gbps', 'network.down': '400Gbps', 'pipeline.decision': 'cheapest' }).metrics['chosenFetch']).toBeGreaterThan(0.5);
  });
});
