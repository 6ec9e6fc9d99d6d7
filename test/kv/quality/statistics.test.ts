import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrap } from '../../../kv/quality/bootstrap.ts';
import { COMPRESSION_LEVELS, compressSegment, parseCompression } from '../../../kv/quality/cache-compression.ts';
import type { CompressionName } from '../../../kv/quality/cache-compression.ts';
import { scoreTokens } from '../../../kv/quality/token-scores.ts';
import { SeededRandom } from '../../../kv/train/seeded-random.ts';

const mean = (sample: readonly number[]): number => sample.reduce((sum, value) => sum + value, 0) / sample.length;

describe('bootstrap', () => {
  it('covers the true mean of normal samples about 95 % of the time', () => {
    const random = new SeededRandom('coverage', 'samples');
    let covered = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = bootstrap(Array.from({ length: 40 }, () => random.normal()), mean, `trial ${trial}`);
      if (low <= 0 && high >= 0) covered++;
    }
    // Percentile intervals of 40 cases cover 93.5 %; three standard errors of 200 trials are 5.2 points.
    expect(covered / trials).toBeGreaterThan(0.88);
    expect(covered / trials).toBeLessThan(0.99);
  });

  it('is the same for the same seed and has the width of the normal theory', () => {
    const random = new SeededRandom('width', 'samples');
    const cases = Array.from({ length: 400 }, () => random.normal());
    const estimate = bootstrap(cases, mean);
    expect(bootstrap(cases, mean)).toEqual(estimate);
    expect(estimate.value).toBe(mean(cases));
    const deviation = Math.sqrt(mean(cases.map((value) => value * value)) - mean(cases) * mean(cases));
    // 2 × 1.96 standard errors; the ends of 2000 resamples scatter by about 3 %.
    expect((estimate.high - estimate.low) / ((3.92 * deviation) / 20)).toBeCloseTo(1, 0.8);
  });

  it('has no width for one case and no value for none', () => {
    expect(bootstrap([3], mean)).toEqual({ value: 3, low: 3, high: 3 });
    expect(bootstrap([], mean).value).toBeNaN();
  });
});

describe('token scores', () => {
  it('are those of the definition', () => {
    // p = (½, ¼, ¼) and q = (¼, ½, ¼): likelihoods ½ and ¼, KL(p‖q) = ½·ln 2 − ¼·ln 2.
    const p = Float32Array.from([0.5, 0.25, 0.25], Math.log);
    const q = Float32Array.from([0.25, 0.5, 0.25], Math.log);
    const own = scoreTokens(p, [0], 3);
    expect(own).toEqual({ tokens: 1, negativeLogLikelihood: expect.closeTo(Math.LN2, 6) as number, agreed: 1, divergence: 0 });
    const against = scoreTokens(q, [0], 3, p);
    expect(against.negativeLogLikelihood).toBeCloseTo(2 * Math.LN2, 6);
    expect(against.agreed).toBe(0);
    expect(against.divergence).toBeCloseTo(Math.LN2 / 4, 6);
  });

  it('do not depend on the offset of the logits and never diverge below zero', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 8, maxLength: 8 }), fc.double({ min: -50, max: 50, noNaN: true }), (raw, offset) => {
        const logits = Float32Array.from(raw.slice(0, 4));
        const reference = Float32Array.from(raw.slice(4));
        const scores = scoreTokens(logits, [2], 4, reference);
        const moved = scoreTokens(logits.map((x) => x + offset), [2], 4, reference.map((x) => x + offset));
        expect(Math.abs(moved.negativeLogLikelihood - scores.negativeLogLikelihood)).toBeLessThan(1e-4);
        expect(scores.divergence).toBeGreaterThan(-1e-6);
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(() => scoreTokens(new Float32Array(5), [0], 3)).toThrow(/expected 1 × 3/);
  });
});

describe('cache compression', () => {
  const random = new SeededRandom('compression', 'cache');
  const array = (): Float32Array => Float32Array.from({ length: 50 * 64 }, () => random.normal());
  const segment = { tokens: 50, keys: [array(), array()], values: [array(), array()] };

  it('loses more the fewer the bits, and takes the bytes it should', () => {
    const miss = (name: CompressionName): number => {
      const { keys, values } = compressSegment(segment, 64, name).segment;
      return Math.sqrt([...keys, ...values].reduce((sum, out, i) => out.reduce((part, value, j) => part + (value - [...segment.keys, ...segment.values][i][j]) * (value - [...segment.keys, ...segment.values][i][j]), sum), 0) / 12800);
    };
    const misses = (['float32', 'fp16', 'int8', 'int4', 'int3', 'int2'] as const).map(miss);
    for (let i = 1; i < misses.length; i++) expect(misses[i]).toBeGreaterThan(misses[i - 1]);
    expect(misses[0]).toBe(0);
    const bytes = (name: CompressionName): number => compressSegment(segment, 64, name).sizeBytes;
    expect(bytes('float32')).toBe(4 * 2 * 2 * 50 * 64);
    expect(bytes('fp16')).toBe(bytes('float32') / 2);
    // Keys: a block of 32 tokens and one of 18 in each channel; values: two groups of 32 a token.
    expect(bytes('int4')).toBe(2 * (64 * (16 + 9 + 8) + 50 * (32 + 8)));
  });

  it('knows its levels by name', () => {
    for (const name of Object.keys(COMPRESSION_LEVELS)) expect(parseCompression(name)).toBe(name);
    expect(() => parseCompression('int5')).toThrow(/expected one of float32, fp16/);
    expect(() => parseCompression('toString')).toThrow(RangeError);
  });
});
