import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../sim/kernel/random-stream.ts';
import { Zipf } from '../../sim/kernel/zipf.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import { ChunkPopularity } from '../../workloads/popularity.ts';
import type { PopularityOptions } from '../../workloads/popularity.ts';

function popularity(options: Partial<PopularityOptions> = {}, seed = '1'): ChunkPopularity {
  return new ChunkPopularity(
    { chunks: 1000, exponent: 1, topicLocality: 0, topicChunks: 50, ...options },
    new RandomStream(`ranks ${seed}`),
    new RandomStream(`drift ${seed}`),
  );
}

describe('chunk popularity', () => {
  it('ranks are a permutation, and single draws follow the Zipf law of the rank', () => {
    const chunks = popularity();
    expect(new Set(Array.from({ length: 1000 }, (_, chunk) => chunks.rank(chunk))).size).toBe(1000);
    const stream = new RandomStream('draw');
    const counts = new Array<number>(1000).fill(0);
    const draws = 200_000;
    for (let draw = 0; draw < draws; draw++) counts[chunks.rank(chunks.choose(stream, 1)[0])]++;
    const law = new Zipf(1000, 1);
    let chiSquare = 0;
    for (let rank = 0; rank < 1000; rank++) {
      const expected = law.probability(rank) * draws;
      chiSquare += ((counts[rank] - expected) * (counts[rank] - expected)) / expected;
    }
    // 999 degrees of freedom: mean 999, standard deviation 44.7; four of those.
    expect(chiSquare).toBeLessThan(999 + 4 * 44.7);
  });

  it('draws are distinct, in range, not among those taken, and as many as asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 30, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 80 }),
        fc.nat(),
        fc.nat(),
        (chunks, exponent, topicLocality, topicChunks, wanted, seed) => {
          const law = popularity({ chunks, exponent, topicLocality, topicChunks });
          const stream = new RandomStream(String(seed));
          const count = wanted % (chunks + 1);
          const first = law.choose(stream, Math.floor(count / 2));
          const second = law.choose(stream, count - first.length, first, first[0]);
          const all = [...first, ...second];
          expect(all).toHaveLength(count);
          expect(new Set(all).size).toBe(count);
          expect(all.every((chunk) => Number.isInteger(chunk) && chunk >= 0 && chunk < chunks)).toBe(true);
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('draws without repeating are exact even where two chunks hold all but a billionth of the probability', () => {
    const law = popularity({ chunks: 5, exponent: 30 });
    const chosen = law.choose(new RandomStream('x'), 5);
    expect(chosen.map((chunk) => law.rank(chunk))).toEqual([0, 1, 2, 3, 4]);
  });

  it('locality brings chunks of one topic together: the share of pairs in one topic is what it should be', () => {
    const sameTopic = (topicLocality: number): number => {
      const law = popularity({ exponent: 0, topicLocality });
      const stream = new RandomStream('pairs');
      let same = 0;
      for (let draw = 0; draw < 20_000; draw++) {
        const [a, b] = law.choose(stream, 2);
        if (law.topic(a) === law.topic(b)) same++;
      }
      return same / 20_000;
    };
    // Uniform popularity: locality + (1 − locality) · 49/999. Four standard errors: at most 0.014.
    for (const locality of [0, 0.5, 1]) expect(Math.abs(sameTopic(locality) - (locality + ((1 - locality) * 49) / 999))).toBeLessThan(0.0142);
  });

  it('locality moves uses to colder chunks only as far as a topic runs out of hot ones', () => {
    const hotShare = (topicLocality: number, topicChunks: number): number => {
      const law = popularity({ exponent: 0.8, topicLocality, topicChunks });
      const stream = new RandomStream('hot');
      let hot = 0;
      for (let draw = 0; draw < 4000; draw++) for (const chunk of law.choose(stream, 5)) if (law.rank(chunk) < 100) hot++;
      return hot / 20_000;
    };
    const without = hotShare(0, 50);
    // Standard error of a share of 20 000 draws: 0.0035; twice that for five draws of one topic. One topic for all is no topic.
    expect(Math.abs(hotShare(1, 1000) - without)).toBeLessThan(0.02);
    expect(without - hotShare(0.5, 250)).toBeLessThan(0.04);
    expect(hotShare(1, 50)).toBeLessThan(without - 0.05);
  });

  it('drift replaces the popular chunks at its intervals, and keeps a permutation', () => {
    const law = popularity({ drift: { intervalNs: SECOND, share: 0.2 } });
    const top = (): number[] => Array.from({ length: 1000 }, (_, chunk) => chunk).filter((chunk) => law.rank(chunk) < 100);
    const before = top();
    law.advanceTo(SECOND - 1);
    expect(top()).toEqual(before);
    let kept = 100;
    for (let step = 1; step <= 3; step++) {
      law.advanceTo(step * SECOND);
      const now = before.filter((chunk) => law.rank(chunk) < 100).length;
      expect(now).toBeLessThan(kept);
      kept = now;
    }
    // Each step moves 20 % of ranks, nine in ten of them out of the top tenth: about 0.82³ stay. Binomial sd 5; four of those.
    expect(Math.abs(kept - 55)).toBeLessThan(20);
    expect(new Set(Array.from({ length: 1000 }, (_, chunk) => law.rank(chunk))).size).toBe(1000);
    law.advanceTo(0);
    expect(before.filter((chunk) => law.rank(chunk) < 100).length).toBe(kept);
  });

  it('a drift of everything and of nothing are possible', () => {
    for (const share of [0, 1]) {
      const law = popularity({ chunks: 10, drift: { intervalNs: 1, share } });
      law.advanceTo(50);
      expect(new Set(law.choose(new RandomStream('d'), 10)).size).toBe(10);
    }
  });

  it('refuses what cannot be', () => {
    expect(() => popularity().choose(new RandomStream('x'), 1001)).toThrow('top-k is 1001: expected at most the corpus, 1000 chunks');
    expect(() => popularity({ topicLocality: 1.1 })).toThrow('topic locality is 1.1');
    expect(() => popularity({ topicChunks: 0 })).toThrow('chunks in a topic is 0');
    expect(() => popularity({ drift: { intervalNs: 0, share: 0.1 } })).toThrow('drift interval is 0');
    expect(() => popularity({ drift: { intervalNs: 1, share: 2 } })).toThrow('drift share is 2');
  });
});
