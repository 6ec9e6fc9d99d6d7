/** Options that meet on the way of a segment, in combinations that no other test has: whatever is set, every request is served and every book balances. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ATTRIBUTION_PARTS } from '../../../experiments/results/query-columns.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { DECISIONS, OVERLAPS } from '../../../protocols/decision/decision-names.ts';
import { PROMOTIONS, WRITE_POLICIES } from '../../../protocols/store/tiering.ts';
import { trialConfig } from './trial-config.ts';

const REQUESTS = 60;
const SMALL = { 'cluster.nodes': 6, 'measure.warmup': 5, 'measure.requests': REQUESTS, 'workload.chunks': 300, 'workload.rate': '8/s', 'fetch.timeout': '300ms' };

const FAULTS = ['[]', '[{at: 3s, for: 3s, crash: [1]}]', '[{at: 3s, for: 3s, partition: [[0, 1]]}]', '[{at: 3s, for: 2s, disk: [2, 3]}]', '[{at: 3s, corrupt: {nodes: [0, 1, 2, 3, 4, 5], share: 0.3}}]'];

const options = fc.record({
  start: fc.constantFrom('warm', 'cold'),
  compression: fc.constantFrom('none', 'moderate'),
  'cluster.gpuCache': fc.constantFrom('0B', '4GiB'),
  'cluster.memory': fc.constantFrom('1GiB', '64GiB'),
  'placement.segments': fc.constantFrom(1, 4, 32),
  'placement.hotAfter': fc.constantFrom('none', 2),
  'store.promotion': fc.constantFrom(...PROMOTIONS),
  'store.writes': fc.constantFrom(...WRITE_POLICIES),
  'fetch.window': fc.constantFrom('none', '40MB', '400MB'),
  'fetch.peerWindow': fc.constantFrom('none', '40MB'),
  'fetch.deadline': fc.constantFrom('none', '20ms', '150ms'),
  'fetch.hedge': fc.constantFrom('none', '50ms'),
  'prefetch.threshold': fc.constantFrom('none', '0ms'),
  'pipeline.decision': fc.constantFrom(...DECISIONS.filter((name) => name !== 'always-recompute')),
  'pipeline.overlap': fc.constantFrom(...OVERLAPS),
  'stitching.policy': fc.constantFrom('adjust', 'adjust-first-16'),
  faults: fc.constantFrom(...FAULTS),
});

// A trial throws by itself where bytes, pins, windows or blocks do not balance at its end.
it.each(['p2p', 'central-memory'])('%s: every request is served, once, and the parts of its TTFT add up', (system) => {
  fc.assert(
    fc.property(options, ({ 'placement.hotAfter': hotAfter, ...rest }) => {
      const config = trialConfig({ ...SMALL, ...rest, ...(hotAfter === 'none' ? {} : { 'placement.hotAfter': hotAfter }) });
      const { metrics, queries } = runTrial(config, { index: 0, cell: {}, system, seed: '1' });
      const column = (name: string): number[] => Array.from(queries![name] as ArrayLike<number>);
      expect(metrics['requestsCompleted']).toBe(REQUESTS);
      expect(new Set(column('request')).size).toBe(REQUESTS);
      const parts = ATTRIBUTION_PARTS.map((part) => column(`${part}Ns`));
      expect(column('ttftNs').map((_, i) => parts.reduce((sum, part) => sum + part[i], 0))).toEqual(column('ttftNs'));
    }),
    { numRuns: 12, seed: 1 },
  );
});
