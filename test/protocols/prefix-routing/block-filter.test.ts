import { describe, expect, it } from 'vitest';
import { BloomFilter, CuckooFilter } from '../../../protocols/prefix-routing/block-filter.ts';

const COUNT = 4000;
const PROBES = 40_000;
const inside = Array.from({ length: COUNT }, (_, i) => 7 * i);
const falseRate = (filter: { has(id: number): boolean }): number => {
  let found = 0;
  for (let i = 0; i < PROBES; i++) if (filter.has(1_000_003 + 7 * i)) found++;
  return found / PROBES;
};

/** Four standard deviations of a share of PROBES draws. */
const margin = (rate: number): number => 4 * Math.sqrt((rate * (1 - rate)) / PROBES);

describe('block filters', () => {
  it.each([4, 8, 12])('Bloom, %i bits a block: never denies a block, and claims others at the rate of theory', (bits) => {
    const filter = new BloomFilter(inside, COUNT, bits);
    expect(inside.every((id) => filter.has(id))).toBe(true);
    expect(filter.sizeBytes).toBe((COUNT * bits) / 8);
    // (1 − e^(−k n ÷ m))^k with k rounded.
    const k = Math.round(Math.LN2 * bits);
    const expected = (1 - Math.exp(-k / bits)) ** k;
    // The bits of this one filter are a draw too: a tenth beside the sampling error.
    expect(Math.abs(falseRate(filter) - expected)).toBeLessThan(margin(expected) + 0.1 * expected);
  });

  it.each([6, 10, 16])('cuckoo, %i bits a block: never denies a block, and claims others at most at twice 8 ÷ 2^f', (bits) => {
    const filter = new CuckooFilter(inside, COUNT, bits);
    expect(inside.every((id) => filter.has(id))).toBe(true);
    const bound = 8 / 2 ** Math.floor(bits * 0.84);
    expect(falseRate(filter)).toBeLessThan(bound + margin(bound));
    expect(falseRate(filter)).toBeGreaterThan(0);
  });

  it('is empty of everything when nothing is in it', () => {
    for (const filter of [new BloomFilter([], 0, 10), new CuckooFilter([], 0, 10)]) expect(falseRate(filter)).toBe(0);
  });
});
