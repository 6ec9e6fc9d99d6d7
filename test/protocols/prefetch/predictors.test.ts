import { describe, expect, it } from 'vitest';
import { CoOccurrencePredictor, MarkovPredictor } from '../../../protocols/prefetch/history-predictor.ts';
import { EarlyRetrieval, NoPredictor, OraclePredictor } from '../../../protocols/prefetch/predictor.ts';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import type { Request } from '../../../sim/serving/request.ts';

function request(units: readonly number[], more: Partial<Request> = {}): Request {
  return { id: 0, arrivalNs: 0, units: units.map((id) => ({ id, tokens: 8 })), reuse: 'chunk', suffixTokens: 1, outputTokens: 1, ...more };
}

const names = (candidates: readonly { readonly unit: number }[]): number[] => candidates.map(({ unit }) => unit);

describe('predictors', () => {
  it('none says nothing, the oracle everything, each unit once', () => {
    expect(new NoPredictor().candidates()).toEqual([]);
    expect(new OraclePredictor().candidates(request([3, 1, 3]))).toEqual([{ unit: 3, confidence: 1 }, { unit: 1, confidence: 1 }]);
  });

  it('early: its confidence tends to the share of the first stage that was wanted', () => {
    const early = new EarlyRetrieval();
    for (let i = 0; i < 2000; i++) early.learn(request([1, 2, 3, 4], { earlyUnits: [1, 2, 3, 9] }));
    const [first] = early.candidates(request([], { earlyUnits: [7] }));
    expect(first.unit).toBe(7);
    expect(first.confidence).toBeCloseTo(0.75, 2);
  });

  it('markov: knows a chain as well as counting does, and asks for the most popular where a session begins', () => {
    // From unit u the next question asks u + 1 with 3/4, else u + 2, modulo 10; every question asks for 100 too.
    const random = new RandomStream('chain');
    const markov = new MarkovPredictor(3);
    const naive = new Map<string, number>();
    const uses = new Map<number, number>();
    for (let session = 0; session < 300; session++) {
      let at = random.integer(10);
      let before: readonly number[] = [];
      for (let turn = 0; turn < 6; turn++) {
        const units = [at, 100];
        markov.learn(request(units, { session }));
        for (const from of before) for (const to of units) naive.set(`${from}>${to}`, (naive.get(`${from}>${to}`) ?? 0) + 1);
        for (const from of before) uses.set(from, (uses.get(from) ?? 0) + 1);
        before = units;
        at = (at + (random.bernoulli(0.75) ? 1 : 2)) % 10;
      }
    }
    markov.learn(request([4, 100], { session: 1000 }));
    const candidates = markov.candidates(request([], { session: 1000 }));
    expect(names(candidates)).toEqual([100, 5, 6]);
    expect(candidates[1].confidence).toBe(naive.get('4>5')! / uses.get(4)!);
    expect(names(markov.candidates(request([], { session: 1001 })))[0]).toBe(100);
  });

  it('co-occurrence: adds what came along with the first stage, likelier first', () => {
    const together = new CoOccurrencePredictor(4, new EarlyRetrieval());
    for (let i = 0; i < 30; i++) together.learn(request([1, 2, ...(i % 3 === 0 ? [3] : [])], { earlyUnits: [1] }));
    const candidates = together.candidates(request([], { earlyUnits: [1] }));
    expect(names(candidates)).toEqual([1, 2, 3]);
    // The first stage was right 30 times of 30, beside a prior of 5 in 10.
    expect(candidates[0].confidence).toBeCloseTo(35 / 40, 12);
    expect(candidates[2].confidence).toBeCloseTo((35 / 40) * (1 / 3), 12);
  });

  it('histories are bounded: of a thousand followers the frequent ones stay', () => {
    const together = new CoOccurrencePredictor(3, new EarlyRetrieval());
    for (let i = 0; i < 1000; i++) together.learn(request([1, 2, 1000 + i], { earlyUnits: [1] }));
    expect(names(together.candidates(request([], { earlyUnits: [1] }))).slice(0, 2)).toEqual([1, 2]);
  });
});
