import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../sim/kernel/random-streams.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { Request } from '../../sim/serving/request.ts';
import { ConstantArrivals } from '../../workloads/arrivals/constant.ts';
import { PoissonArrivals } from '../../workloads/arrivals/poisson.ts';
import { ragWorkload } from '../../workloads/rag.ts';
import type { RagWorkloadOptions } from '../../workloads/rag.ts';

const BASE: RagWorkloadOptions = { arrivals: new PoissonArrivals(2), chunks: 2000, limit: 1000 };

function make(options: Partial<RagWorkloadOptions> = {}, seed: string | number = 1): Request[] {
  return [...ragWorkload({ ...BASE, ...options }).requests(new RandomStreams(seed))];
}

const chunksOf = (request: Request): number[] => request.units.map(({ id }) => id);

describe('RAG requests', () => {
  it('are well formed: ids dense, times in order, k distinct chunks of the corpus', () => {
    const requests = make();
    expect(requests.map(({ id }) => id)).toEqual(Array.from({ length: 1000 }, (_, id) => id));
    let last = 0;
    for (const request of requests) {
      expect(request.arrivalNs).toBeGreaterThanOrEqual(last);
      last = request.arrivalNs;
      expect(new Set(chunksOf(request)).size).toBe(5);
      expect(request.units.every(({ id, tokens, document }) => id < 2000 && tokens === 512 && document === Math.floor(id / 8))).toBe(true);
      expect(request).toMatchObject({ reuse: 'chunk', suffixTokens: 32, outputTokens: 64 });
      expect('earlyUnits' in request || 'tenant' in request || 'session' in request).toBe(false);
    }
  });

  it('are the same for the same seed, also when asked for again from the same streams, and others for another seed', () => {
    const workload = ragWorkload(BASE);
    const random = new RandomStreams(5);
    random.stream('workload/arrivals').next();
    const first = [...workload.requests(random)];
    expect([...workload.requests(random)]).toEqual(first);
    expect(make({}, 5)).toEqual(first);
    expect(make({}, 6).map(chunksOf)).not.toEqual(first.map(chunksOf));
  });

  it('should not change: golden vector of seed 1', () => {
    const golden = make({
      limit: 4, earlyOverlap: 0.8, topicLocality: 0.5, questionTokens: { law: 'log-normal', mean: 30, variation: 0.5 }, order: 'shuffled',
    }).map((request) => [request.arrivalNs, chunksOf(request).join(), request.suffixTokens, request.earlyUnits!.join()].join(' '));
    expect(golden).toMatchInlineSnapshot(`
      [
        "141845725 730,1039,810,1110,648 34 1130,810,1811,1039,730",
        "1114420898 250,884,204,1618,189 27 250,1406,884,189,204",
        "2350746335 1954,1693,17,1305,60 50 60,9,1693,1305,1954",
        "3723514080 1673,1514,1666,1769,1683 21 1683,1681,1769,1673,1666",
      ]
    `);
  });

  describe('common random numbers: changing one key leaves the rest as it was', () => {
    const pick = (requests: readonly Request[], what: (request: Request) => unknown): unknown[] => requests.map(what);
    const times = (request: Request): number => request.arrivalNs;
    const lengths = (request: Request): unknown => [request.suffixTokens, request.outputTokens];
    const law = { law: 'log-normal', mean: 40, variation: 0.8 } as const;
    const base = make({ questionTokens: law, outputTokens: law, earlyOverlap: 0.5 });
    const cases: [string, Partial<RagWorkloadOptions>, ((request: Request) => unknown)[]][] = [
      ['rate', { arrivals: new PoissonArrivals(20) }, [chunksOf, lengths]],
      ['arrival process', { arrivals: new ConstantArrivals(1) }, [chunksOf, lengths]],
      ['question length', { questionTokens: 9 }, [chunksOf, times, (request) => request.outputTokens]],
      ['early overlap', { earlyOverlap: 0.9 }, [chunksOf, times, lengths]],
      ['order of chunks', { order: 'shuffled' }, [(request) => chunksOf(request).sort(), times, lengths, (request) => request.earlyUnits]],
      ['tenants', { tenants: { count: 4, zipf: 1 } }, [chunksOf, times, lengths]],
      ['reuse', { reuse: 'prefix' }, [times, lengths]],
      ['exponent', { zipf: 0.5 }, [times, lengths]],
    ];
    it.each(cases)('%s', (_, change, same) => {
      const changed = make({ questionTokens: law, outputTokens: law, earlyOverlap: 0.5, ...change });
      for (const what of same) expect(pick(changed, what)).toEqual(pick(base, what));
    });

    it('top-k: a larger k adds chunks after those of the smaller', () => {
      const small = make({ topK: 3 });
      make({ topK: 8 }).forEach((request, index) => {
        expect(chunksOf(request).slice(0, 3)).toEqual(chunksOf(small[index]));
      });
    });
  });

  it('early top-k: has k distinct chunks, of which the stated share is final', () => {
    for (const earlyOverlap of [0, 0.6, 1]) {
      let kept = 0;
      for (const request of make({ earlyOverlap, limit: 4000 })) {
        const early = request.earlyUnits!;
        expect(new Set(early).size).toBe(5);
        kept += early.filter((chunk) => chunksOf(request).includes(chunk)).length;
      }
      // Binomial over 20 000 chunks: four standard errors are at most 0.014.
      expect(Math.abs(kept / 20_000 - earlyOverlap)).toBeLessThanOrEqual(0.0142);
    }
  });

  it('early top-k: a corpus without other chunks gives fewer', () => {
    expect(make({ chunks: 5, earlyOverlap: 0, limit: 3 }).map((request) => request.earlyUnits)).toEqual([[], [], []]);
  });

  it('by prefix, equal ids mean equal chunks up to there', () => {
    const byChunk = make({ chunks: 20, topK: 3, zipf: 2 });
    const byPrefix = make({ chunks: 20, topK: 3, zipf: 2, reuse: 'prefix' });
    const meaning = new Map<number, string>();
    byPrefix.forEach((request, index) => {
      expect(request.reuse).toBe('prefix');
      request.units.forEach(({ id }, place) => {
        const prefix = chunksOf(byChunk[index]).slice(0, place + 1).join();
        expect(meaning.get(id) ?? prefix).toBe(prefix);
        meaning.set(id, prefix);
      });
    });
    expect(new Set(meaning.values()).size).toBe(meaning.size);
    expect(ragWorkload({ ...BASE, reuse: 'prefix' }).catalogue).toBeUndefined();
  });

  it('a shared prompt head is the first unit of all, and the last of the catalogue', () => {
    const workload = ragWorkload({ ...BASE, systemPromptTokens: 100, limit: 5 });
    for (const request of workload.requests(new RandomStreams(1))) expect(request.units[0]).toEqual({ id: 2000, tokens: 100 });
    expect([workload.catalogue!.size, workload.catalogue!.tokens(2000), workload.catalogue!.document?.(2000)]).toEqual([2001, 100, undefined]);
  });

  it('lengths of chunks belong to the corpus, not to the seed of the experiment', () => {
    const options = { ...BASE, chunkTokens: { law: 'uniform', min: 100, max: 900 } } as const;
    const { catalogue } = ragWorkload(options);
    const lengths = Array.from({ length: 2000 }, (_, id) => catalogue!.tokens(id));
    expect(new Set(lengths).size).toBeGreaterThan(500);
    for (const seed of [1, 2]) for (const request of ragWorkload(options).requests(new RandomStreams(seed))) expect(request.units.every(({ id, tokens }) => tokens === lengths[id])).toBe(true);
    expect(() => catalogue!.tokens(2000)).toThrow('unit 2000: expected an id from 0 to 1999');
  });

  it('tenants have Zipf sizes', () => {
    const counts = [0, 0, 0, 0];
    for (const request of make({ tenants: { count: 4, zipf: 1 }, limit: 8000 })) counts[request.tenant!]++;
    // P ∝ 1, 1/2, 1/3, 1/4 over 25/12. Four standard errors: at most 0.0224.
    counts.forEach((count, tenant) => {
      expect(Math.abs(count / 8000 - 12 / 25 / (tenant + 1))).toBeLessThan(0.0224);
    });
  });

  it.each<[Partial<RagWorkloadOptions>, string]>([
    [{ topK: 3000 }, 'topK is 3000: expected at most the corpus, 2000 chunks'],
    [{ topK: -1 }, 'topK is -1'],
    [{ chunks: 0 }, 'chunks is 0'],
    [{ earlyOverlap: 1.5 }, 'earlyOverlap is 1.5: expected a share from 0 to 1'],
    [{ topicLocality: -0.1 }, 'topicLocality is -0.1'],
    [{ followUp: { repeatShare: 2 } }, 'followUp.repeatShare is 2'],
    [{ tenants: { count: 0, zipf: 1 } }, 'tenants.count is 0'],
    [{ limit: -1 }, 'request limit is -1'],
    [{ sessions: { meanTurns: 0.5, thinkTimeNs: 1 } }, 'mean turns is 0.5'],
    [{ sessions: { meanTurns: 2, thinkTimeNs: 1, leastThinkTimeNs: 2 } }, 'least think time is 2'],
  ])('refuses %j', (options, message) => {
    expect(() => make(options)).toThrow(message);
  });

  it('works at the edges: one chunk, no chunks at all, no requests, a huge corpus of one topic', () => {
    expect(make({ chunks: 1, topK: 1, limit: 2 }).map(chunksOf)).toEqual([[0], [0]]);
    expect(make({ topK: 0, limit: 2, earlyOverlap: 0.5 }).map(({ units, earlyUnits }) => [units, earlyUnits])).toEqual([[[], []], [[], []]]);
    expect(make({ limit: 0 })).toEqual([]);
    expect(make({ chunks: 5, topK: 5, topicLocality: 1, zipf: 20, limit: 3 }).map((request) => chunksOf(request).sort())).toEqual([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]);
  });
});

