/** Several sources against several connections to one, in simulation, against what links and drives can carry. */
import { expect, it } from 'vitest';
import { runTrial } from '../../../experiments/trial.ts';
import { trialConfig } from './trial-config.ts';

const CLUSTER = {
  'measure.warmup': 2, 'measure.requests': 12, 'cluster.memory': '0B', 'cluster.ssd.latency': '0s', 'workload.rate': '0.3/s', 'workload.chunks': 200, 'placement.segments': 16, 'placement.replicas': 1,
  'network.connectionCap': '8Gbps',
};

function transferMs(sources: number, connectionsPerPeer: number): number {
  const config = trialConfig({ ...CLUSTER, 'fetch.sources': sources, 'fetch.connectionsPerPeer': connectionsPerPeer });
  return runTrial(config, { index: 0, cell: {}, system: 'p2p', seed: '1' }).metrics['transferMs'];
}

it('five sources of 8 Gbps fill 40 Gbps, five connections to one stop at its drive of 28', () => {
  const one = transferMs(1, 1);
  const speedups = { sources: one / transferMs(5, 1), connections: one / transferMs(1, 5) };
  // Bounds 5 and 3.5; the last segments of a request leave some connections idle.
  expect(speedups.sources).toBeGreaterThan(3.5);
  expect(speedups.sources).toBeLessThan(5);
  expect(speedups.connections).toBeGreaterThan(2);
  expect(speedups.connections).toBeLessThan(3.5);
  expect(speedups.sources).toBeGreaterThan(speedups.connections);
});
