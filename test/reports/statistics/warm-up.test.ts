import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { checkWarmUp, mserTruncation } from '../../../reports/statistics/warm-up.ts';

function noise(name: string, length: number, at: (i: number) => number): number[] {
  const random = seedrandom.alea(name);
  return Array.from({ length }, (_, i) => at(i) + random() - 0.5);
}

/** M/M/1 waiting times at ρ = 0.8 averaged over `seeds`, begun with `backlog` units of work in the queue. */
function queueSeries(backlog: number, seeds: number, length: number): number[] {
  const sum = new Array<number>(length).fill(0);
  for (let seed = 0; seed < seeds; seed++) {
    const random = seedrandom.alea(`queue-${seed}`);
    const exponential = (rate: number): number => -Math.log(1 - random()) / rate;
    let wait = backlog > 0 ? backlog : random() < 0.8 ? exponential(0.2) : 0;
    for (let i = 0; i < length; i++) {
      sum[i] += wait / seeds;
      wait = Math.max(0, wait + exponential(1) - exponential(0.8));
    }
  }
  return sum;
}

describe('MSER-5', () => {
  it('cuts a step exactly where it ends', () => {
    const series = noise('step', 500, (i) => (i < 100 ? 10 : 1));
    expect(mserTruncation(series)).toMatchObject({ drop: 100, undetermined: false });
  });
  it('cuts little from a steady series', () => {
    expect(mserTruncation(noise('steady', 1000, () => 5)).drop).toBeLessThan(200);
    expect(mserTruncation(new Array<number>(100).fill(3)).drop).toBe(0);
  });
  it('gives no answer to a series too short, or that never becomes steady', () => {
    expect(mserTruncation([1, 2, 3]).undetermined).toBe(true);
    expect(mserTruncation(noise('trend', 1000, (i) => i / 10)).undetermined).toBe(true);
  });
});

describe('warm-up check', () => {
  it('catches a start that was made too full on purpose', () => {
    const verdict = checkWarmUp(queueSeries(60, 5, 1000));
    expect(verdict.verdict).not.toBe('steady');
    expect(verdict.shift).toBeGreaterThan(0.1);
  });
  it('lets a start in the stationary law pass', () => {
    expect(checkWarmUp(noise('ok', 1000, () => 5)).verdict).toBe('steady');
  });
  it('calls an overloaded queue drifting', () => {
    expect(checkWarmUp(noise('overload', 1000, (i) => 1 + i)).verdict).toBe('drifting');
  });
  it('has nothing to say about an empty or an all-zero series', () => {
    expect(checkWarmUp([]).verdict).toBe('steady');
    expect(checkWarmUp(new Float64Array(50)).verdict).toBe('steady');
  });
});