describe('sessions', () => {
  const sessions = { meanTurns: 4, thinkTimeNs: 30 * SECOND, leastThinkTimeNs: 5 * SECOND };

  it('keep the rate of requests, have the stated number of turns, and pause as stated', () => {
    const requests = make({ sessions, limit: 40_000 });
    // The first sessions begin at time 0, so the rate builds up over some pauses; leave them out.
    const late = requests.slice(5000);
    const rate = (late.length - 1) / ((late.at(-1)!.arrivalNs - late[0].arrivalNs) / SECOND);
    // Counts of clustered arrivals: variance grows by about E[turns²]/E[turns] = 7, so the standard error is √7/√35 000 = 1.4 %.
    expect(Math.abs(rate / 2 - 1)).toBeLessThan(0.05);
    const turns = new Map<number, number[]>();
    for (const { session, arrivalNs } of requests) {
      const list = turns.get(session!);
      if (list === undefined) turns.set(session!, [arrivalNs]);
      else list.push(arrivalNs);
    }
    const complete = [...turns.values()].slice(0, 8000);
    const meanTurns = complete.reduce((sum, list) => sum + list.length, 0) / complete.length;
    // Geometric with mean 4: standard deviation √12; four standard errors.
    expect(Math.abs(meanTurns - 4)).toBeLessThan(0.155);
    const pauses = complete.flatMap((list) => list.slice(1).map((time, index) => (time - list[index]) / SECOND));
    const meanPause = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5);
    // 5 s + exponential of mean 25 s over 24 000 pauses: four standard errors.
    expect(Math.abs(meanPause - 30)).toBeLessThan(0.65);
  });

  it('follow-ups repeat the stated share of chunks, and carry the history up to its bound', () => {
    const requests = make({ sessions, followUp: { repeatShare: 0.6, historyTokens: 200 }, limit: 8000, chunks: 1_000_000, zipf: 0 });
    const last = new Map<number, Request>();
    let repeated = 0;
    let possible = 0;
    for (const request of requests) {
      const before = last.get(request.session!);
      expect(new Set(chunksOf(request)).size).toBe(5);
      if (before === undefined) {
        expect(request.suffixTokens).toBe(32);
      } else {
        repeated += chunksOf(request).filter((chunk) => chunksOf(before).includes(chunk)).length;
        possible += 5;
        // A question of 32 and an answer of 64 a turn, at most 200 of them kept.
        expect(request.suffixTokens).toBe(Math.min(232, before.suffixTokens + 96));
      }
      last.set(request.session!, request);
    }
    expect(possible).toBeGreaterThan(20_000);
    // Four standard errors of a share over 20 000.
    expect(Math.abs(repeated / possible - 0.6)).toBeLessThan(0.0139);
  });
});
