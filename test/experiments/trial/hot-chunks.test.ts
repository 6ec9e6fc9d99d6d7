/** Copies of chunks that a node keeps because it has fetched them often. */
import { describe, expect, it } from 'vitest';
import { runTrial } from '../../../experiments/trial.ts';
import { makeWorkload } from '../../../experiments/trial/workload.ts';
import { RandomStreams } from '../../../sim/kernel/random-streams.ts';
import { trialConfig } from './trial-config.ts';

const NODES = 4;
/** One at a time, dealt to the nodes in turn; each chunk whole on one node, room for everything. */
const QUIET = {
  'measure.warmup': 0, 'measure.requests': 120, 'cluster.nodes': NODES, 'workload.rate': '0.5/s', 'workload.arrivals': 'constant', 'workload.chunks': 10, 'workload.topK': 1, 'workload.outputTokens': 1,
  'placement.replicas': 1, 'placement.keys': 'chunk',
};
const CHUNK_BYTES = 512 * 512 * 1024;

function run(settings: Readonly<Record<string, string | number>>): Readonly<Record<string, number>> {
  return runTrial(trialConfig({ ...QUIET, ...settings }), { index: 0, cell: {}, system: 'p2p', seed: '1' }).metrics;
}

/** Copies and local hits by an independent count, if no node held anything to begin with and all was fetched from elsewhere. */
function replay(hotAfter: number): { copies: number; local: number } {
  const fetched = new Map<string, number>();
  let copies = 0;
  let local = 0;
  let turn = 0;
  const { workload } = makeWorkload(trialConfig(QUIET), new RandomStreams('1'));
  if (!('requests' in workload)) throw new TypeError('expected an open loop');
  for (const { units } of workload.requests(new RandomStreams('1'))) {
    const node = turn++ % NODES;
    const pair = `${node}/${units[0].id}`;
    const before = fetched.get(pair) ?? 0;
    if (before >= hotAfter) local++;
    else {
      fetched.set(pair, before + 1);
      if (before + 1 === hotAfter) copies++;
    }
  }
  return { copies, local };
}

describe('hot copies', () => {
  const none = run({});

  it.each([1, 2, 4])('kept after %i fetches: as many as an independent replay keeps, but for those of owners', (hotAfter) => {
    const metrics = run({ 'placement.hotAfter': hotAfter });
    // Which node owns which chunk the replay does not know: each of ten chunks spares its owner one copy and gives it local hits.
    const owned = Math.round(none['hitRateLocal'] * 120);
    const nobody = replay(hotAfter);
    expect(metrics['hotCopies']).toBeLessThanOrEqual(nobody.copies);
    expect(metrics['hotCopies']).toBeGreaterThanOrEqual(nobody.copies - 10);
    expect(metrics['hitRateLocal'] * 120).toBeGreaterThanOrEqual(nobody.local - 1e-6);
    expect(metrics['hitRateLocal'] * 120).toBeLessThanOrEqual(nobody.local + owned + 1e-6);
    expect(metrics['bytesHotCopies']).toBe(metrics['hotCopies'] * CHUNK_BYTES);
    expect(metrics['bytesEvictedByCopies']).toBe(0);
    expect(metrics['hitRate']).toBe(1);
  });

  it('take the place of other segments where stores are full', () => {
    const full = { 'cluster.memory': '1GiB', 'cluster.ssd.capacity': '0B', 'placement.hotAfter': 1 };
    const metrics = run(full);
    expect(metrics['bytesEvictedByCopies']).toBeGreaterThan(0);
    expect(metrics['hitRate']).toBeLessThan(1);
  });

  it('are none by default', () => {
    expect(none['hotCopies']).toBeUndefined();
  });
});
