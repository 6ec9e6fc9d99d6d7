import { describe, expect, it } from 'vitest';
import { ATTRIBUTION_PARTS } from '../../../experiments/results/query-columns.ts';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { ROUTING_SYSTEMS } from '../../../experiments/system-names.ts';
import type { SystemName } from '../../../experiments/system-names.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { trialConfig } from './trial-config.ts';

const run = (system: SystemName, settings: Readonly<Record<string, string | number>> = {}): TrialResult => runTrial(trialConfig({ ...BASE, ...settings }), { index: 0, cell: {}, system, seed: '1' });

const BASE = {
  'cluster.nodes': 6,
  'measure.warmup': 60,
  'measure.requests': 300,
  'retrieval.stage': 'arrival',
  'retrieval.latency': '0s',
  workload: '{kind: prefix, rate: 30/s, prefixes: 40, prefixTokens: 800, outputTokens: 4}',
  'prefixRouting.period': '200ms',
};

const column = (result: TrialResult, name: string): number[] => Array.from(result.queries![name] as ArrayLike<number>);

describe('systems that route by prefix', () => {
  it.each(ROUTING_SYSTEMS)('%s: serves the same requests, each block found on its node, fetched or computed', (system) => {
    const result = run(system);
    expect(result.metrics['requestsCompleted']).toBe(300);
    expect(column(result, 'promptTokens')).toEqual(column(run('no-reuse'), 'promptTokens'));
    const [local, remote, missed, prompt] = ['unitsLocal', 'unitsRemote', 'unitsMissed', 'promptTokens'].map((name) => column(result, name));
    local.forEach((here, i) => {
      const blocks = here + remote[i];
      if (system !== 'hybrid-routing') expect(remote[i]).toBe(0);
      // The question is 110 tokens; what is left of the text after its last full block is computed with it.
      expect((blocks + missed[i]) * 16).toBeLessThanOrEqual(prompt[i] - 110);
      expect((blocks + missed[i]) * 16).toBeGreaterThan(prompt[i] - 110 - 16);
    });
  });

  it('by prefix, more is found than at random; a single node needs no routing', () => {
    const hits = (system: SystemName, settings = {}): number => run(system, settings).metrics['hitRate'];
    expect(hits('prefix-routing')).toBeGreaterThan(hits('random-routing') + 0.05);
    expect(hits('central-router')).toBeGreaterThan(hits('random-routing') + 0.05);
    expect(hits('prefix-routing', { 'cluster.nodes': 1 })).toBe(hits('random-routing', { 'cluster.nodes': 1 }));
  });

  it('what does not repeat cannot be found, however it is routed', () => {
    const unique = { workload: '{kind: prefix, rate: 30/s, prefixes: 40000, prefixTokens: 64, prefixVariation: 0, zipf: 0, outputTokens: 4}' };
    for (const system of ['prefix-routing', 'hybrid-routing', 'central-router', 'random-routing'] as const) expect(run(system, unique).metrics['hitRate']).toBeLessThan(0.02);
  });

  it('an estimate that is never refreshed sends nothing on, and costs no messages', () => {
    const { metrics } = run('prefix-routing', { 'prefixRouting.period': '1h' });
    expect(metrics['forwardedShare']).toBe(0);
    expect(metrics['hitRate']).toBeCloseTo(run('local-prefix').metrics['hitRate'], 12);
  });

  it('a liar costs detours and misses until it is distrusted, and no request', () => {
    const many = { 'measure.requests': 900, 'prefixRouting.liars': 0.34 };
    const trusting = run('prefix-routing', { ...many, 'prefixRouting.trust': 0 });
    const wary = run('prefix-routing', many);
    for (const { metrics } of [trusting, wary]) expect(metrics['requestsCompleted']).toBe(900);
    expect(trusting.metrics['falseHitRate']).toBeGreaterThan(0.05);
    expect(wary.metrics['falseHitRate']).toBeLessThan(0.5 * trusting.metrics['falseHitRate']);
    expect(wary.metrics['sentToLiarsShare']).toBeLessThan(0.5 * trusting.metrics['sentToLiarsShare']);
    // Lies come true: what is sent to a liar is computed there, and is then cached. So they cost little in hits either way.
    expect(Math.abs(wary.metrics['hitRate'] - trusting.metrics['hitRate'])).toBeLessThan(0.02);
  });

  it('filters promise what is not there, and so do cuts deny what is', () => {
    const small = { 'prefixRouting.bitsPerBlock': 2 };
    const tree = run('prefix-routing').metrics;
    expect(run('prefix-routing', { ...small, 'prefixRouting.estimate': 'bloom' }).metrics['falseHitRate']).toBeGreaterThan(tree['falseHitRate']);
    const cut = run('prefix-routing', { 'prefixRouting.estimate': 'truncated', 'prefixRouting.depth': 8 }).metrics;
    expect(cut['missedHitRate']).toBeGreaterThan(tree['missedHitRate']);
    expect(cut['metadataBytesPerSecond']).toBeLessThan(tree['metadataBytesPerSecond']);
  });
});

