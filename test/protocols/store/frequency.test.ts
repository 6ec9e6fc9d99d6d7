import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admissionPolicy, SecondHitAdmission } from '../../../protocols/store/admission.ts';
import { FrequencySketch } from '../../../protocols/store/frequency-sketch.ts';
import { GhostQueue } from '../../../protocols/store/ghost-queue.ts';
import { PerfectCounts } from '../../../protocols/store/use-frequency.ts';

const ids = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.maxSafeNat()), { maxLength: 300, size: 'max' });

describe('FrequencySketch', () => {
  it('never falls below the true count up to 15, whenever it is widened', () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: 0, max: 300 }), (observed, widenAt) => {
        const sketch = new FrequencySketch();
        const counts = new PerfectCounts();
        observed.forEach((id, i) => {
          if (i === widenAt) {
            const before = observed.map((other) => sketch.estimate(other));
            sketch.expectEntries(1000);
            expect(observed.map((other) => sketch.estimate(other))).toEqual(before);
          }
          sketch.observe(id);
          counts.observe(id);
        });
        for (const id of observed) expect(sketch.estimate(id)).toBeGreaterThanOrEqual(Math.min(15, counts.estimate(id)));
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('is exact for nearly all of 1 000 entries at the width it takes for them', () => {
    const sketch = new FrequencySketch();
    sketch.expectEntries(1000);
    expect(sketch.width).toBe(2048);
    for (let id = 0; id < 1000; id++) for (let use = 0; use < id % 6; use++) sketch.observe(id * 1_000_003);
    const wrong = Array.from({ length: 1000 }, (_, id) => sketch.estimate(id * 1_000_003) - (id % 6)).filter((error) => error !== 0);
    // Four rows half full: all four counters of an entry are shared with larger ones for some percent.
    expect(wrong.length).toBeLessThan(30);
  });

  it('halves its counts after ten uses for each entry held', () => {
    const sketch = new FrequencySketch();
    for (let i = 0; i < 319; i++) sketch.observe(i < 8 ? 1 : 2);
    expect([sketch.estimate(1), sketch.estimate(2)]).toEqual([8, 15]);
    sketch.observe(2);
    expect([sketch.estimate(1), sketch.estimate(2)]).toEqual([4, 7]);
  });
});

describe('SecondHitAdmission', () => {
  it('admits from the second request on, while the first is remembered', () => {
    const admission = new SecondHitAdmission(2);
    admission.observe(1);
    expect(admission.admit(1)).toBe(false);
    admission.observe(1);
    expect(admission.admit(1)).toBe(true);
    for (const id of [2, 3, 4, 2]) admission.observe(id);
    expect(admission.admit(2)).toBe(false);
  });

  it('is found by name', () => {
    expect([admissionPolicy('always'), admissionPolicy('second-hit')?.name, admissionPolicy('tinylfu')?.name]).toEqual([undefined, 'second-hit', 'tinylfu']);
    expect(() => admissionPolicy('never' as 'always')).toThrow(/expected one of always, tinylfu, second-hit/);
    expect(() => new SecondHitAdmission(0)).toThrow(RangeError);
  });
});

describe('GhostQueue', () => {
  it('is a list of ids, oldest forgotten first, over long histories', () => {
    const steps = fc.array(fc.record({ id: fc.integer({ min: 0, max: 30 }), forget: fc.boolean() }), { maxLength: 200, size: 'max' });
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 20 }), (history, capacity, repeats) => {
        const ghosts = new GhostQueue();
        let naive: number[] = [];
        const size = (id: number): number => 1 + (id % 3);
        for (let round = 0; round < repeats; round++) {
          for (const { id, forget } of history) {
            naive = naive.filter((i) => i !== id);
            if (forget) ghosts.forget(id);
            else {
              ghosts.add(id, size(id));
              naive.push(id);
            }
            ghosts.trim(capacity);
            while (naive.reduce((sum, i) => sum + size(i), 0) > capacity) naive.shift();
          }
          expect(Array.from({ length: 31 }, (_, id) => id).filter((id) => ghosts.has(id))).toEqual(naive.toSorted((a, b) => a - b));
          expect(ghosts.bytes).toBe(naive.reduce((sum, i) => sum + size(i), 0));
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});
