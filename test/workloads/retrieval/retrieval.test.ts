import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../../experiments/files/read-lines.ts';
import { RandomStreams } from '../../../sim/kernel/random-streams.ts';
import { MILLISECOND } from '../../../sim/kernel/time.ts';
import type { Request } from '../../../sim/serving/request.ts';
import { ConstantArrivals } from '../../../workloads/arrivals/constant.ts';
import { Chunker } from '../../../workloads/corpora/chunker.ts';
import { nqOpenQuestions } from '../../../workloads/corpora/nq-open.ts';
import { syntheticText } from '../../../workloads/corpora/synthetic-text.ts';
import { TextCorpus } from '../../../workloads/corpora/text-corpus.ts';
import { OpenLoopWorkload } from '../../../workloads/open-loop.ts';
import { Bm25Index } from '../../../workloads/retrieval/bm25-index.ts';
import { searchFirstStage } from '../../../workloads/retrieval/first-stage.ts';
import { constantLatency, retrievalNs } from '../../../workloads/retrieval/retrieval-latency.ts';
import { RetrievalTally, containsAnswer, overlap, recallAt, reciprocalRankAt } from '../../../workloads/retrieval/retrieval-metrics.ts';
import { TextRagPrompts } from '../../../workloads/text-rag.ts';

const NQ = '../shared/data/questions/nq_open_dev.jsonl';

function corpusOf(texts: readonly string[]): TextCorpus {
  return new TextCorpus('t', texts.map((text, index) => ({ key: `d${index}`, text })), new Chunker({ chunkTokens: 1000 }));
}

describe('BM25', () => {
  const texts = ['red apple red', 'green apple pie recipe', 'blue sky', 'apple'];
  const index = new Bm25Index(corpusOf(texts));

  /** The formula of the class comment, worked out for one chunk by hand-counted numbers. */
  const score = (terms: readonly { containing: number; frequency: number }[], length: number): number =>
    terms.reduce((sum, { containing, frequency }) => {
      const weight = Math.log(1 + (4 - containing + 0.5) / (containing + 0.5));
      // Distinct terms: 2, 4, 2, 1, so 2.25 on average.
      return sum + (weight * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * length) / 2.25));
    }, 0);

  it('scores a hand-computed corpus', () => {
    const { hits, postings } = index.search('Red apple?', 10);
    const expected = [
      { chunk: 0, score: score([{ containing: 1, frequency: 2 }, { containing: 3, frequency: 1 }], 2) },
      { chunk: 3, score: score([{ containing: 3, frequency: 1 }], 1) },
      { chunk: 1, score: score([{ containing: 3, frequency: 1 }], 4) },
    ];
    expect(hits.map(({ chunk }) => chunk)).toEqual(expected.map(({ chunk }) => chunk));
    hits.forEach((hit, place) => {
      expect(hit.score).toBeCloseTo(expected[place].score, 12);
    });
    // As plain numbers: ln(10/3)·2·2.2/(2+1.1) + ln(10/7)·2.2/2.1 = 2.0825…
    expect(hits[0].score).toBeCloseTo(1.2039728043 * (4.4 / 3.1) + 0.3566749439 * (2.2 / 2.1), 9);
    expect(postings).toBe(1 + 3);
  });

  it('breaks ties by chunk id, repeats of a query word count once, unknown and stop words nothing', () => {
    const equal = new Bm25Index(corpusOf(['x y', 'x z', 'x w', 'q']));
    expect(equal.search('x', 2).hits.map(({ chunk }) => chunk)).toEqual([0, 1]);
    expect(equal.search('x x x', 9)).toEqual(equal.search('X', 9));
    expect(equal.search('the of', 9)).toEqual({ hits: [], postings: 0 });
    expect(equal.search('nowhere', 9)).toEqual({ hits: [], postings: 0 });
    expect(equal.search('x', 0).hits).toEqual([]);
    expect(new Bm25Index(corpusOf(['the']), { stopWords: new Set() }).search('the', 1).hits).toHaveLength(1);
    expect(equal.terms('The X-ray: ÉTÉ 42!')).toEqual(['x', 'ray', 'été', '42']);
  });

  it('an empty corpus finds nothing; impossible parameters are refused', () => {
    expect(new Bm25Index(corpusOf([])).search('x', 5)).toEqual({ hits: [], postings: 0 });
    expect(() => new Bm25Index(corpusOf([]), { b: 2 })).toThrow('BM25 b is 2');
    expect(() => new Bm25Index(corpusOf([]), { k1: -1 })).toThrow('BM25 k1 is -1');
    expect(() => index.search('x', -1)).toThrow('top-k is -1');
  });

  it('with b = 0 ignores length, with k1 = 0 frequency', () => {
    const flat = new Bm25Index(corpusOf(['x x x b c d e', 'x']), { k1: 0, b: 0 });
    const [first, second] = flat.search('x', 2).hits;
    expect([first.chunk, first.score === second.score]).toEqual([0, true]);
  });

  it('first stage: the rarest terms, or the beginning of the query, cost less and find part of the top-k', () => {
    const rare = searchFirstStage(index, { kind: 'rare-terms', terms: 1 }, 'apple red', 5);
    expect([rare.hits.map(({ chunk }) => chunk), rare.postings]).toEqual([[0], 1]);
    const prefix = searchFirstStage(index, { kind: 'query-prefix', share: 0.5 }, 'sky apple', 5);
    expect([prefix.hits.map(({ chunk }) => chunk), prefix.postings]).toEqual([[2], 1]);
    expect(searchFirstStage(index, { kind: 'query-prefix', share: 1 }, 'sky apple', 5)).toEqual(index.search('sky apple', 5));
    expect(() => searchFirstStage(index, { kind: 'query-prefix', share: 0 }, 'x', 1)).toThrow('share of the query is 0');
    expect(() => searchFirstStage(index, { kind: 'rare-terms', terms: 0 }, 'x', 1)).toThrow('first-stage terms is 0');
  });
});

