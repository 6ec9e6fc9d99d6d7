import { describe, expect, it } from 'vitest';
import { TimingAttack } from '../../../experiments/trial/tenants.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { KvBlockMemory } from '../../../sim/serving/kv-block-memory.ts';
import { PrefixCache } from '../../../sim/serving/prefix-cache.ts';
import type { Request } from '../../../sim/serving/request.ts';
import { trialConfig } from './trial-config.ts';

const request = (id: number, tenant: number, text: number): Request => ({ id, tenant, arrivalNs: 0, units: [{ id: text, tokens: 16 }], reuse: 'prefix', suffixTokens: 1, outputTokens: 1 });

describe('the area under the ROC curve', () => {
  it('is the share of pairs in the right order, ties half', () => {
    const attack = new TimingAttack(9);
    for (const text of [1, 2]) attack.arrived(request(100 + text, 0, text));
    // Asked: 10 and 30 ns a token; unasked: 20, 30 and 40. Pairs: 3 right, and of 30: one right, one tie, one wrong.
    for (const [id, text, ttftNs] of [[1, 1, 10], [2, 2, 30], [3, 3, 20], [4, 4, 30], [5, 5, 40]]) {
      attack.arrived(request(id, 9, text));
      attack.answered(request(id, 9, text), ttftNs * 17, 17);
    }
    expect(attack.auc()).toBeCloseTo(4.5 / 6, 12);
  });

  it('is no number where one kind is missing', () => {
    expect(new TimingAttack(1).auc()).toBeNaN();
  });
});

describe('a partitioned prefix cache', () => {
  it('keeps each part to its share, and takes from the largest where memory runs short', () => {
    const memory = new KvBlockMemory(12, 16);
    const cache = new PrefixCache(memory, { partitions: { count: 3, partOf: (id) => Math.floor(id / 100) } });
    const fill = (id: number): void => {
      memory.take(1);
      cache.publish({ id, tokens: 16 }, -1);
      cache.release([{ id, tokens: 16 }]);
    };
    for (let id = 0; id < 6; id++) fill(id);
    expect([0, 1, 2, 3, 4, 5].filter((id) => cache.has(id))).toEqual([2, 3, 4, 5]);
    fill(100);
    expect(cache.makeRoom(8)).toBe(true);
    expect(cache.has(100)).toBe(true);
    expect(cache.has(2)).toBe(false);
    expect(cache.has(3)).toBe(true);
  });
});

describe('isolation', () => {
  const run = (isolation: string) =>
    runTrial(
      trialConfig({
        'cluster.nodes': 4, 'measure.warmup': 50, 'measure.requests': 500, 'retrieval.stage': 'arrival', 'retrieval.latency': '0s', 'prefixRouting.isolation': isolation,
        workload: '{kind: prefix, rate: 10/s, prefixes: 200, prefixTokens: 700, tenants: 4, probes: 0.2, outputTokens: 4}',
      }),
      { index: 0, cell: {}, system: 'prefix-routing', seed: '1' },
    ).metrics;

  it('costs the hits across tenants, and leaves a prober guessing', () => {
    const shared = run('shared');
    const salted = run('salted');
    expect(shared['attackAuc']).toBeGreaterThan(0.8);
    // About 50 probes of each kind: two standard errors of a fair guess are 0.12.
    expect(Math.abs(salted['attackAuc'] - 0.5)).toBeLessThan(0.15);
    expect(Math.abs(run('partitioned')['attackAuc'] - 0.5)).toBeLessThan(0.15);
    expect(salted['hitRate']).toBeLessThan(shared['hitRate'] - 0.1);
  });
});
