/** Promotion and ways of writing, in trials. */
import { describe, expect, it } from 'vitest';
import { runTrial } from '../../../experiments/trial.ts';
import { gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { trialConfig } from './trial-config.ts';

const CHUNK_BYTES = 512 * 512 * 1024;
/** One request at a time on one node: chunks whole, memory for one of the two there are. */
const QUIET = {
  'measure.warmup': 0, 'measure.requests': 40, 'cluster.nodes': 1, 'workload.rate': '0.2/s', 'workload.arrivals': 'constant', 'workload.chunks': 2, 'workload.topK': 1, 'workload.outputTokens': 1, 'workload.zipf': 0,
  'placement.replicas': 1, 'placement.keys': 'chunk', 'cluster.memory': '256MiB', 'cluster.ssd.capacity': '1GiB', 'cluster.ssd.read': '1GB/s', 'stitching.policy': 'none',
};

function run(settings: Readonly<Record<string, string | number>>): { metrics: Readonly<Record<string, number>>; transferMs: readonly number[] } {
  const { metrics, queries } = runTrial(trialConfig({ ...QUIET, ...settings }), { index: 0, cell: {}, system: 'p2p', seed: '1' });
  return { metrics, transferMs: Array.from(queries!['transferNs'] as Float64Array, (ns) => ns / 1e6) };
}

describe('promotion in a trial', () => {
  const never = run({});
  const onRead = run({ 'store.promotion': 'on-read' });
  const onSecondRead = run({ 'store.promotion': 'on-second-read' });
  /** A chunk from the drive takes 268 ms, from memory 7. */
  const slow = (transferMs: readonly number[]): boolean[] => transferMs.map((ms) => ms > 100);

  it('changes which tier serves: an independent replay of one place in memory names every read', () => {
    // Which chunk each request wants: without promotion one of the two always comes from memory.
    const wanted = slow(never.transferMs);
    expect(wanted).toContain(true);
    expect(wanted).toContain(false);
    let inMemory = false;
    let promotions = 0;
    const expected = wanted.map((chunk) => {
      const fromDrive = chunk !== inMemory;
      if (fromDrive) promotions++;
      inMemory = chunk;
      return fromDrive;
    });
    expect(slow(onRead.transferMs)).toEqual(expected);
    expect(onRead.metrics['bytesPromoted']).toBe(promotions * CHUNK_BYTES);
    // Each one that comes up sends the other down.
    expect(onRead.metrics['bytesDemoted']).toBe(promotions * CHUNK_BYTES);
  });

  it('waits for the second read where it is told to', () => {
    const wanted = slow(never.transferMs);
    let inMemory = false;
    let reads = 0;
    const expected = wanted.map((chunk) => {
      if (chunk === inMemory) return false;
      reads++;
      if (reads === 2) {
        inMemory = chunk;
        reads = 0;
      }
      return true;
    });
    expect(slow(onSecondRead.transferMs)).toEqual(expected);
  });

  it('is off by default, and then moves nothing', () => {
    expect(never.metrics).not.toHaveProperty('bytesPromoted');
    expect(never.metrics['bytesDemoted']).toBe(0);
  });
});

describe('ways of writing in a trial', () => {
  const cold = { start: 'cold', 'workload.chunks': 2 };

  it('back writes what memory gives up, through writes everything once and gives up for free', () => {
    const back = run(cold).metrics;
    const through = run({ ...cold, 'store.writes': 'through' }).metrics;
    // The second chunk drives the first one down; both are on the drive from the start if writes go through.
    expect(back['bytesDemoted']).toBe(CHUNK_BYTES);
    expect(through['bytesDemoted']).toBe(0);
    expect(through['bytesWrittenThrough']).toBe(2 * CHUNK_BYTES);
    expect(through['hitRate']).toBe(back['hitRate']);
  });

  it('a crash takes what lay in memory alone; written through, it is on the drive', () => {
    const crash = { 'workload.zipf': 0, 'cluster.memory': '1GiB', faults: '[{at: 60s, crash: [0], for: 20s}]', 'measure.requests': 30 };
    const back = run(crash).metrics;
    const through = run({ ...crash, 'store.writes': 'through' }).metrics;
    // Two chunks are computed again, each once.
    expect(Math.round((1 - back['hitRate']) * 30)).toBe(2);
    expect(through['hitRate']).toBe(1);
  });
});

describe('GPU memory as a tier', () => {
  const one = { 'cluster.memory': '1GiB', 'workload.chunks': 1, 'measure.requests': 10 };

  it('serves its own node without a read or a copy, and only keys are rotated', () => {
    const inMemory = run({ ...one, 'stitching.policy': 'adjust' }).metrics;
    const inDevice = run({ ...one, 'stitching.policy': 'adjust', 'cluster.gpuCache': '1GiB' }).metrics;
    expect(inMemory['transferMs']).toBeGreaterThan(5);
    expect(inMemory['copyMs']).toBeGreaterThan(5);
    expect(inDevice['transferMs']).toBe(0);
    expect(inDevice['copyMs']).toBe(0);
    expect(inDevice['adjustMs']).toBeCloseTo(inMemory['adjustMs'], 6);
    expect(inDevice['hitRateLocal']).toBe(1);
  });

  it('is read by others over the host link', () => {
    const two = { ...one, 'cluster.nodes': 2, 'network.up': '400Gbps', 'network.down': '400Gbps', 'cluster.gpuCache': '1GiB' };
    const { transferMs } = run(two);
    const gpu = gpuByName('A100-80GB');
    const linkMs = (CHUNK_BYTES / gpu.deviceToHostBytesPerSecond) * 1000;
    // Half of the requests come to the node that has it; to the others it comes at the rate of the link, beside messages, a copy's latency and the checksum of the last segment.
    expect(transferMs.filter((ms) => ms === 0).length).toBe(5);
    for (const ms of transferMs.filter((each) => each > 0)) {
      expect(ms).toBeGreaterThan(linkMs);
      expect(ms).toBeLessThan(linkMs + 4);
    }
  });

  it('is above memory: what it gives up goes there, and a crash takes both', () => {
    const { metrics } = run({ 'cluster.gpuCache': '256MiB', 'cluster.memory': '256MiB', 'store.promotion': 'on-read' });
    expect(metrics['bytesPromoted']).toBeGreaterThan(0);
    expect(metrics['bytesDemoted']).toBe(metrics['bytesPromoted']);
    expect(metrics['diskUtilisationMax']).toBe(0);
    const crash = { 'workload.zipf': 0, 'cluster.gpuCache': '256MiB', 'cluster.memory': '256MiB', faults: '[{at: 60s, crash: [0], for: 20s}]', 'measure.requests': 30 };
    expect(Math.round((1 - run(crash).metrics['hitRate']) * 30)).toBe(2);
  });

  it('takes room from running requests, and may not take all', () => {
    const busy = { 'cluster.gpuCache': '54GB', 'workload.rate': '20/s', 'workload.topK': 2, 'measure.requests': 60, 'workload.outputTokens': 200 };
    expect(run(busy).metrics['queueingMs']).toBeGreaterThan(2 * run({ ...busy, 'cluster.gpuCache': '1GiB' }).metrics['queueingMs']);
    expect(() => trialConfig({ 'cluster.gpuCache': '70GB' })).toThrow(/cluster\.gpuCache: "70GB": leaves the engine nothing/);
  });
});
