import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateMaxMin, type MaxMinFlow } from '../../../sim/network/max-min.ts';

/** Relative tolerance: a few roundings per step of progressive filling, over at most some dozens of steps. */
const ROUNDING = 1e-12;

function expectRates(rates: Float64Array, expected: readonly number[]): void {
  expect(rates.length).toBe(expected.length);
  expected.forEach((rate, flow) => {
    expect(rates[flow]).toBeCloseTo(rate, 12);
  });
}

describe('allocateMaxMin, closed forms', () => {
  it('shares one link evenly', () => {
    // System: n flows on one link of capacity C.        Expectations: r_f = C / n.
    for (const n of [1, 2, 3, 7, 1000]) {
      const flows = Array.from({ length: n }, () => ({ links: [0] }));
      expectRates(allocateMaxMin(flows, [12]), Array.from({ length: n }, () => 12 / n));
    }
  });

  it('solves the parking lot', () => {
    // System: links 1..n of capacity 1; a long flow over all, one short flow on each.
    // Expectations: every link is equally crowded, so all rates are 1/2.
    const n = 5;
    const flows: MaxMinFlow[] = [{ links: [0, 1, 2, 3, 4] }];
    for (let link = 0; link < n; link++) flows.push({ links: [link] });
    expectRates(allocateMaxMin(flows, [1, 1, 1, 1, 1]), [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
  });

  it('gives what a bottleneck leaves to the others', () => {
    // System: r1 + r2 ≤ C1 = 1 (link 0), r2 + r3 ≤ C2 = 4 (link 1).
    // Expectations: link 0 binds first, r1 = r2 = 1/2; then r3 = C2 - r2 = 7/2.
    expectRates(allocateMaxMin([{ links: [0] }, { links: [0, 1] }, { links: [1] }], [1, 4]), [0.5, 0.5, 3.5]);
  });

  it('lets a capped flow leave its share', () => {
    // System: r1 + r2 + r3 ≤ 9, r1 ≤ 1.        Expectations: r1 = 1, r2 = r3 = (9 - 1) / 2.
    expectRates(allocateMaxMin([{ links: [0], cap: 1 }, { links: [0] }, { links: [0] }], [9]), [1, 4, 4]);
    // System: the cap is above the fair share.   Expectations: it does not matter.
    expectRates(allocateMaxMin([{ links: [0], cap: 5 }, { links: [0] }, { links: [0] }], [9]), [3, 3, 3]);
    // System: the cap equals the fair share.
    expectRates(allocateMaxMin([{ links: [0], cap: 3 }, { links: [0] }, { links: [0] }], [9]), [3, 3, 3]);
  });

  it('keeps up and down apart', () => {
    // System: host A sends to B and C; up(A) = 10, down(B) = 2, down(C) = 100.
    // Expectations: r_AB = 2, r_AC = 10 - 2; the way back does not share: up(B) = 3, down(A) = 50 give r_BA = 3.
    const [upA, downA, upB, downB, downC] = [0, 1, 2, 3, 4];
    expectRates(allocateMaxMin([{ links: [upA, downB] }, { links: [upA, downC] }, { links: [upB, downA] }], [10, 50, 3, 2, 100]), [2, 8, 3]);
  });

  it('lets an oversubscribed core bind', () => {
    // System: four disjoint pairs with links of 10 over a core of 20, one pair with an uplink of 2.
    // Expectations: r1 = 2, the others (20 - 2) / 3.
    const flows = [0, 1, 2, 3].map((pair) => ({ links: [2 * pair, 2 * pair + 1, 8] }));
    expectRates(allocateMaxMin(flows, [2, 10, 10, 10, 10, 10, 10, 10, 20]), [2, 6, 6, 6]);
  });

  it('treats a disk as one more link', () => {
    // System: a source's disk of 3 feeds two flows, its uplink of 40 a third from memory too.
    // Expectations: 3/2 each from disk, the rest of the uplink to the third.
    const [disk, up, downs] = [0, 1, [2, 3, 4]];
    const flows = [{ links: [disk, up, downs[0]] }, { links: [disk, up, downs[1]] }, { links: [up, downs[2]] }];
    expectRates(allocateMaxMin(flows, [3, 40, 100, 100, 100]), [1.5, 1.5, 37]);
  });

  it('knows the edges: no flow, no link, capacity or cap zero', () => {
    expect(allocateMaxMin([], [])).toEqual(new Float64Array(0));
    expect(allocateMaxMin([], [1, 2])).toEqual(new Float64Array(0));
    expectRates(allocateMaxMin([{ links: [], cap: 5 }], []), [5]);
    expect(allocateMaxMin([{ links: [] }], [])[0]).toBe(Infinity);
    expectRates(allocateMaxMin([{ links: [0] }, { links: [0, 1] }, { links: [1] }], [0, 6]), [0, 0, 6]);
    expectRates(allocateMaxMin([{ links: [0], cap: 0 }, { links: [0] }], [6]), [0, 6]);
  });

  it('refuses what makes no sense, naming it', () => {
    expect(() => allocateMaxMin([], [-1])).toThrow('capacity of link 0 is -1');
    expect(() => allocateMaxMin([], [NaN])).toThrow('capacity of link 0 is NaN');
    expect(() => allocateMaxMin([{ links: [1] }], [1])).toThrow('flow 0 crosses link 1');
    expect(() => allocateMaxMin([{ links: [0, 0] }], [1])).toThrow('flow 0 names link 0 twice');
    expect(() => allocateMaxMin([{ links: [0], cap: -2 }], [1])).toThrow('cap of flow 0 is -2');
  });
});

interface System {
  readonly flows: readonly MaxMinFlow[];
  readonly capacities: readonly number[];
}

/** Few distinct values make ties, many orders of magnitude make cancellation. */
const amount = fc.oneof(fc.constantFrom(1, 2, 3, 6, 10), fc.double({ min: 1e-3, max: 1e9, noNaN: true }));

const system: fc.Arbitrary<System> = fc.integer({ min: 1, max: 12 }).chain((links) =>
  fc.record({
    capacities: fc.array(fc.oneof({ weight: 9, arbitrary: amount }, { weight: 1, arbitrary: fc.constant(0) }), { minLength: links, maxLength: links }),
    flows: fc.array(
      fc.record(
        { links: fc.uniqueArray(fc.integer({ min: 0, max: links - 1 }), { minLength: 1, maxLength: 4 }), cap: amount },
        { requiredKeys: ['links'] },
      ),
      { maxLength: 30 },
    ),
  }),
);

function loads({ flows, capacities }: System, rates: Float64Array): number[] {
  const load = capacities.map(() => 0);
  flows.forEach((flow, f) => {
    for (const link of flow.links) load[link] += rates[f];
  });
  return load;
}

describe('allocateMaxMin, laws', () => {
  it('is feasible', () => {
    fc.assert(
      fc.property(system, (given) => {
        const rates = allocateMaxMin(given.flows, given.capacities);
        const overfull = loads(given, rates).findIndex((load, link) => load > given.capacities[link] * (1 + ROUNDING));
        const illegal = given.flows.findIndex((flow, f) => !(rates[f] >= 0 && rates[f] <= (flow.cap ?? Infinity)));
        expect([overfull, illegal]).toEqual([-1, -1]);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('gives every flow its cap or a saturated link on which no flow is faster', () => {
    fc.assert(
      fc.property(system, (given) => {
        const rates = allocateMaxMin(given.flows, given.capacities);
        const load = loads(given, rates);
        given.flows.forEach((flow, f) => {
          const stopped =
            rates[f] === flow.cap ||
            flow.links.some((link) => {
              const fastest = Math.max(...given.flows.map((other, g) => (other.links.includes(link) ? rates[g] : 0)));
              return load[link] >= given.capacities[link] * (1 - ROUNDING) && rates[f] >= fastest * (1 - ROUNDING);
            });
          expect(stopped).toBe(true);
        });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('scales with its unit', () => {
    fc.assert(
      fc.property(system, fc.constantFrom(0.125, 8, 1024), (given, scale) => {
        // Powers of two, so that not a bit is lost.
        const rates = allocateMaxMin(given.flows, given.capacities);
        const scaled = allocateMaxMin(
          given.flows.map((flow) => (flow.cap === undefined ? flow : { ...flow, cap: flow.cap * scale })),
          given.capacities.map((capacity) => capacity * scale),
        );
        expect(scaled).toEqual(rates.map((rate) => rate * scale));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('does not depend on the order of flows', () => {
    fc.assert(
      fc.property(
        system.chain((given) => fc.record({ given: fc.constant(given), order: fc.shuffledSubarray(given.flows.map((_, f) => f), { minLength: given.flows.length }) })),
        ({ given, order }) => {
          const rates = allocateMaxMin(given.flows, given.capacities);
          const shuffled = allocateMaxMin(order.map((f) => given.flows[f]), given.capacities);
          order.forEach((f, place) => {
            expect(Math.abs(shuffled[place] - rates[f])).toBeLessThanOrEqual(ROUNDING * rates[f]);
          });
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('never slows the slowest when a flow leaves', () => {
    fc.assert(
      fc.property(system.filter((given) => given.flows.length > 1), (given) => {
        const before = allocateMaxMin(given.flows, given.capacities).subarray(0, given.flows.length - 1);
        const after = allocateMaxMin(given.flows.slice(0, -1), given.capacities);
        expect(Math.min(...after)).toBeGreaterThanOrEqual(Math.min(...before) * (1 - ROUNDING));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
