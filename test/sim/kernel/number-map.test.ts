import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberMap } from '../../../sim/kernel/number-map.ts';

describe('NumberMap', () => {
  it('agrees with Map through any history, keys that collide, negative ones and those above 2^32 included', () => {
    const key = fc.oneof(fc.nat(40), fc.nat(0x7fffffff), fc.integer({ min: 0x100000000, max: Number.MAX_SAFE_INTEGER }), fc.nat(20).map((i) => i * 0x100000000), fc.integer({ min: -40, max: -1 }));
    // A few keys, met again and again, so that most are deleted beside neighbours that they displaced.
    const keys = fc.array(key, { minLength: 30, maxLength: 60 });
    const step = fc.record({ kind: fc.constantFrom('set', 'set', 'delete', 'get'), which: fc.nat(59), value: fc.nat(1000) });
    fc.assert(
      fc.property(keys, fc.array(step, { minLength: 200, maxLength: 400 }), (pool, steps) => {
        const ours = new NumberMap<number>();
        const theirs = new Map<number, number>();
        for (const { kind, which, value } of steps) {
          const at = pool[which % pool.length];
          if (kind === 'set') {
            ours.set(at, value);
            theirs.set(at, value);
          } else if (kind === 'delete') expect(ours.delete(at)).toBe(theirs.delete(at));
          expect(ours.get(at)).toBe(theirs.get(at));
          expect(ours.has(at)).toBe(theirs.has(at));
          expect(ours.size).toBe(theirs.size);
        }
        expect(ours.values()).toEqual([...theirs].sort(([a], [b]) => a - b).map(([, value]) => value));
        for (const [at, value] of theirs) expect(ours.get(at)).toBe(value);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('keeps working while a window of consecutive keys moves on', () => {
    const map = new NumberMap<{ key: number }>();
    for (let key = 0; key < 50_000; key++) {
      map.set(key, { key });
      if (key >= 100) expect(map.delete(key - 100)).toBe(true);
      expect(map.get(Math.max(0, key - 50))?.key).toBe(Math.max(0, key - 50));
    }
    expect(map.size).toBe(100);
    expect(map.values().map(({ key }) => key)).toEqual(Array.from({ length: 100 }, (_, i) => 49_900 + i));
  });
});
