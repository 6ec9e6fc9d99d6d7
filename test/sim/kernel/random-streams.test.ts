import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../../sim/kernel/random-streams.ts';
import { chiSquareDeviate, kolmogorov } from './goodness-of-fit.ts';

const draws = (streams: RandomStreams, name: string, count: number): number[] => Array.from({ length: count }, () => streams.stream(name).next());

describe('random streams', () => {
  it('give one stream a name', () => {
    const streams = new RandomStreams(1);
    expect(streams.stream('a')).toBe(streams.stream('a'));
    expect(streams.stream('a')).not.toBe(streams.stream('b'));
  });

  it('depend on seed and name alone: other streams and their draws disturb nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer()), fc.string(), fc.array(fc.string(), { maxLength: 5 }), (seed, name, others) => {
        const undisturbed = draws(new RandomStreams(seed), name, 5);
        const streams = new RandomStreams(seed);
        const disturbed = undisturbed.map(() => {
          for (const other of others) if (other !== name) streams.stream(other).exponential(1);
          return streams.stream(name).next();
        });
        expect(disturbed).toEqual(undisturbed);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('tell seeds and names apart that write the same together', () => {
    const firsts = ([['1', '2'], ['12', ''], ['', '12'], ['1/2', ''], ['1', '/2'], ['1:1', '2']] as const).map(([seed, name]) => draws(new RandomStreams(seed), name, 1)[0]);
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('take a number for its decimal', () => {
    expect(draws(new RandomStreams(42), 'a', 3)).toEqual(draws(new RandomStreams('42'), 'a', 3));
    expect(() => new RandomStreams(NaN)).toThrow(RangeError);
  });

  it('begin evenly over names and over seeds that follow each other', () => {
    // Alea seeds by a multiplicative hash; consecutive keys must still start anywhere.
    const names = Array.from({ length: 20_000 }, (_, i) => draws(new RandomStreams(1), `node-${i}`, 1)[0]);
    const seeds = Array.from({ length: 20_000 }, (_, i) => draws(new RandomStreams(i), 'arrivals', 1)[0]);
    expect(kolmogorov(names, (x) => x)).toBeLessThan(1.95);
    expect(kolmogorov(seeds, (x) => x)).toBeLessThan(1.95);
    for (const sample of [names, seeds]) {
      // Pairs of neighbours fall evenly into a 10 × 10 grid.
      const counts = new Array<number>(100).fill(0);
      for (let i = 0; i + 1 < sample.length; i += 2) counts[Math.floor(sample[i] * 10) * 10 + Math.floor(sample[i + 1] * 10)]++;
      expect(chiSquareDeviate(counts, () => 0.01)).toBeLessThan(3.1);
    }
  });

  it('are uncorrelated with each other', () => {
    const streams = new RandomStreams('correlation');
    const samples = Array.from({ length: 40 }, (_, i) => draws(streams, `s${i}`, 2000).map((x) => (x - 0.5) * Math.sqrt(12)));
    for (let i = 0; i < samples.length; i++) {
      for (let j = 0; j < i; j++) {
        const product = samples[i].reduce((sum, x, k) => sum + x * samples[j][k], 0);
        // Standard normal times √2000 under independence; 4.5 is passed once in 150 000, and 780 pairs are tried.
        expect(Math.abs(product) / Math.sqrt(2000)).toBeLessThan(4.5);
      }
    }
  });

  it('should not change their output', () => {
    expect(draws(new RandomStreams(1), 'arrivals', 3)).toEqual([0.6900321808708892, 0.951267048535137, 0.34661872504698965]);
  });
});
