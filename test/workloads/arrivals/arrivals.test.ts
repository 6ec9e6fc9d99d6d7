import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import type { ArrivalProcess } from '../../../workloads/arrivals/arrival-process.ts';
import { ConstantArrivals } from '../../../workloads/arrivals/constant.ts';
import { DiurnalArrivals } from '../../../workloads/arrivals/diurnal.ts';
import { GammaArrivals, drawGamma } from '../../../workloads/arrivals/gamma.ts';
import { PoissonArrivals } from '../../../workloads/arrivals/poisson.ts';
import { RecordedArrivals } from '../../../workloads/arrivals/recorded.ts';

const COUNT = 200_000;

function times(process: ArrivalProcess, count: number, seed = '1'): number[] {
  const list: number[] = [];
  for (const time of process.times(new RandomStream(seed))) {
    list.push(time);
    if (list.length === count) break;
  }
  return list;
}

function gaps(list: readonly number[]): { mean: number; variation: number } {
  const differences = list.map((time, index) => (time - (index === 0 ? 0 : list[index - 1])) / SECOND);
  const mean = differences.reduce((sum, gap) => sum + gap, 0) / differences.length;
  const variance = differences.reduce((sum, gap) => sum + (gap - mean) * (gap - mean), 0) / differences.length;
  return { mean, variation: Math.sqrt(variance) / mean };
}

const processes: readonly ArrivalProcess[] = [
  new ConstantArrivals(8),
  new PoissonArrivals(8),
  new GammaArrivals(8, 3),
  new GammaArrivals(8, 0.5),
  new DiurnalArrivals({ ratePerSecond: 8, periodNs: 100 * SECOND }),
];

describe('every arrival process', () => {
  it.each(processes.map((process) => [`${process.name} ${process instanceof GammaArrivals ? process.variation : ''}`, process] as const))(
    '%s: whole nanoseconds that do not decrease, at the stated rate, and the same again',
    (_, process) => {
      const list = times(process, COUNT);
      expect(list.every((time, index) => Number.isSafeInteger(time) && time >= (index === 0 ? 0 : list[index - 1]))).toBe(true);
      // Standard error of the mean gap: variation ÷ √n, at most 3/447 of it; four of those.
      expect(gaps(list).mean * 8).toBeGreaterThan(0.973);
      expect(gaps(list).mean * 8).toBeLessThan(1.027);
      expect(times(process, 100)).toEqual(list.slice(0, 100));
    },
  );

  it.each([0, -1, Number.NaN, Infinity])('refuses the rate %d', (rate) => {
    expect(() => new PoissonArrivals(rate)).toThrow(`arrival rate is ${rate}: expected a finite number above 0`);
    expect(() => new GammaArrivals(rate, 1)).toThrow(RangeError);
    expect(() => new DiurnalArrivals({ ratePerSecond: rate })).toThrow(RangeError);
    expect(() => new ConstantArrivals(rate)).toThrow(RangeError);
  });
});

describe('golden vectors', () => {
  it('should not change their output for seed 1', () => {
    const shown = processes.map((process) => `${process.name} ${times(process, 4).join(' ')}`);
    expect(shown).toMatchInlineSnapshot(`
      [
        "constant 0 125000000 250000000 375000000",
        "poisson 93330915 174524791 197187813 198586329",
        "gamma 3 4032968 5395429 5396986",
        "gamma 337271189 444624860 484813462 575590444",
        "diurnal 186519579 348552825 393741714 396529736",
      ]
    `);
  });
});

describe('common random numbers', () => {
  it.each([new PoissonArrivals(2), new GammaArrivals(2, 2)])('$name: another rate is the same pattern at another speed', (process) => {
    const slow = times(process, 1000);
    const fast = times(process.scaled(5), 1000);
    slow.forEach((time, index) => {
      expect(Math.abs(time / 5 - fast[index])).toBeLessThanOrEqual(1);
    });
  });
});

