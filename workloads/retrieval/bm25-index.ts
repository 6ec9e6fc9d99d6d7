/** Lexical retrieval over a corpus: BM25 by the MiniSearch library, with ties broken by chunk id. */
import MiniSearch from 'minisearch';
import type { TextCorpus } from '../corpora/text-corpus.ts';

/** Parameters of the score. */
export interface Bm25Options {
  /** Saturation of term frequency. Default 1.2. */
  readonly k1?: number;
  /** Strength of length normalisation. Default 0.75. */
  readonly b?: number;
  /** Words that are neither indexed nor searched. Default: the 33 English ones of Lucene of old. */
  readonly stopWords?: ReadonlySet<string>;
}

/** A chunk and its BM25 score. */
interface ScoredChunk {
  readonly chunk: number;
  readonly score: number;
}

/** A ranking and what it cost. */
export interface SearchResult {
  /** Best first; fewer than asked for where fewer chunks contain any of the terms. */
  readonly hits: readonly ScoredChunk[];
  /** Postings read: the document frequencies of the terms, added up. What the latency of a search depends on. */
  readonly postings: number;
}

/** The stop words of Lucene's StandardAnalyzer of old, from its StopAnalyzer. */
const ENGLISH_STOP_WORDS: ReadonlySet<string> = new Set(
  'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with'.split(' '),
);

/** Scores closer than this are equal: the library's scores carry the rounding of a factor that is taken out again. */
const SCORE_RESOLUTION = 1e-9;

/**
 * Score of a chunk = Σ over distinct query terms of ln(1 + (N − n + ½)/(n + ½)) · f·(k1 + 1)/(f + k1·(1 − b + b·L/L̄)), with
 * f the term's frequency in the chunk, n the chunks that contain it, N all chunks, and L the number of *distinct* terms of
 * the chunk, which is what the library takes for its length. Chunks of equal score come by id.
 */
export class Bm25Index {
  readonly #index: MiniSearch<{ id: number; text: string }>;
  readonly #stopWords: ReadonlySet<string>;
  readonly #frequency = new Map<string, number>();

  constructor(corpus: Pick<TextCorpus, 'size' | 'text'>, options: Bm25Options = {}) {
    const { k1 = 1.2, b = 0.75, stopWords = ENGLISH_STOP_WORDS } = options;
    if (!(k1 >= 0 && k1 < Infinity)) throw new RangeError(`BM25 k1 is ${k1}: expected a finite number of at least 0`);
    if (!(b >= 0 && b <= 1)) throw new RangeError(`BM25 b is ${b}: expected a number from 0 to 1`);
    this.#stopWords = stopWords;
    this.#index = new MiniSearch({
      fields: ['text'],
      tokenize: (text) => this.#words(text),
      processTerm: (term) => term,
      searchOptions: { bm25: { k: k1, b, d: 0 }, combineWith: 'OR', prefix: false, fuzzy: false },
    });
    for (let id = 0; id < corpus.size; id++) {
      const text = corpus.text(id);
      this.#index.add({ id, text });
      for (const term of new Set(this.#words(text))) this.#frequency.set(term, (this.#frequency.get(term) ?? 0) + 1);
    }
  }

  /** The distinct terms of a text, in order: runs of letters and digits in lower case, stop words left out. */
  terms(text: string): string[] {
    return [...new Set(this.#words(text))];
  }

  /** Chunks that contain a term. */
  documentFrequency(term: string): number {
    return this.#frequency.get(term) ?? 0;
  }

  search(text: string, k: number): SearchResult {
    return this.searchTerms(this.terms(text), k);
  }

  /** The `k` best chunks for the given terms, which must be as `terms` gives them. */
  searchTerms(terms: readonly string[], k: number): SearchResult {
    if (!(Number.isInteger(k) && k >= 0)) throw new RangeError(`top-k is ${k}: expected a whole number of at least 0`);
    const postings = terms.reduce((sum, term) => sum + this.documentFrequency(term), 0);
    if (k === 0 || postings === 0) return { hits: [], postings };
    // The library multiplies each score by the number of query terms found; BM25 does not.
    const hits = this.#index.search(terms.join(' ')).map((hit) => ({ chunk: hit.id as number, score: hit.score / Math.max(1, hit.queryTerms.length) }));
    const rank = (score: number): number => Math.round(score / SCORE_RESOLUTION);
    hits.sort((left, right) => rank(right.score) - rank(left.score) || left.chunk - right.chunk);
    return { hits: hits.slice(0, k), postings };
  }

  #words(text: string): string[] {
    return text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '' && !this.#stopWords.has(word));
  }
}