describe('hotspots', () => {
  it('one text that all ask about overloads the node its hash names, and bounded loads give that back', () => {
    const hot = { workload: '{kind: prefix, rate: 200/s, prefixes: 5, prefixTokens: 800, zipf: 4, outputTokens: 4}' };
    const none = run('hash-routing', hot).metrics;
    const bounded = run('hash-routing', { ...hot, 'prefixRouting.spill': 4 }).metrics;
    expect(bounded['ttftP99Ms']).toBeLessThan(0.5 * none['ttftP99Ms']);
    expect(bounded['hitRate']).toBeGreaterThan(0.9);
  });
});

describe('the hybrid', () => {
  const BUSY = { workload: '{kind: prefix, rate: 150/s, prefixes: 40, prefixTokens: 800, zipf: 1.5, outputTokens: 4}' };
  const FAST = { 'network.up': '400Gbps', 'network.down': '400Gbps' };
  const SLOW = { 'network.up': '1Gbps', 'network.down': '1Gbps' };

  it('fetches over fast links and not over slow ones', () => {
    const share = (network: object): number => run('hybrid-routing', { ...BUSY, ...network }).metrics['fetchedShare'];
    expect(share(FAST)).toBeGreaterThan(0.005);
    expect(share(SLOW)).toBeLessThan(0.001);
  });

  it('what was fetched is counted, and its TTFT still adds up', () => {
    const result = run('hybrid-routing', { ...BUSY, ...FAST });
    expect(result.metrics['hitRateRemote']).toBeGreaterThan(0);
    const ttft = column(result, 'ttftNs');
    const parts = ATTRIBUTION_PARTS.map((part) => column(result, `${part}Ns`));
    expect(ttft.map((_, i) => parts.reduce((sum, part) => sum + part[i], 0))).toEqual(ttft);
  });

  it('serves every request though holders die while they send', () => {
    const { metrics } = run('hybrid-routing', { ...BUSY, ...FAST, faults: '[{at: 1s, for: 500ms, crash: [0, 3]}, {at: 2s, for: 500ms, crash: [1, 2, 4]}]' });
    expect(metrics['requestsCompleted']).toBe(300);
  });
});

describe('failures', () => {
  const ROUTER_DOWN = { faults: '[{at: 4s, for: 4s, router: true}]' };

  it('a dead central router stops everything until it is back, or until requests go round it', () => {
    const waiting = run('central-router', ROUTER_DOWN);
    const around = run('central-router', { ...ROUTER_DOWN, 'prefixRouting.central.fallback': 'any-node' });
    for (const { metrics } of [waiting, around]) expect(metrics['requestsCompleted']).toBe(300);
    expect(waiting.metrics['ttftP99Ms']).toBeGreaterThan(3000);
    expect(around.metrics['ttftP99Ms']).toBeLessThan(2000);
    // Nobody else has a router.
    expect(run('prefix-routing', ROUTER_DOWN).digest).toBe(run('prefix-routing').digest);
  });

  it.each(['prefix-routing', 'central-router', 'hash-routing'] as const)('%s: a third of the nodes dies and comes back, every request is served', (system) => {
    const { metrics } = run(system, { faults: '[{at: 4s, for: 3s, crash: [0, 3]}]' });
    expect(metrics['requestsCompleted']).toBe(300);
    expect(metrics['hitRate']).toBeGreaterThan(0.5);
  });

  it('lost messages are made up for', () => {
    for (const system of ['prefix-routing', 'central-router'] as const) {
      expect(run(system, { 'network.loss': 0.3 }).metrics['hitRate']).toBeGreaterThan(run(system).metrics['hitRate'] - 0.1);
    }
  });
});
