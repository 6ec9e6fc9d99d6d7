/** Stores under pressure while they are read, in whole trials: each throws by itself where a pin is left behind, or something is in use without one. */
import { expect, it } from 'vitest';
import type { SystemName } from '../../../experiments/system-names.ts';
import { runTrial } from '../../../experiments/trial.ts';
import { trialConfig } from './trial-config.ts';

/** Stores of a few chunks that start empty, slow links, and requests that all want something else: what comes in drives out what was just stored. */
const PRESSURE = {
  start: 'cold', 'measure.warmup': 0, 'measure.requests': 60, 'cluster.nodes': 6, 'workload.rate': '6/s', 'workload.chunks': 60, 'workload.outputTokens': 4, 'network.up': '4Gbps', 'network.down': '4Gbps',
  'cluster.memory': '512MiB', 'cluster.ssd.capacity': '1GiB', 'fetch.timeout': '400ms', 'fetch.hedge': '150ms',
};
const DISASTERS = '[{at: 2s, crash: [1], for: 3s}, {at: 3s, disk: [2], for: 3s}, {at: 4s, partition: [[3, 4]], for: 2s}, {at: 5s, corrupt: {nodes: [0, 5], share: 0.5}}]';

const cases: [string, SystemName, Record<string, string | number>][] = [
  ['peers', 'p2p', {}],
  ['peers through disasters, with repair and copies', 'p2p', { faults: DISASTERS, 'placement.repair': '1s', 'placement.hotAfter': 1, 'placement.copyLease': '5s' }],
  ['peers that fetch ahead into GPU memory and lose nodes', 'p2p', { faults: DISASTERS, 'cluster.gpuCache': '512MiB', 'prefetch.threshold': '0s', 'store.promotion': 'on-read', 'workload.rate': '20/s', 'serving.maxSequences': 1 }],
  ['peers with leases and deadlines, written through', 'p2p', { 'placement.lease': '2s', 'fetch.deadline': '300ms', 'store.writes': 'through' }],
  ['peers that compute while layers arrive and choose the cheapest way', 'p2p', { faults: DISASTERS, 'pipeline.decision': 'cheapest-both-ends', 'pipeline.overlap': 'layer', 'cluster.gpuCache': '256MiB' }],
  ['each node by itself', 'local', { faults: DISASTERS }],
  ['a central store with caches', 'central-memory', { 'cluster.central.localCache': '512MiB', faults: DISASTERS }],
  ['layers over broadcast', 'kv-cache-p2p', { 'kvCacheP2p.cache': '512MiB', 'kvCacheP2p.layersInFlight': 4, faults: DISASTERS }],
];

it.each(cases)('%s: everything that was in use is free again', (_, system, settings) => {
  const { metrics } = runTrial(trialConfig({ ...PRESSURE, ...settings }), { index: 0, cell: {}, system, seed: '1' });
  expect(metrics['requestsCompleted'] + metrics['requestsFailed']).toBe(60);
  expect(metrics['writesRefusedInUse']).toBeGreaterThanOrEqual(0);
});

it('a store that is all in use takes nothing, says so, and the trial goes on', () => {
  // One chunk a node, at links that send one in over a second: most of what is to be written finds the place in use.
  const { metrics } = runTrial(trialConfig({ ...PRESSURE, 'network.up': '1Gbps', 'cluster.memory': '256MiB', 'cluster.ssd.capacity': '0B', 'placement.replicas': 3, 'workload.chunks': 12, 'fetch.timeout': '60s', 'fetch.hedge': '30s' }), { index: 0, cell: {}, system: 'p2p', seed: '1' });
  expect(metrics['writesRefusedInUse']).toBeGreaterThan(10);
  expect(metrics['requestsCompleted']).toBe(60);
  expect(metrics['hitRate']).toBeGreaterThan(0);
});
