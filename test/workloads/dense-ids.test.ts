import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DenseIds } from '../../workloads/dense-ids.ts';
import { PrefixIds } from '../../workloads/prefix-ids.ts';

describe('DenseIds', () => {
  it('numbers distinct keys from 0 in order of first appearance, integers in either spelling', () => {
    const ids = new DenseIds();
    expect([7, '7', 'a', -3, '-3', '07', '18446744073709551615', 7].map((key) => ids.of(key))).toEqual([0, 0, 1, 2, 2, 3, 4, 0]);
    expect(ids.size).toBe(5);
  });

  it('agrees with a map from text', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.bigInt().map(String), fc.string())), (keys) => {
        const ids = new DenseIds();
        const naive = new Map<string, number>();
        for (const key of keys) {
          const text = String(key);
          if (!naive.has(text)) naive.set(text, naive.size);
          expect(ids.of(key)).toBe(naive.get(text));
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('PrefixIds', () => {
  it('gives equal ids exactly to equal prefixes', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(3), { maxLength: 6 })), (lists) => {
        const ids = new PrefixIds();
        const byText = new Map<string, number>();
        for (const list of lists) {
          const numbered = ids.of(list);
          expect(numbered).toHaveLength(list.length);
          numbered.forEach((id, index) => {
            const prefix = list.slice(0, index + 1).join();
            expect(byText.get(prefix) ?? id).toBe(id);
            byText.set(prefix, id);
          });
        }
        expect(ids.size).toBe(byText.size);
        expect(new Set(byText.values()).size).toBe(byText.size);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
