import { describe, expect, it } from 'vitest';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { trialConfig } from './trial-config.ts';

const SMALL = { 'cluster.nodes': 8, 'measure.warmup': 10, 'measure.requests': 150, 'workload.chunks': 500, 'workload.rate': '5/s', 'fetch.timeout': '500ms' };

const run = (faults: string, settings: Readonly<Record<string, string | number>> = {}, system = 'p2p'): TrialResult =>
  runTrial(trialConfig({ ...SMALL, ...settings, ...(faults === '' ? {} : { faults: `[${faults}]` }) }), { index: 0, cell: {}, system, seed: '1' });

const column = (result: TrialResult, name: string): number[] => Array.from(result.queries![name] as ArrayLike<number>);

/** Mean TTFT in ms of the queries that arrived in [fromS, toS). */
function meanTtft(result: TrialResult, fromS: number, toS: number): number {
  const ttfts = column(result, 'ttftNs').filter((_, i) => column(result, 'arrivalNs')[i] >= fromS * 1e9 && column(result, 'arrivalNs')[i] < toS * 1e9);
  expect(ttfts.length).toBeGreaterThan(5);
  return ttfts.reduce((sum, ttft) => sum + ttft, 0) / ttfts.length / 1e6;
}

describe('faults', () => {
  const calm = run('');

  it.each([
    ['a crash for a time', '{at: 8s, for: 8s, crash: [1, 2]}'],
    ['a leave', '{at: 8s, for: 8s, leave: [1, 2]}'],
    ['a partition', '{at: 8s, for: 8s, partition: [[0, 1]]}'],
    ['a partition that names every node', '{at: 8s, for: 8s, partition: [[0, 1, 2, 3, 4], [5, 6, 7]]}'],
    ['slow links', '{at: 8s, for: 8s, degrade: {nodes: [1, 2], up: 0.05}}'],
    ['slow GPUs', '{at: 8s, for: 8s, slow: {nodes: [1, 2], factor: 5}}'],
    ['message loss', '{at: 8s, for: 8s, loss: 0.2}'],
    ['corrupt segments', '{at: 8s, corrupt: {nodes: [0, 1, 2, 3, 4, 5, 6, 7], share: 0.2}}'],
  ])('%s: every request ends, and the parts of its TTFT still add up', (_, fault) => {
    const result = run(fault);
    expect(result.metrics['requestsCompleted']).toBe(150);
    expect(result.digest).not.toBe(calm.digest);
    expect(Object.keys(result.series!)).toEqual(['ttftMeanMs', 'hitRate']);
  });

  it('time lines are the means of the queries that arrived in each second', () => {
    const result = run('{at: 8s, for: 8s, crash: [1, 2]}');
    const [arrivals, ttfts, missed] = ['arrivalNs', 'ttftNs', 'unitsMissed'].map((name) => column(result, name));
    const firstNs = Math.min(...arrivals);
    const bySecond = new Map<number, number[]>();
    arrivals.forEach((at, row) => {
      const second = Math.floor((at - firstNs) / 1e9);
      bySecond.set(second, [...(bySecond.get(second) ?? []), row]);
    });
    const seconds = [...bySecond].sort(([a], [b]) => a - b);
    const { ttftMeanMs, hitRate } = result.series!;
    expect(ttftMeanMs.timeS).toHaveLength(seconds.length);
    seconds.forEach(([second, rows], i) => {
      expect(ttftMeanMs.timeS[i]).toBeCloseTo(firstNs / 1e9 + second, 9);
      expect(ttftMeanMs.value[i]).toBeCloseTo(rows.reduce((sum, row) => sum + ttfts[row], 0) / rows.length / 1e6, 6);
      // Five chunks a query.
      expect(hitRate.value[i]).toBeCloseTo(1 - rows.reduce((sum, row) => sum + missed[row], 0) / (5 * rows.length), 9);
    });
  });

  it.each([
    ['the uplink', 'up: 0.05'],
    ['the downlink', 'down: 0.05'],
    ['the latency', 'latency: 50ms'],
  ])('degraded links: %s alone slows fetching while it lasts, and not after', (_, what) => {
    const slow = run(`{at: 8s, for: 8s, degrade: {nodes: [0, 1, 2, 3, 4, 5, 6, 7], ${what}}}`);
    expect(meanTtft(slow, 0, 7)).toBe(meanTtft(calm, 0, 7));
    expect(meanTtft(slow, 9, 15) / meanTtft(calm, 9, 15)).toBeGreaterThan(1.3);
    expect(meanTtft(slow, 22, 30) / meanTtft(calm, 22, 30)).toBeLessThan(1.2);
  });

  it('a node that leaves the overlay goes on serving: a system without one does not notice', () => {
    const left = run('{at: 8s, for: 8s, leave: [1, 2]}', {}, 'central-memory');
    expect(column(left, 'ttftNs')).toEqual(column(run('', {}, 'central-memory'), 'ttftNs'));
  });

  it('slow GPUs hold up their own requests for as long as they are slow', () => {
    const slow = run('{at: 8s, for: 8s, slow: {nodes: [0, 1, 2, 3, 4, 5, 6, 7], factor: 5}}', {}, 'no-reuse');
    const idle = run('', {}, 'no-reuse');
    expect(meanTtft(slow, 0, 8)).toBe(meanTtft(idle, 0, 8));
    expect(meanTtft(slow, 9, 15) / meanTtft(idle, 9, 15)).toBeGreaterThan(4);
    expect(meanTtft(slow, 20, 30) / meanTtft(idle, 20, 30)).toBeLessThan(1.2);
  });

  it('corrupt segments are found by whoever reads them, thrown away, and had from another replica', () => {
    const all = '[0, 1, 2, 3, 4, 5, 6, 7]';
    const some = run(`{at: 5s, corrupt: {nodes: ${all}, share: 0.1}}`);
    expect(some.metrics['segmentsCorrupt']).toBeGreaterThan(20);
    expect(calm.metrics['segmentsCorrupt']).toBe(0);
    // Three replicas: hardly a segment is bad on all of them.
    expect(some.metrics['hitRate']).toBeGreaterThan(calm.metrics['hitRate'] - 0.03);
    // All bad: what was stored before the fault is recomputed; what is stored after it is good.
    const every = run(`{at: 5s, corrupt: {nodes: ${all}, share: 1}}`);
    expect(every.metrics['hitRate']).toBeLessThan(calm.metrics['hitRate'] - 0.2);
  });

  it('drives that fail in mid-transfer cost time where there are replicas, and answers nowhere', () => {
    const onDrives = { 'cluster.memory': '0B' };
    const whole = run('', onDrives);
    const broken = run('{at: 8s, disk: [1, 2]}', onDrives);
    expect(whole.metrics['hitRate']).toBe(1);
    // Two of three replicas at most are gone.
    expect(broken.metrics['hitRate']).toBe(1);
    expect(broken.metrics['requestsCompleted']).toBe(150);
    expect(broken.digest).not.toBe(whole.digest);
    // With one replica what lay there is computed again; a drive that takes nothing loses it every time, an empty one keeps it.
    const single = { ...onDrives, 'placement.replicas': 1 };
    const lost = run('{at: 8s, disk: [1, 2]}', single).metrics['hitRate'];
    const replaced = run('{at: 8s, for: 2s, disk: [1, 2]}', single).metrics['hitRate'];
    expect(lost).toBeLessThan(replaced);
    expect(replaced).toBeLessThan(1);
  });

  it('a hedge cuts the wait for a slow holder, and costs nothing where nobody is slow', () => {
    const fault = '{at: 4s, for: 60s, degrade: {nodes: [1, 2], up: 0.02}}';
    const patient = run(fault);
    const hedged = run(fault, { 'fetch.hedge': '200ms' });
    expect(hedged.metrics['segmentsHedged']).toBeGreaterThan(20);
    expect(hedged.metrics['ttftMeanMs']).toBeLessThan(0.8 * patient.metrics['ttftMeanMs']);
    expect(run('', { 'fetch.hedge': '60s' }).metrics['ttftMeanMs']).toBe(calm.metrics['ttftMeanMs']);
  });

  it.each(['p2p', 'central-memory', 'no-reuse'])('%s through nodes that come and go by themselves: every request ends, and later the shorter they stay', (system) => {
    const at = (up: string): TrialResult => run('', { 'churn.up': up, 'churn.down': '3s' }, system);
    const still = run('', {}, system);
    const rare = at('1000000s');
    const often = at('10s');
    for (const result of [rare, often]) expect(result.metrics['requestsCompleted'] + result.metrics['requestsFailed']).toBe(150);
    // No node of eight goes down within the minute.
    expect(rare.metrics['ttftMeanMs']).toBe(still.metrics['ttftMeanMs']);
    expect(often.metrics['ttftMeanMs']).toBeGreaterThan(1.1 * still.metrics['ttftMeanMs']);
  });

  it('by themselves and by schedule at once are refused, with the duration as it was given', () => {
    expect(() => run('{at: 1s, crash: [1]}', { 'churn.up': '5s' })).toThrow(/churn\.up: "5s": nodes crash by themselves and by faults/);
  });

  it.each([
    ['{at: 1s}', 'no kind'],
    ['{at: 1s, crash: [1], leave: [2]}', 'crash and leave'],
    ['{at: 1s, slow: {nodes: [9]}}', 'names a node that does not exist'],
    ['{at: 1s, partition: [[1], [1]]}', 'two sides'],
    ['{at: 1s, for: 2s, corrupt: {nodes: [1]}}', 'what is bad stays bad'],
  ])('refuses %s', (fault, words) => {
    expect(() => run(fault)).toThrow(words);
  });
});
