/** Retries of what nobody has: how long they wait. */
import { describe, expect, it } from 'vitest';
import { BACKOFF_DOUBLINGS_MAX, backoffNs } from '../../../protocols/fetch/backoff.ts';
import { MILLISECOND } from '../../../sim/kernel/time.ts';
import { FetchWorld } from './fetch-world.ts';

const BASE_NS = 50 * MILLISECOND;

/** Waits between the lookups of each segment: by retry, then by segment. */
function waits(seed: number, segments: number, retries: number): number[][] {
  const world = new FetchWorld({ seed, holders: 1, segments, upBps: 1e9, downBps: 1e9, options: { retries, backoffNs: BASE_NS }, locate: () => [] });
  const job = world.fetch();
  world.sim.run();
  expect(job.fetches[0].outcome).toBe('missed');
  expect(world.lookupsNs.length).toBe(segments);
  return Array.from({ length: retries }, (_, retry) => world.lookupsNs.map((times) => times[retry + 1] - times[retry]));
}

describe('backoff', () => {
  it('doubles its span with each failure, and waits in the upper half of it', () => {
    waits(1, 1, 8).forEach(([waitNs], retry) => {
      const spanNs = BASE_NS * [1, 2, 4, 8, 16, 32, 64, 128][retry];
      expect(waitNs).toBeGreaterThanOrEqual(spanNs / 2);
      expect(waitNs).toBeLessThan(spanNs);
    });
  });

  it('ends after as many retries as are allowed', () => {
    const world = new FetchWorld({ holders: 1, segments: 4, upBps: 1e9, downBps: 1e9, options: { retries: 3 }, locate: () => [] });
    world.fetch();
    world.sim.run();
    expect(world.lookupsNs.map(({ length }) => length)).toEqual([4, 4, 4, 4]);
  });

  it('spreads the retries of many segments evenly over that half: Kolmogorov–Smirnov against the uniform law', () => {
    const segments = 512;
    for (const [retry, waitsNs] of waits(1, segments, 3).entries()) {
      const spanNs = BASE_NS * 2 ** retry;
      const draws = waitsNs.map((waitNs) => (waitNs - spanNs / 2) / (spanNs / 2)).sort((a, b) => a - b);
      const distance = Math.max(...draws.map((draw, i) => Math.max(Math.abs(draw - i / segments), Math.abs(draw - (i + 1) / segments))));
      // 1.95 / √n: exceeded by one sample in a thousand.
      expect(distance).toBeLessThan(1.95 / Math.sqrt(segments));
      expect(new Set(draws).size).toBe(segments);
    }
  });

  it('is the same for the same seed, and another for another', () => {
    expect(waits(7, 16, 4)).toEqual(waits(7, 16, 4));
    expect(waits(8, 16, 4)).not.toEqual(waits(7, 16, 4));
  });

  it('draws from the stream of fetches: what is drawn from others does not change it', () => {
    const run = (stream: string): number[][] => {
      const world = new FetchWorld({ holders: 1, segments: 4, upBps: 1e9, downBps: 1e9, options: { retries: 3 }, locate: () => [] });
      const other = world.sim.random.stream(stream);
      for (let i = 0; i < 3; i++) other.next();
      world.fetch();
      world.sim.run();
      return world.lookupsNs;
    };
    expect(run('workload')).toEqual(run('faults'));
    expect(run('fetch')).not.toEqual(run('faults'));
  });

  it('grows no further than 2¹⁰ times its base, after any number of failures that a config allows', () => {
    for (const failures of [BACKOFF_DOUBLINGS_MAX + 1, BACKOFF_DOUBLINGS_MAX + 2, 32, 33, 64]) expect(backoffNs(BASE_NS, failures, 0)).toBe(512 * BASE_NS);
    expect(backoffNs(BASE_NS, 10, 0)).toBe(256 * BASE_NS);
    expect(backoffNs(BASE_NS, 1, 1 - 2 ** -53)).toBe(BASE_NS);
  });
});
