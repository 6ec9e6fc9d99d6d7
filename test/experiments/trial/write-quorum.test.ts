/** Writes that count once enough replicas have acknowledged them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runTrial } from '../../../experiments/trial.ts';
import { WriteQuorum } from '../../../protocols/fetch/write-quorum.ts';
import { trialConfig } from './trial-config.ts';

const COLD = { start: 'cold', 'measure.warmup': 2, 'measure.requests': 20, 'cluster.nodes': 6, 'workload.rate': '2/s', 'workload.chunks': 60, 'workload.topK': 2, 'workload.outputTokens': 2 };

function run(settings: Readonly<Record<string, string | number>>): Readonly<Record<string, number>> {
  return runTrial(trialConfig({ ...COLD, ...settings }), { index: 0, cell: {}, system: 'p2p', seed: '1' }).metrics;
}

describe('write quorum', () => {
  it('is met exactly when each segment has enough distinct holders', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.tuple(fc.nat(3), fc.nat(5)), { maxLength: 80 }), (needed, acknowledgements) => {
        const quorum = new WriteQuorum(needed, 0);
        for (let id = 0; id < 4; id++) quorum.expect(id);
        const pairs = new Set<string>();
        for (const [id, host] of acknowledgements) {
          quorum.acknowledge(id, host);
          pairs.add(`${id}/${host}`);
          const count = (each: number): number => [...pairs].filter((pair) => pair.startsWith(`${each}/`)).length;
          expect(quorum.met).toBe([0, 1, 2, 3].every((each) => count(each) >= needed));
          expect(quorum.needs(id, 99)).toBe(count(id) < needed);
        }
      }),
      { seed: 4 },
    );
  });

  it('costs messages and time that grow with the replicas waited for, and moves no more bytes', () => {
    const [none, one, three] = [0, 1, 3].map((writeQuorum) => run({ 'placement.writeQuorum': writeQuorum, 'network.latency': '2ms' }));
    expect(none['writeAcknowledgedMs']).toBeUndefined();
    expect(one['writesFailed']).toBe(0);
    expect(three['writesFailed']).toBe(0);
    expect(three['writeAcknowledgedMs']).toBeGreaterThan(one['writeAcknowledgedMs']);
    // At least the way of the last copy and of its acknowledgement.
    expect(three['writeAcknowledgedMs']).toBeGreaterThan(4);
    expect(three['messages']).toBeGreaterThan(none['messages']);
    expect(three['hitRate']).toBe(none['hitRate']);
  });

  it('fails where too few replicas are left, and only there', () => {
    const faults = '[{ at: 1ms, crash: [0, 1, 2, 3] }]';
    const left = { faults, 'fetch.timeout': '50ms', 'fetch.retries': 1, 'placement.replicas': 3 };
    expect(run({ ...left, 'placement.writeQuorum': 3 })['writesFailed']).toBe(1);
    expect(run({ ...left, 'placement.writeQuorum': 1 })['writesFailed']).toBeLessThan(0.2);
  });
});
