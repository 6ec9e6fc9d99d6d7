import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../../experiments/files/read-lines.ts';
import { optimalHits } from '../../../protocols/store/belady.ts';
import { EVICTION_POLICIES, evictionPolicy } from '../../../protocols/store/eviction-policies.ts';
import type { EvictionPolicyName } from '../../../protocols/store/eviction-policies.ts';
import { cheFifoHitRate, cheLruHitRate, topMass } from '../../../protocols/store/hit-rate-theory.ts';
import { replayReferences } from '../../../protocols/store/reference-replay.ts';
import { TieredStore } from '../../../protocols/store/tiered-store.ts';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { Zipf } from '../../../sim/kernel/zipf.ts';
import { LruStack } from '../../../workloads/analysis/lru-stack.ts';
import { openTrace } from '../../../workloads/traces/open-trace.ts';

const MOONCAKE = '../shared/data/traces/mooncake_synthetic.jsonl';
const WARM_UP = 300_000;
const COUNTED = 1_000_000;
const ENTRIES = 20_000;

const store = (name: EvictionPolicyName, capacityBytes: number): TieredStore =>
  new TieredStore([{ name: 'memory', capacityBytes }], (tier) => evictionPolicy(name, tier));

const zipf = new Zipf(ENTRIES, 0.9);
const probabilities = Float64Array.from({ length: ENTRIES }, (_, rank) => zipf.probability(rank));
const stream = new RandomStream('independent references');
const references = Int32Array.from({ length: WARM_UP + COUNTED }, () => zipf.sample(stream));
const hitRate = (name: EvictionPolicyName, capacity: number): number => {
  const { hits, references: counted } = replayReferences(references, store(name, capacity), { warmUp: WARM_UP });
  expect(counted).toBe(COUNTED);
  return hits / counted;
};

/** One point. */
const POINT = 0.01;

describe.each([100, 1000, 5000, 15_000])('a store of %i of 20 000 entries, Zipf 0.9, 10^6 references after 3·10^5', (capacity) => {
  it("hits under LRU as Che's approximation says, within a point", () => {
    expect(Math.abs(hitRate('lru', capacity) - cheLruHitRate(probabilities, capacity))).toBeLessThan(POINT);
  });

  it('hits under LFU with perfect counts as often as the most popular entries are asked for, within a point', () => {
    expect(Math.abs(hitRate('lfu-perfect', capacity) - topMass(probabilities, capacity))).toBeLessThan(POINT);
  });

  it('hits under FIFO as the characteristic-time approximation says, within a point', () => {
    expect(Math.abs(hitRate('fifo', capacity) - cheFifoHitRate(probabilities, capacity))).toBeLessThan(POINT);
  });
});

describe('theory', () => {
  it('is exact where it must be: nothing held, everything held, equal probabilities', () => {
    const equal = new Array<number>(50).fill(0.02);
    for (const rate of [cheLruHitRate, cheFifoHitRate, topMass]) {
      expect([rate(equal, 0), rate(equal, 50), rate(equal, 80)].map((value) => value.toFixed(9))).toEqual(['0.000000000', '1.000000000', '1.000000000']);
      expect(rate(equal, 10)).toBeCloseTo(0.2, 9);
      expect(() => rate(equal, -1)).toThrow(/capacity is -1/);
    }
  });
});

/** Every choice of what to keep, tried. */
function bestByTrial(ids: readonly number[], capacity: number, at = 0, held: readonly number[] = []): number {
  if (at === ids.length) return 0;
  const id = ids[at];
  if (held.includes(id)) return 1 + bestByTrial(ids, capacity, at + 1, held);
  const options = held.length < capacity ? [[...held, id], held] : [held, ...held.map((gone) => [...held.filter((i) => i !== gone), id])];
  return Math.max(...options.map((next) => bestByTrial(ids, capacity, at + 1, next)));
}

describe("Belady's optimum", () => {
  it('is what trying every choice finds', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 10 }), fc.integer({ min: 0, max: 3 }), (ids, capacity) => {
        expect(optimalHits(ids, capacity)).toBe(bestByTrial(ids, capacity));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is beaten by no policy on any references', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 200, size: 'max' }), fc.integer({ min: 0, max: 12 }), (ids, capacity) => {
        const bound = optimalHits(ids, capacity);
        for (const name of EVICTION_POLICIES) expect(replayReferences(ids, store(name, capacity)).hits).toBeLessThanOrEqual(bound);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe(`the recorded trace (${MOONCAKE})`, () => {
  it.skipIf(!existsSync(MOONCAKE))('gives under LRU exactly the hits that stack distances give, an independent program, at every capacity (skipped without the file)', () => {
    const ids: number[] = [];
    for (const { blocks = [] } of openTrace(readLines(MOONCAKE), { file: MOONCAKE }).records) ids.push(...blocks);
    const stack = new LruStack();
    const distances = ids.map((id) => {
      const distance = stack.distance(id)?.units ?? Infinity;
      stack.touch(id, 1);
      return distance;
    });
    for (const capacity of [100, 1000, 10_000, 50_000]) {
      const { hits } = replayReferences(ids, store('lru', capacity));
      expect([capacity, hits]).toEqual([capacity, distances.filter((distance) => distance <= capacity).length]);
    }
  });
});
