import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../sim/kernel/random-stream.ts';
import { tokenCount } from '../../workloads/token-count.ts';
import type { TokenCountSpec } from '../../workloads/token-count.ts';

function draw(spec: TokenCountSpec, count = 100_000): number[] {
  const stream = new RandomStream('t');
  const law = tokenCount('tokens', spec);
  return Array.from({ length: count }, () => law.sample(stream));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('token counts', () => {
  it('a number is a constant', () => {
    expect(draw(7, 5)).toEqual([7, 7, 7, 7, 7]);
    expect(tokenCount('t', 7).constant).toBe(true);
  });

  it('uniform: both ends occur, the mean is half way', () => {
    const values = draw({ law: 'uniform', min: 3, max: 6 });
    expect(new Set(values)).toEqual(new Set([3, 4, 5, 6]));
    // Four standard errors: 4 · 1.118 ÷ √100 000.
    expect(Math.abs(mean(values) - 4.5)).toBeLessThan(0.0142);
  });

  it('log-normal: mean and variation as stated', () => {
    const values = draw({ law: 'log-normal', mean: 2000, variation: 1 });
    const average = mean(values);
    // Standard error of the mean: 1/√100 000 = 0.32 %; four of them.
    expect(Math.abs(average / 2000 - 1)).toBeLessThan(0.013);
    const variation = Math.sqrt(mean(values.map((value) => (value - average) * (value - average)))) / average;
    // The fourth moment of a log-normal of variation 1 is large (kurtosis 41): sampling error about 1.5 %.
    expect(Math.abs(variation - 1)).toBeLessThan(0.06);
  });

  it('log-normal: clipped to its bounds, at least 1', () => {
    const values = draw({ law: 'log-normal', mean: 10, variation: 3, min: 4, max: 30 }, 2000);
    expect([Math.min(...values), Math.max(...values)]).toEqual([4, 30]);
    expect(Math.min(...draw({ law: 'log-normal', mean: 1, variation: 2 }, 2000))).toBe(1);
    expect(new Set(draw({ law: 'log-normal', mean: 12, variation: 0 }, 100))).toEqual(new Set([12]));
  });

  it('values: drawn with equal probability', () => {
    const values = draw({ law: 'values', values: [1, 1, 5, 9] });
    // Four standard errors of a share of a half: 0.63 %.
    expect(Math.abs(values.filter((value) => value === 1).length / values.length - 0.5)).toBeLessThan(0.0064);
  });

  it.each<[TokenCountSpec, string]>([
    [0, 'tokens is 0'],
    [1.5, 'tokens is 1.5'],
    [{ law: 'uniform', min: 5, max: 4 }, 'tokens.max is 4: expected at least tokens.min, 5'],
    [{ law: 'log-normal', mean: 0, variation: 1 }, 'tokens.mean is 0'],
    [{ law: 'log-normal', mean: 5, variation: -1 }, 'tokens.variation is -1'],
    [{ law: 'log-normal', mean: 5, variation: 1, min: 9, max: 8 }, 'tokens.max is 8'],
    [{ law: 'values', values: [] }, 'tokens.values is empty'],
    [{ law: 'values', values: [1, 0] }, 'tokens.values[1] is 0'],
  ])('refuses %j', (spec, message) => {
    expect(() => tokenCount('tokens', spec)).toThrow(message);
  });
});
