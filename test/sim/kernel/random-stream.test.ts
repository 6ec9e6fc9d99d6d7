import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { chiSquareDeviate, kolmogorov, normalDistribution } from './goodness-of-fit.ts';

const DRAWS = 50_000;

interface Law {
  readonly name: string;
  readonly draw: (stream: RandomStream) => number;
  readonly mean: number;
  readonly variance: number;
  /** E (X − mean)⁴ ÷ variance², for the spread of the sample variance. */
  readonly kurtosis: number;
  readonly distribution: (x: number) => number;
}

const laws: readonly Law[] = [
  { name: 'next', draw: (s) => s.next(), mean: 1 / 2, variance: 1 / 12, kurtosis: 1.8, distribution: (x) => x },
  { name: 'uniform(−3, 5)', draw: (s) => s.uniform(-3, 5), mean: 1, variance: 64 / 12, kurtosis: 1.8, distribution: (x) => (x + 3) / 8 },
  { name: 'exponential(4)', draw: (s) => s.exponential(4), mean: 4, variance: 16, kurtosis: 9, distribution: (x) => 1 - Math.exp(-x / 4) },
  { name: 'normal(2, 3)', draw: (s) => s.normal(2, 3), mean: 2, variance: 9, kurtosis: 3, distribution: (x) => normalDistribution((x - 2) / 3) },
  {
    name: 'logNormal(1, 0.25)',
    draw: (s) => s.logNormal(1, 0.25),
    mean: Math.exp(1 + 0.25 ** 2 / 2),
    variance: (Math.exp(0.25 ** 2) - 1) * Math.exp(2 + 0.25 ** 2),
    // w⁴ + 2w³ + 3w² − 3 with w = exp(σ²).
    kurtosis: Math.exp(0.25) + 2 * Math.exp(0.1875) + 3 * Math.exp(0.125) - 3,
    distribution: (x) => normalDistribution((Math.log(x) - 1) / 0.25),
  },
  {
    name: 'pareto(9, 2)',
    draw: (s) => s.pareto(9, 2),
    mean: (9 * 2) / 8,
    variance: (4 * 9) / (64 * 7),
    // Kurtosis of a Pareto law with shape a: 3 + 6(a³ + a² − 6a − 2) / (a(a − 3)(a − 4)).
    kurtosis: 3 + (6 * (729 + 81 - 54 - 2)) / (9 * 6 * 5),
    distribution: (x) => 1 - (2 / x) ** 9,
  },
  {
    name: 'weibull(2, 3)',
    draw: (s) => s.weibull(2, 3),
    // Rayleigh: Γ(3/2) = √π / 2, Γ(2) = 1; kurtosis from its textbook value.
    mean: (3 * Math.sqrt(Math.PI)) / 2,
    variance: 9 * (1 - Math.PI / 4),
    kurtosis: 3 + -(6 * Math.PI ** 2 - 24 * Math.PI + 16) / (4 - Math.PI) ** 2,
    distribution: (x) => 1 - Math.exp(-((x / 3) ** 2)),
  },
];

describe.each(laws)('$name', ({ name, draw, mean, variance, kurtosis, distribution }) => {
  const stream = new RandomStream(`law ${name}`);
  const sample = Array.from({ length: DRAWS }, () => draw(stream));
  const average = sample.reduce((sum, x) => sum + x, 0) / DRAWS;

  it('has its mean', () => {
    // Four standard deviations of a sample mean: missed once in 16 000.
    expect(Math.abs(average - mean)).toBeLessThan(4 * Math.sqrt(variance / DRAWS));
  });

  it('has its variance', () => {
    const spread = sample.reduce((sum, x) => sum + (x - average) ** 2, 0) / (DRAWS - 1);
    // The sample variance has standard deviation variance · √((kurtosis − 1) / n).
    expect(Math.abs(spread - variance)).toBeLessThan(4 * variance * Math.sqrt((kurtosis - 1) / DRAWS));
  });

  it('has its distribution', () => {
    expect(kolmogorov(sample, distribution)).toBeLessThan(1.95);
  });
});