describe('retrieval metrics', () => {
  it('recall, reciprocal rank and overlap of hand-made rankings', () => {
    const relevant = new Set(['b', 'd', 'x']);
    expect(recallAt(['a', 'b', 'b', 'd'], relevant, 3)).toBeCloseTo(1 / 3, 12);
    expect(recallAt(['a', 'b', 'b', 'd'], relevant, 4)).toBeCloseTo(2 / 3, 12);
    expect(recallAt(['a'], new Set(), 4)).toBe(0);
    // Two chunks of one document are one place of the ranking.
    expect(reciprocalRankAt(['a', 'a', 'b'], relevant, 5)).toBe(1 / 2);
    expect(reciprocalRankAt(['a', 'c', 'b'], relevant, 2)).toBe(0);
    expect([overlap([1, 2, 3], [3, 4, 1, 5]), overlap([], [1]), overlap([], [])]).toEqual([0.5, 0, 1]);
  });

  it('answers match as whole words, without case, accents, articles and punctuation', () => {
    expect(containsAnswer('On the Moon, in december 1972.', ['December, 1972'])).toBe(true);
    expect(containsAnswer('He met Beyoncé there', ['beyonce'])).toBe(true);
    expect(containsAnswer('The Beatles played', ['A Beatles'])).toBe(true);
    expect(containsAnswer('seventeen', ['seven'])).toBe(false);
    expect(containsAnswer('anything', ['', 'the'])).toBe(false);
  });

  it('means are over the questions that have what is measured', () => {
    const tally = new RetrievalTally(2);
    tally.add({ documents: ['a', 'b'], relevant: new Set(['b']), texts: ['x', 'y'], chunks: [1, 2], early: [2, 9] });
    tally.add({ documents: ['a', 'b'], answers: ['y'], texts: ['x', 'y', 'z'], chunks: [1, 2] });
    tally.add({ documents: ['a', 'b'], answers: ['z'], texts: ['x', 'y', 'z'], chunks: [1, 2] });
    expect(tally.score()).toEqual({ questions: 3, judged: 1, recall: 1, mrr: 0.5, answerable: 2, answerInChunk: 0.5, staged: 1, earlyOverlap: 0.5 });
    expect(new RetrievalTally(5).score()).toMatchObject({ questions: 0, recall: 0, mrr: 0 });
  });

  it('latency is a base and a cost for each posting, in whole nanoseconds', () => {
    expect([retrievalNs({ baseNs: 1000, perPostingNs: 0.5 }, 3), retrievalNs(constantLatency(7), 1e6)]).toEqual([1002, 7]);
    expect(() => retrievalNs({ baseNs: -1, perPostingNs: 0 }, 1)).toThrow(RangeError);
  });
});

