import { describe, expect, it } from 'vitest';
import { MILLISECOND } from '../../../sim/kernel/time.ts';
import { estimateWait, exactWaitNs } from './queueing.ts';
import type { QueueModel } from './queueing.ts';

const CUSTOMERS = 600_000;

function model(servers: number, service: QueueModel['service'], utilisation: number): QueueModel {
  // A server's work of one millisecond comes every millisecond ÷ utilisation, whatever the number of servers.
  return { servers, service, meanServiceNs: MILLISECOND * servers, meanInterarrivalNs: MILLISECOND / utilisation };
}

const cases = (['M/M/1', 'M/D/1', 'M/M/3'] as const).flatMap((name) => [0.5, 0.8, 0.95].map((utilisation) => ({ name, utilisation })));

describe('mean wait of a station', () => {
  it.each(cases)('$name at utilisation $utilisation lies in a 95 % interval of at most ± 2 %', ({ name, utilisation }) => {
    const queue = model(name === 'M/M/3' ? 3 : 1, name === 'M/D/1' ? 'constant' : 'exponential', utilisation);
    const exact = exactWaitNs(queue);
    const estimate = estimateWait(queue, CUSTOMERS, 1);
    expect(estimate.halfWidthNs / exact).toBeLessThanOrEqual(0.02);
    expect(Math.abs(estimate.meanWaitNs - exact)).toBeLessThanOrEqual(estimate.halfWidthNs);
    // Utilisation of 600 000 services: sd about 1/√600 000 ≈ 0.13 %.
    expect(Math.abs(estimate.utilisation / utilisation - 1)).toBeLessThan(0.01);
  });

  it('is estimated with intervals that hold the exact value about 95 times in a hundred', () => {
    const queue = model(1, 'exponential', 0.8);
    const exact = exactWaitNs(queue);
    let held = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { meanWaitNs, halfWidthNs } = estimateWait(queue, 20_000, seed);
      if (Math.abs(meanWaitNs - exact) <= halfWidthNs) held++;
    }
    // Binomial(60, 0.95): 57 expected, fewer than 50 with probability 0.0005.
    expect(held).toBeGreaterThanOrEqual(50);
  });

  it('agrees with textbook values', () => {
    // M/M/1 at 0.5: ρ/(1 − ρ) services; M/D/1: half of that; M/M/2 with load 1: 1/3 of a service (Kleinrock, Queueing Systems I, 3.5).
    expect(exactWaitNs(model(1, 'exponential', 0.5))).toBeCloseTo(MILLISECOND, 6);
    expect(exactWaitNs(model(1, 'constant', 0.5))).toBeCloseTo(MILLISECOND / 2, 6);
    expect(exactWaitNs({ servers: 2, service: 'exponential', meanServiceNs: 3000, meanInterarrivalNs: 3000 })).toBeCloseTo(1000, 6);
  });
});
