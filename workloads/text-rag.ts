/** Retrieval-augmented generation over a real text corpus: questions, answered from the chunks that BM25 ranks first. */
import type { RandomStreams } from '../sim/kernel/random-streams.ts';
import type { Nanoseconds } from '../sim/kernel/time.ts';
import { Zipf } from '../sim/kernel/zipf.ts';
import type { Question } from './corpora/question.ts';
import type { TextCorpus } from './corpora/text-corpus.ts';
import { WORD_RULE, countTokens } from './corpora/token-rule.ts';
import type { TokenRule } from './corpora/token-rule.ts';
import { turnStream } from './prompt-source.ts';
import type { Prompt, Prompts, PromptSource, Turn } from './prompt-source.ts';
import type { Bm25Index } from './retrieval/bm25-index.ts';
import { searchFirstStage } from './retrieval/first-stage.ts';
import type { FirstStage } from './retrieval/first-stage.ts';
import { retrievalNs } from './retrieval/retrieval-latency.ts';
import type { RetrievalLatency } from './retrieval/retrieval-latency.ts';
import { RetrievalTally } from './retrieval/retrieval-metrics.ts';
import type { RetrievalScore } from './retrieval/retrieval-metrics.ts';
import { tokenCount } from './token-count.ts';
import type { TokenCount, TokenCountSpec } from './token-count.ts';

/** The corpus, its index, and the questions put to it. */
export interface TextRagOptions {
  readonly corpus: TextCorpus;
  readonly index: Bm25Index;
  readonly questions: readonly Question[];
  /** Default 5. */
  readonly topK?: number;
  /** Which question a turn asks: in the order of the list, over and over; or drawn, the list being in order of popularity. Default drawn, uniformly. */
  readonly order?: 'listed' | { readonly zipf: number };
  /** Default 64. */
  readonly outputTokens?: TokenCountSpec;
  /** Counts the question's tokens; should be the rule that the corpus was cut by. Default WORD_RULE. */
  readonly rule?: TokenRule;
  readonly firstStage?: FirstStage;
  readonly latency?: RetrievalLatency;
  /** Of the first stage. Default that of the full search. */
  readonly firstStageLatency?: RetrievalLatency;
}

interface Retrieved {
  readonly chunks: readonly number[];
  readonly early?: readonly number[];
  readonly searchNs?: Nanoseconds;
  readonly earlyNs?: Nanoseconds;
  readonly questionTokens: number;
}

/** Searches each question once, when it is first asked, and remembers the outcome: the index does not change. */
export class TextRagPrompts implements PromptSource {
  readonly name: string;
  readonly catalogue: TextCorpus;
  readonly #options: TextRagOptions;
  readonly #topK: number;
  readonly #output: TokenCount;
  readonly #popularity: Zipf | undefined;
  readonly #retrieved: (Retrieved | undefined)[] = [];

  constructor(options: TextRagOptions) {
    const { topK = 5, order = { zipf: 0 } } = options;
    if (options.questions.length === 0) throw new RangeError('questions is empty: expected at least one question');
    if (!(Number.isInteger(topK) && topK >= 0)) throw new RangeError(`topK is ${topK}: expected a whole number of at least 0`);
    this.name = options.corpus.name;
    this.catalogue = options.corpus;
    this.#options = options;
    this.#topK = topK;
    this.#output = tokenCount('outputTokens', options.outputTokens ?? 64);
    this.#popularity = order === 'listed' ? undefined : new Zipf(options.questions.length, order.zipf);
  }

  /** Recall@k, MRR@k, answer-in-chunk and first-stage overlap over the first `limit` questions, each counted once. */
  score(limit = Infinity): RetrievalScore {
    const { corpus, questions } = this.#options;
    const tally = new RetrievalTally(this.#topK);
    for (let index = 0; index < Math.min(limit, questions.length); index++) {
      const { chunks, early } = this.#retrieve(index);
      const { relevant, answers } = questions[index];
      tally.add({
        documents: chunks.map((chunk) => corpus.documentKey(chunk)),
        texts: chunks.map((chunk) => corpus.text(chunk)),
        chunks,
        ...(relevant === undefined ? {} : { relevant }),
        ...(answers === undefined ? {} : { answers }),
        ...(early === undefined ? {} : { early }),
      });
    }
    return tally.score();
  }

  /** Chunks from the most to the least often retrieved, by the popularity of the questions that retrieve them; those that none does come last. */
  byPopularity(): Int32Array {
    const { corpus, questions } = this.#options;
    const uses = new Float64Array(corpus.size);
    for (let index = 0; index < questions.length; index++) {
      const weight = this.#popularity?.probability(index) ?? 1;
      for (const chunk of this.#retrieve(index).chunks) uses[chunk] += weight;
    }
    return Int32Array.from({ length: corpus.size }, (_, chunk) => chunk).sort((a, b) => uses[b] - uses[a] || a - b);
  }

  open(random: RandomStreams): Prompts {
    let asked = 0;
    return {
      next: (turn: Turn): Prompt => {
        const question = this.#popularity?.sample(turnStream(random, 'question', turn)) ?? asked % this.#options.questions.length;
        asked++;
        return this.#prompt(question, this.#output.sample(turnStream(random, 'output', turn)));
      },
    };
  }

  #prompt(question: number, outputTokens: number): Prompt {
    const { corpus } = this.#options;
    const { chunks, early, searchNs, earlyNs, questionTokens } = this.#retrieve(question);
    return {
      units: chunks.map((id) => ({ id, tokens: corpus.tokens(id), document: corpus.document(id) })),
      reuse: 'chunk',
      suffixTokens: questionTokens,
      outputTokens,
      ...(early === undefined ? {} : { earlyUnits: early }),
      ...(searchNs === undefined ? {} : { retrievalNs: searchNs }),
      ...(earlyNs === undefined ? {} : { earlyRetrievalNs: earlyNs }),
    };
  }

  #retrieve(question: number): Retrieved {
    return (this.#retrieved[question] ??= this.#search(this.#options.questions[question].text));
  }

  #search(text: string): Retrieved {
    const { index, firstStage, latency, firstStageLatency = latency, rule = WORD_RULE } = this.#options;
    const final = index.search(text, this.#topK);
    const first = firstStage === undefined ? undefined : searchFirstStage(index, firstStage, text, this.#topK);
    return {
      chunks: final.hits.map(({ chunk }) => chunk),
      questionTokens: countTokens(text, rule),
      ...(first === undefined ? {} : { early: first.hits.map(({ chunk }) => chunk) }),
      ...(latency === undefined ? {} : { searchNs: retrievalNs(latency, final.postings) }),
      ...(firstStageLatency === undefined || first === undefined ? {} : { earlyNs: retrievalNs(firstStageLatency, first.postings) }),
    };
  }
}