describe('text RAG', () => {
  const { documents, questions } = syntheticText({ documents: 300, wordsPerDocument: 60, questions: 400, seed: 2 });
  const corpus = new TextCorpus('synthetic', documents, new Chunker({ chunkTokens: 50 }));
  const index = new Bm25Index(corpus);
  const prompts = new TextRagPrompts({ corpus, index, questions, firstStage: { kind: 'rare-terms', terms: 2 }, latency: { baseNs: MILLISECOND, perPostingNs: 100 } });
  const requests = (limit: number): Request[] => [...new OpenLoopWorkload({ prompts, arrivals: new ConstantArrivals(1), limit }).requests(new RandomStreams(1))];

  it('finds the documents of its questions: those that name its own word surely, the harder ones often', () => {
    const score = prompts.score();
    expect(score).toMatchObject({ questions: 400, judged: 400, answerable: 400, staged: 400 });
    // 60 % of questions name a word that only their document has.
    expect(score.recall).toBeGreaterThan(0.75);
    expect(score.recall).toBeLessThanOrEqual(1);
    expect(score.mrr).toBeGreaterThan(0.6);
    expect(score.mrr).toBeLessThanOrEqual(score.recall);
    expect(score.earlyOverlap).toBeGreaterThan(0.3);
    expect(score.earlyOverlap).toBeLessThan(1);
    expect(score.answerInChunk).toBeGreaterThan(0.55);
  });

  it('makes requests whose units are the chunks found, with the times that the model gives', () => {
    for (const request of requests(50)) {
      expect(request.units.length).toBeGreaterThan(0);
      expect(request.units.every(({ id, tokens, document }) => tokens === corpus.tokens(id) && document === corpus.document(id))).toBe(true);
      expect(request.earlyUnits!.length).toBeLessThanOrEqual(5);
      expect(request.earlyRetrievalNs!).toBeGreaterThanOrEqual(MILLISECOND);
      expect(request.retrievalNs!).toBeGreaterThanOrEqual(request.earlyRetrievalNs!);
      // Six words at 4/3 tokens.
      expect(request.suffixTokens).toBe(8);
    }
    expect(requests(30)).toEqual(requests(30));
  });

  it('asks in the listed order, over and over, if told to', () => {
    const listed = new TextRagPrompts({ corpus, index, questions: questions.slice(0, 3), order: 'listed', topK: 2 });
    const units = [...new OpenLoopWorkload({ prompts: listed, arrivals: new ConstantArrivals(1), limit: 6 }).requests(new RandomStreams(1))].map((request) => request.units.map(({ id }) => id));
    expect(units.slice(3)).toEqual(units.slice(0, 3));
    expect(units[0]).toEqual(index.search(questions[0].text, 2).hits.map(({ chunk }) => chunk));
  });

  it('refuses an empty list of questions', () => {
    expect(() => new TextRagPrompts({ corpus, index, questions: [] })).toThrow('questions is empty');
    expect(() => new TextRagPrompts({ corpus, index, questions, topK: 1.5 })).toThrow('topK is 1.5');
  });

  it.skipIf(!existsSync(NQ))(`reports answer-in-chunk for ${NQ}, on passages made to hold the answers of half the questions (skipped without the file)`, () => {
    const nq = [...nqOpenQuestions(readLines(NQ), NQ)].slice(0, 400);
    const passages = nq.filter((_, at) => at % 2 === 0).map(({ key, text, answers }) => ({ key, text: `${text} ${answers![0]}` }));
    const nqCorpus = new TextCorpus('nq', passages, new Chunker({ chunkTokens: 100 }));
    const score = new TextRagPrompts({ corpus: nqCorpus, index: new Bm25Index(nqCorpus), questions: nq }).score();
    expect(score).toMatchObject({ questions: 400, answerable: 400, judged: 0 });
    // Every question with a passage repeats its words, so finds it; the others meet their answer by chance only.
    expect(score.answerInChunk).toBeGreaterThanOrEqual(0.5);
    expect(score.answerInChunk).toBeLessThan(0.56);
  });
});
