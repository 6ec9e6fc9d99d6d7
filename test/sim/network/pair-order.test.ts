import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairOrder } from '../../../sim/network/pair-order.ts';

describe('PairOrder', () => {
  for (const latencies of ['constant', 'jittered'] as const) {
    it(`delivers no message of a pair before an earlier one and delays no other, latencies being ${latencies}`, () => {
      const message = fc.record({ from: fc.nat(30), to: fc.nat(30), waitNs: fc.constantFrom(0, 0, 0, 1, 5, 100), sizeNs: fc.nat(50), latencyNs: fc.nat(300) });
      fc.assert(
        fc.property(fc.array(message, { minLength: 500, maxLength: 1500, size: 'max' }), (messages) => {
          const order = new PairOrder(31);
          const latest = new Map<number, number>();
          let now = 0;
          for (const { from, to, waitNs, sizeNs, latencyNs } of messages) {
            now += waitNs;
            const pair = from * 31 + to;
            const earliest = now + sizeNs + (latencies === 'constant' ? 7 * from + to : latencyNs);
            const expected = Math.max(earliest, latest.get(pair) ?? 0);
            latest.set(pair, expected);
            const delivery = order.deliveryNs(from, to, earliest, now, latencies === 'constant' ? now + sizeNs : earliest);
            if (delivery !== expected) throw new Error(`pair ${from}→${to} at ${now}: ${delivery}, expected ${expected}`);
          }
        }),
        { seed: 1, numRuns: 30 },
      );
    });
  }

  it('forgets pairs whose messages have been delivered', () => {
    const order = new PairOrder(1_000_000);
    for (let i = 0; i < 300_000; i++) order.deliveryNs(7, i, i + 10, i, i + 10);
    // Ten or eleven pairs are in flight at a time; the table keeps its least size.
    expect(order.capacity).toBe(256);
  });

  it('grows with the pairs in flight', () => {
    const order = new PairOrder(1_000_000);
    for (let i = 0; i < 100_000; i++) order.deliveryNs(7, i, 10, 0, 10);
    expect(order.capacity).toBeGreaterThanOrEqual(200_000);
    expect(order.capacity).toBeLessThanOrEqual(2_000_000);
    expect(order.deliveryNs(7, 99_999, 3, 0, 3)).toBe(10);
  });
});