describe('random stream', () => {
  it('draws whole numbers evenly', () => {
    const stream = new RandomStream('integers');
    for (const n of [1, 2, 7, 1000]) {
      const counts = new Array<number>(n).fill(0);
      for (let i = 0; i < DRAWS; i++) counts[stream.integer(n)]++;
      expect(chiSquareDeviate(counts, () => 1 / n)).toBeLessThan(3.1);
    }
    for (let i = 0; i < 1000; i++) {
      const big = stream.integer(Number.MAX_SAFE_INTEGER);
      expect(big >= 0 && big < Number.MAX_SAFE_INTEGER && Number.isInteger(big)).toBe(true);
    }
  });

  it('draws yes with the probability asked for', () => {
    const stream = new RandomStream('bernoulli');
    for (const p of [0, 0.01, 0.5, 1]) {
      let yes = 0;
      for (let i = 0; i < DRAWS; i++) if (stream.bernoulli(p)) yes++;
      expect(Math.abs(yes - DRAWS * p)).toBeLessThanOrEqual(4 * Math.sqrt(DRAWS * p * (1 - p)));
    }
  });

  it('shuffles every order equally often, and keeps the elements', () => {
    const stream = new RandomStream('shuffle');
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = stream.shuffle([0, 1, 2, 3]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquareDeviate([...counts.values()], () => 1 / 24)).toBeLessThan(3.1);
    const array = [1, 2, 3];
    expect(stream.shuffle(array)).toBe(array);
    expect(stream.shuffle([])).toEqual([]);
  });

  it('picks each element equally often', () => {
    const stream = new RandomStream('pick');
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < DRAWS; i++) counts[stream.pick([0, 1, 2, 3, 4])]++;
    expect(chiSquareDeviate(counts, () => 1 / 5)).toBeLessThan(3.1);
    expect(() => stream.pick([])).toThrow(RangeError);
  });

  it('stays within the bounds of each law', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: 0, max: 1e9, noNaN: true }), (key, lo, width) => {
        const stream = new RandomStream(key);
        for (let i = 0; i < 20; i++) {
          const u = stream.next();
          expect(u >= 0 && u < 1).toBe(true);
          const x = stream.uniform(lo, lo + width);
          expect(x >= lo && (x < lo + width || width === 0 || lo + width === lo)).toBe(true);
          expect(stream.exponential(width)).toBeGreaterThanOrEqual(0);
          expect(stream.pareto(2, width)).toBeGreaterThanOrEqual(width);
          expect(stream.weibull(0.5, width)).toBeGreaterThanOrEqual(0);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('degenerates cleanly', () => {
    const stream = new RandomStream('degenerate');
    expect(stream.uniform(3, 3)).toBe(3);
    expect(Math.abs(stream.exponential(0))).toBe(0);
    expect(stream.normal(5, 0)).toBe(5);
    expect(stream.logNormal(0, 0)).toBe(1);
    expect(stream.integer(1)).toBe(0);
  });

  it('refuses parameters that make no law', () => {
    const stream = new RandomStream('bad');
    const bad: (() => unknown)[] = [
      () => stream.uniform(2, 1),
      () => stream.uniform(NaN, 1),
      () => stream.uniform(0, Infinity),
      () => stream.integer(0),
      () => stream.integer(1.5),
      () => stream.integer(2 ** 60),
      () => stream.exponential(-1),
      () => stream.exponential(NaN),
      () => stream.normal(0, -1),
      () => stream.normal(NaN, 1),
      () => stream.pareto(0, 1),
      () => stream.pareto(1, -1),
      () => stream.weibull(-1, 1),
      () => stream.weibull(1, Infinity),
      () => stream.bernoulli(1.1),
      () => stream.bernoulli(NaN),
    ];
    for (const call of bad) expect(call).toThrow(RangeError);
  });

  it('should not change its output', () => {
    const stream = new RandomStream('golden');
    expect([
      stream.next(),
      stream.next(),
      stream.uniform(10, 20),
      stream.integer(1000),
      stream.exponential(1),
      stream.normal(0, 1),
      stream.normal(0, 1),
      stream.logNormal(0, 1),
      stream.pareto(1.5, 1),
      stream.weibull(0.7, 1),
      stream.bernoulli(0.5),
      stream.shuffle([1, 2, 3, 4, 5]),
      stream.pick(['a', 'b', 'c']),
    ]).toEqual([
      0.2551099989056358,
      0.45072002662889,
      12.440689931590704,
      241,
      0.09721261765654565,
      -1.0800715286525226,
      1.1213557787642447,
      0.34247711328514024,
      1.5174481123247765,
      0.7589164306439191,
      true,
      [1, 5, 4, 3, 2],
      'c',
    ]);
  });
});