describe('gamma arrivals', () => {
  it.each([0.25, 0.5, 1, 3])('gaps have the stated variation %d', (variation) => {
    // The sample variation of a gamma variate of shape a has a relative standard error near √((2 + 6/a)/(4n)): 0.8 % at a = 1/9.
    const stated = gaps(times(new GammaArrivals(10, variation), COUNT)).variation / variation;
    expect(stated).toBeGreaterThan(0.96);
    expect(stated).toBeLessThan(1.04);
  });

  it('has the third moment of a gamma distribution too: skewness 2/√shape', () => {
    const stream = new RandomStream('g');
    for (const shape of [0.4, 1, 4]) {
      const draws = Array.from({ length: COUNT }, () => drawGamma(stream, shape));
      const mean = draws.reduce((sum, x) => sum + x, 0) / COUNT;
      const moment = (power: 2 | 3): number => draws.reduce((sum, x) => sum + (power === 2 ? (x - mean) * (x - mean) : (x - mean) * (x - mean) * (x - mean)), 0) / COUNT;
      const skewness = moment(3) / (moment(2) * Math.sqrt(moment(2)));
      // Sampling error of skewness at these shapes is below 3 % for 200 000 draws (largest at 0.4, by repeated draws).
      expect(skewness * Math.sqrt(shape) * 0.5).toBeGreaterThan(0.9);
      expect(skewness * Math.sqrt(shape) * 0.5).toBeLessThan(1.1);
      expect(mean / shape).toBeGreaterThan(0.98);
      expect(mean / shape).toBeLessThan(1.02);
    }
  });

  it('with variation 1 is a Poisson process: gaps above their mean are e⁻¹ of all', () => {
    const list = times(new GammaArrivals(1, 1), COUNT);
    const long = list.filter((time, index) => time - (index === 0 ? 0 : list[index - 1]) > SECOND).length / COUNT;
    // Four standard errors of a share near 0.37.
    expect(Math.abs(long - Math.exp(-1))).toBeLessThan(0.0044);
  });
});

describe('diurnal arrivals', () => {
  it('follow the profile: each hour of the day has its share', () => {
    const process = new DiurnalArrivals({ ratePerSecond: 10, peakToTrough: 4, periodNs: 240 * SECOND });
    const hour = 10 * SECOND;
    const list = times(process, 240_000);
    const days = Math.floor(list.at(-1)! / process.periodNs);
    const counted = new Array<number>(24).fill(0);
    for (const time of list) if (time < days * process.periodNs) counted[Math.floor((time % process.periodNs) / hour)]++;
    for (let index = 0; index < 24; index++) {
      // The rate is linear within the hour, so its mean is that at the middle. Poisson counts: five standard deviations.
      const expected = process.rateAt(index * hour + hour / 2) * 10 * days;
      expect(Math.abs(counted[index] - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
    expect(process.rateAt(12 * hour) / process.rateAt(0)).toBeCloseTo(4, 9);
  });

  it('is silent where its profile is zero', () => {
    const process = new DiurnalArrivals({ ratePerSecond: 10, periodNs: 40 * SECOND, profile: [0, 0, 1, 0] });
    const list = times(process, 5000);
    expect(list.some((time) => time % (40 * SECOND) < 10 * SECOND)).toBe(false);
    expect(list.some((time) => time % (40 * SECOND) >= 10 * SECOND)).toBe(true);
  });

  it('keeps the length of the day when the rate is scaled', () => {
    const process = new DiurnalArrivals({ ratePerSecond: 3, periodNs: 60 * SECOND }).scaled(2);
    expect([process.ratePerSecond, process.periodNs]).toEqual([6, 60 * SECOND]);
  });

  it.each([[{ peakToTrough: 0.5 }], [{ profile: [] }], [{ profile: [0, 0] }], [{ profile: [1, -1] }], [{ periodNs: 0 }]])('refuses %j', (options) => {
    expect(() => new DiurnalArrivals({ ratePerSecond: 1, ...options })).toThrow(RangeError);
  });
});

describe('recorded arrivals', () => {
  it('begin at 0 and can be replayed faster', () => {
    const process = new RecordedArrivals(() => [5 * SECOND, 6 * SECOND, 6 * SECOND, 9 * SECOND]);
    expect([...process.times()]).toEqual([0, SECOND, SECOND, 4 * SECOND]);
    expect([...process.scaled(2).times()]).toEqual([0, SECOND / 2, SECOND / 2, 2 * SECOND]);
  });

  it('refuse times that go back', () => {
    expect(() => [...new RecordedArrivals(() => [5, 4]).times()]).toThrow('recorded arrival 4 ns');
  });
});
