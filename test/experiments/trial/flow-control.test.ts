/** Windows and deadlines of fetches, in trials. */
import { describe, expect, it } from 'vitest';
import { ATTRIBUTION_PARTS } from '../../../experiments/results/query-columns.ts';
import type { TrialResult } from '../../../experiments/results/trial-result.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { trialConfig } from './trial-config.ts';

const MIB = 1024 * 1024;
/** Five chunks a request, each of eight segments of 32 MiB, from five holders. */
const BASE = { 'measure.warmup': 0, 'measure.requests': 16, 'cluster.nodes': 6, 'workload.rate': '1/s', 'workload.chunks': 40, 'workload.outputTokens': 1 };

function run(settings: Readonly<Record<string, string | number>>): TrialResult {
  return runTrial(trialConfig({ ...BASE, ...settings }), { index: 0, cell: {}, system: 'p2p', seed: '1' });
}

function column({ queries }: TrialResult, name: string): number[] {
  return Array.from(queries![name] as Float64Array);
}

function partsAddUp(result: TrialResult): void {
  const sums = ATTRIBUTION_PARTS.map((part) => column(result, `${part}Ns`));
  column(result, 'ttftNs').forEach((ttftNs, i) => { expect(sums.reduce((sum, part) => sum + part[i], 0)).toBe(ttftNs); });
}

describe('the receive window', () => {
  const open = run({});

  it.each([32, 96, 320])('of %i MiB is never exceeded, and everything still comes', (mebibytes) => {
    const { metrics } = run({ 'fetch.window': `${mebibytes}MiB` });
    expect(metrics['bytesAwaitedMax']).toBeLessThanOrEqual(mebibytes * MIB);
    expect(metrics['bytesAwaitedMax']).toBeGreaterThan((mebibytes - 32) * MIB);
    expect(metrics['hitRate']).toBe(1);
    expect(metrics['requestsCompleted']).toBe(16);
  });

  it('is as wide as what a request wants where it is not limited: all of it at once', () => {
    expect(open.metrics['bytesAwaitedMax']).toBeGreaterThan(600 * MIB);
  });

  it('of one segment asks for one at a time: a round trip and a segment each, by hand', () => {
    const alone = { 'network.latency': '20ms', 'measure.requests': 4, 'workload.rate': '0.05/s', 'workload.topK': 1 };
    const narrow = run({ ...alone, 'fetch.window': '32MiB' });
    const wide = run(alone);
    // Of 8 segments those of other nodes, 6 or 7 on average, come one after another: a round trip of 40 ms each where one for all was enough.
    const extra = narrow.metrics['transferMs'] - wide.metrics['transferMs'];
    expect(extra).toBeGreaterThan(2 * 40);
    expect(extra).toBeLessThan(8 * (40 + 7) + 60);
  });

  it('for each peer leaves the others theirs', () => {
    const { metrics } = run({ 'fetch.peerWindow': '32MiB' });
    // At most five peers, each with one segment under way to a node that fetches for one request at a time, and several where requests overlap.
    expect(metrics['bytesAwaitedMax']).toBeLessThanOrEqual(5 * 32 * MIB);
    expect(metrics['bytesAwaitedMax']).toBeGreaterThan(32 * MIB);
    expect(metrics['hitRate']).toBe(1);
  });

  it('keeps the parts of each TTFT whole', () => {
    partsAddUp(run({ 'fetch.window': '64MiB', 'prefetch.threshold': '0s', 'workload.rate': '20/s' }));
  });
});

describe('a deadline of fetches', () => {
  const slow = { 'network.up': '4Gbps', 'placement.replicas': 1, 'fetch.sources': 1 };

  it('computes what has not come, and bounds the time of fetching', () => {
    const patient = run(slow);
    const bounded = run({ ...slow, 'fetch.deadline': '300ms' });
    // Requests wait past 300 ms for 1.3 GB from one source after another at 4 Gbps.
    expect(Math.max(...column(patient, 'transferNs'))).toBeGreaterThan(1e9);
    expect(Math.max(...column(bounded, 'transferNs').map((ns, i) => ns + column(bounded, 'lookupNs')[i]))).toBeLessThan(330e6);
    expect(bounded.metrics['unitsLate']).toBeGreaterThan(0);
    expect(bounded.metrics['unitsLate']).toBe(Math.round((1 - bounded.metrics['hitRate']) * 80));
    expect(bounded.metrics['ttftMeanMs']).toBeLessThan(patient.metrics['ttftMeanMs']);
    partsAddUp(bounded);
  });

  it('stores nothing again that merely came too late, and stops fetching it', () => {
    const bounded = run({ ...slow, 'fetch.deadline': '300ms' });
    // Whole segments that arrive, and what was on the way of those given up: less than all chunks, and none stored back.
    expect(bounded.metrics['bytesFetched']).toBeLessThan(run(slow).metrics['bytesFetched']);
  });

  it('counts from the head of the queue: what is fetched ahead has longer', () => {
    const waiting = { 'network.up': '10Gbps', 'fetch.deadline': '150ms', 'workload.rate': '3/s', 'workload.outputTokens': 256, 'serving.maxSequences': 1 };
    const ahead = run({ ...waiting, 'prefetch.threshold': '0s', 'prefetch.predictor': 'oracle' });
    expect(ahead.metrics['hitRate']).toBeGreaterThan(run(waiting).metrics['hitRate'] + 0.1);
    partsAddUp(ahead);
  });

  it('changes nothing that is in time', () => {
    expect(run({ 'fetch.deadline': '1h' }).metrics['ttftMeanMs']).toBe(run({}).metrics['ttftMeanMs']);
  });
});

describe('conservation of fetched bytes', () => {
  const DISASTERS = '[{at: 1s, crash: [1], for: 4s}, {at: 2s, partition: [[2, 3]], for: 3s}, {at: 3s, corrupt: {nodes: [0, 4], share: 0.5}}, {at: 4s, degrade: {nodes: [5], up: 0.02}, for: 4s}]';

  it.each([
    ['crash, partition, corruption and a slow holder in mid-transfer', { faults: DISASTERS, 'fetch.timeout': '300ms', 'fetch.hedge': '100ms' }],
    ['the same with windows, deadlines and shared copies', { faults: DISASTERS, 'fetch.timeout': '300ms', 'fetch.window': '96MiB', 'fetch.peerWindow': '64MiB', 'fetch.deadline': '2s', 'placement.hotAfter': 1, 'placement.copyLease': '5s', 'cluster.memory': '1GiB', 'cluster.ssd.capacity': '2GiB' }],
    ['leases that end in mid-transfer', { 'placement.lease': '2s', 'network.up': '4Gbps' }],
  ])('%s: every byte asked for ends once, and is counted once', (_, settings) => {
    // The trial itself throws where a byte asked of a holder has not ended exactly once, or a window was exceeded.
    const result = run({ ...settings, 'workload.rate': '4/s', 'measure.requests': 40 });
    expect(result.metrics['requestsCompleted'] + result.metrics['requestsFailed']).toBe(40);
    partsAddUp(result);
  });
});
