/**
 * Synthetic retrieval-augmented generation: each query brings its top-k chunks of a corpus, then its question. Which chunks
 * is set by popularity (popularity.ts), how long things are by token laws (token-count.ts).
 */
import type { RandomStream } from '../sim/kernel/random-stream.ts';
import { RandomStreams } from '../sim/kernel/random-streams.ts';
import { Zipf } from '../sim/kernel/zipf.ts';
import type { ContextUnit } from '../sim/serving/request.ts';
import type { ArrivalProcess } from './arrivals/arrival-process.ts';
import { OpenLoopWorkload } from './open-loop.ts';
import { ChunkPopularity } from './popularity.ts';
import type { PopularityOptions } from './popularity.ts';
import { PrefixIds } from './prefix-ids.ts';
import { turnStream } from './prompt-source.ts';
import type { Prompt, Prompts, PromptSource, Turn } from './prompt-source.ts';
import type { SessionOptions } from './sessions.ts';
import { SyntheticCatalogue } from './synthetic-catalogue.ts';
import type { TokenCount, TokenCountSpec } from './token-count.ts';
import { tokenCount } from './token-count.ts';

/** The corpus, and how queries draw on it. */
export interface RagOptions {
  readonly name?: string;
  /** Chunks in the corpus. Default 50 000. */
  readonly chunks?: number;
  /** Length of a chunk. Default 512. The corpus is the same for every seed of an experiment. */
  readonly chunkTokens?: TokenCountSpec;
  /** Distinct chunks of a query. Default 5. */
  readonly topK?: number;
  /** Zipf exponent of chunk popularity. Default 1. */
  readonly zipf?: number;
  /** Consecutive chunks that make a document. Default 8. */
  readonly chunksPerDocument?: number;
  /** Consecutive documents that make a topic. Default 16. */
  readonly documentsPerTopic?: number;
  /** Probability that a further chunk of a query comes from its topic. Default 0: independent draws. */
  readonly topicLocality?: number;
  readonly drift?: NonNullable<PopularityOptions['drift']>;
  /** Default 32. Never reusable. */
  readonly questionTokens?: TokenCountSpec;
  /** Default 64. */
  readonly outputTokens?: TokenCountSpec;
  /**
   * Order of the chunks in the prompt: as retrieved (default), shuffled, or by chunk id (as documents run). A chunk comes
   * back at another position in the first two: reuse by prefix then fails, reuse by chunk does not.
   */
  readonly order?: 'retrieval' | 'shuffled' | 'document';
  /**
   * The first-stage top-k that is known at arrival: each final chunk is in it with this probability; its misses are
   * replaced by other chunks of the same popularity and topic. Mean |early ∩ final| ÷ k is this number. Absent: no
   * `earlyUnits` on the requests.
   */
  readonly earlyOverlap?: number;
  /** A prompt head that all queries share, as a unit of its own in front. Default 0: none. */
  readonly systemPromptTokens?: number;
  /** Default 'chunk'. With 'prefix', a unit id stands for a chunk and all before it in the prompt. */
  readonly reuse?: 'chunk' | 'prefix';
  /** Tags sessions (single questions, where there are no follow-ups) with tenants of Zipf-distributed size. */
  readonly tenants?: { readonly count: number; readonly zipf: number };
  /** How a follow-up question builds on the one before. Absent: turns of a session are independent. */
  readonly followUp?: {
    /** Probability that a chunk of the last turn is retrieved again. */
    readonly repeatShare: number;
    /** Past questions and answers stand before the question, the newest so many tokens of them. Default 2048. */
    readonly historyTokens?: number;
  };
  /** Names the random choices of the corpus (chunk lengths). Default `corpus`. */
  readonly corpusSeed?: string | number;
}

const DEFAULTS = {
  name: 'rag', chunks: 50_000, chunkTokens: 512, topK: 5, zipf: 1, chunksPerDocument: 8, documentsPerTopic: 16, topicLocality: 0,
  questionTokens: 32, outputTokens: 64, order: 'retrieval', systemPromptTokens: 0, reuse: 'chunk', corpusSeed: 'corpus',
} as const;
const DEFAULT_HISTORY_TOKENS = 2048;

type Resolved = RagOptions & Required<Pick<RagOptions, keyof typeof DEFAULTS>>;

/** The queries; join them to an arrival process with OpenLoopWorkload, or to waiting clients with ClosedLoopWorkload. */
export class RagPrompts implements PromptSource {
  readonly name: string;
  /** Chunk c has id c; the shared prompt head, where there is one, comes after the last chunk. Absent with reuse by prefix. */
  readonly catalogue?: SyntheticCatalogue;
  readonly #options: Resolved;
  readonly #corpus: SyntheticCatalogue;
  readonly #question: TokenCount;
  readonly #output: TokenCount;

  /** @throws RangeError on an impossible option, naming it. */
  constructor(options: RagOptions = {}) {
    const resolved: Resolved = { ...DEFAULTS, ...options };
    const { chunks, topK, earlyOverlap, followUp, tenants, systemPromptTokens } = resolved;
    whole('chunks', chunks, 1);
    whole('topK', topK, 0);
    whole('systemPromptTokens', systemPromptTokens, 0);
    whole('chunksPerDocument', resolved.chunksPerDocument, 1);
    whole('documentsPerTopic', resolved.documentsPerTopic, 1);
    if (topK > chunks) throw new RangeError(`topK is ${topK}: expected at most the corpus, ${chunks} chunks`);
    if (earlyOverlap !== undefined) share('earlyOverlap', earlyOverlap);
    share('topicLocality', resolved.topicLocality);
    if (followUp !== undefined) {
      share('followUp.repeatShare', followUp.repeatShare);
      whole('followUp.historyTokens', followUp.historyTokens ?? DEFAULT_HISTORY_TOKENS, 0);
    }
    if (tenants !== undefined) whole('tenants.count', tenants.count, 1);
    this.#options = resolved;
    this.name = resolved.name;
    this.#corpus = new SyntheticCatalogue({
      chunks,
      chunkTokens: tokenCount('chunkTokens', resolved.chunkTokens),
      chunksPerDocument: resolved.chunksPerDocument,
      headTokens: systemPromptTokens,
      seed: resolved.corpusSeed,
    });
    if (resolved.reuse === 'chunk') this.catalogue = this.#corpus;
    this.#question = tokenCount('questionTokens', resolved.questionTokens);
    this.#output = tokenCount('outputTokens', resolved.outputTokens);
  }

  /** The popularity of chunks as a run with this seed begins. */
  popularity(random: RandomStreams): ChunkPopularity {
    const { chunks, zipf, topicLocality, chunksPerDocument, documentsPerTopic, drift } = this.#options;
    const topicChunks = chunksPerDocument * documentsPerTopic;
    const streams = new RandomStreams(random.seed);
    return new ChunkPopularity(
      { chunks, exponent: zipf, topicLocality, topicChunks, ...(drift === undefined ? {} : { drift }) },
      streams.stream('workload/popularity'),
      streams.stream('workload/drift'),
    );
  }

  open(random: RandomStreams): Prompts {
    return new RagRun(this.#options, this.#corpus, this.#question, this.#output, this.popularity(random), random);
  }
}

interface SessionState {
  readonly chunks: readonly number[];
  readonly historyTokens: number;
}

class RagRun implements Prompts {
  readonly #options: Resolved;
  readonly #corpus: SyntheticCatalogue;
  readonly #question: TokenCount;
  readonly #output: TokenCount;
  readonly #popularity: ChunkPopularity;
  readonly #random: RandomStreams;
  readonly #sessions = new Map<number, SessionState>();
  readonly #prefixIds: PrefixIds | undefined;
  readonly #tenantSizes: Zipf | undefined;

  constructor(options: Resolved, corpus: SyntheticCatalogue, question: TokenCount, output: TokenCount, popularity: ChunkPopularity, random: RandomStreams) {
    this.#options = options;
    this.#corpus = corpus;
    this.#question = question;
    this.#output = output;
    this.#popularity = popularity;
    this.#random = random;
    this.#prefixIds = options.reuse === 'prefix' ? new PrefixIds() : undefined;
    this.#tenantSizes = options.tenants === undefined ? undefined : new Zipf(options.tenants.count, options.tenants.zipf);
  }

  next(turn: Turn): Prompt {
    const { order, earlyOverlap, followUp, reuse } = this.#options;
    this.#popularity.advanceTo(turn.timeNs);
    const before = followUp === undefined ? undefined : this.#sessions.get(turn.session);
    const chunks = this.#retrieve(turn, before?.chunks ?? []);
    const questionTokens = this.#draw(this.#question, 'question', turn);
    const outputTokens = this.#draw(this.#output, 'output', turn);
    const historyTokens = before?.historyTokens ?? 0;
    if (followUp !== undefined) {
      if (turn.last) this.#sessions.delete(turn.session);
      else {
        const most = followUp.historyTokens ?? DEFAULT_HISTORY_TOKENS;
        this.#sessions.set(turn.session, { chunks, historyTokens: Math.min(most, historyTokens + questionTokens + outputTokens) });
      }
    }
    const placed = chunks.slice();
    if (order === 'shuffled') turnStream(this.#random, 'order', turn).shuffle(placed);
    if (order === 'document') placed.sort((a, b) => a - b);
    const tenant = this.#tenantSizes?.sample(turnStream(this.#random, 'tenant', { session: turn.session, turn: 0 }));
    const early = earlyOverlap === undefined ? undefined : this.#firstStage(turn, chunks, earlyOverlap);
    return {
      units: this.#units(placed),
      reuse,
      suffixTokens: historyTokens + questionTokens,
      outputTokens,
      ...(early === undefined ? {} : { earlyUnits: early }),
      ...(tenant === undefined ? {} : { tenant }),
    };
  }

  #draw(law: TokenCount, purpose: string, turn: Turn): number {
    return law.sample(law.constant ? this.#unused() : turnStream(this.#random, purpose, turn));
  }

  /** A constant law draws nothing: any stream will do, and making one for each turn would cost more than the prompt. */
  #unused(): RandomStream {
    return this.#random.stream('workload/unused');
  }

  #retrieve(turn: Turn, previous: readonly number[]): readonly number[] {
    const { topK, followUp } = this.#options;
    if (topK === 0) return [];
    const stream = turnStream(this.#random, 'chunks', turn);
    const repeated = followUp === undefined ? [] : previous.filter(() => stream.bernoulli(followUp.repeatShare));
    return [...repeated, ...this.#popularity.choose(stream, topK - repeated.length, repeated, previous[0])];
  }

  #firstStage(turn: Turn, final: readonly number[], overlap: number): readonly number[] {
    const stream = turnStream(this.#random, 'early', turn);
    const kept = final.map(() => stream.bernoulli(overlap));
    // A small corpus may not hold enough other chunks: then fewer are known early.
    const misses = Math.min(kept.filter((keep) => !keep).length, this.#options.chunks - final.length);
    const others = this.#popularity.choose(stream, misses, final, final[0]);
    const early: number[] = [];
    final.forEach((chunk, index) => {
      const unit = kept[index] ? chunk : others.pop();
      if (unit !== undefined) early.push(unit);
    });
    return early;
  }

  #units(chunks: readonly number[]): readonly ContextUnit[] {
    const { systemPromptTokens, chunks: corpusSize } = this.#options;
    const ids = systemPromptTokens > 0 ? [corpusSize, ...chunks] : chunks;
    const prefixIds = this.#prefixIds?.of(ids);
    return ids.map((id, index) => {
      const document = this.#corpus.document(id);
      const unit = { id: prefixIds?.[index] ?? id, tokens: this.#corpus.tokens(id) };
      return document === undefined ? unit : { ...unit, document };
    });
  }
}

function whole(name: string, value: number, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least)) throw new RangeError(`${name} is ${value}: expected a whole number of at least ${least}`);
}

function share(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} is ${value}: expected a share from 0 to 1`);
}

/** RagOptions, with arrivals and sessions. */
export interface RagWorkloadOptions extends RagOptions {
  readonly arrivals: ArrivalProcess;
  readonly sessions?: SessionOptions;
  readonly limit?: number;
}

/** The queries of an open loop. */
export function ragWorkload(options: RagWorkloadOptions): OpenLoopWorkload {
  const { arrivals, sessions, limit, ...rag } = options;
  return new OpenLoopWorkload({
    prompts: new RagPrompts(rag),
    arrivals,
    ...(sessions === undefined ? {} : { sessions }),
    ...(limit === undefined ? {} : { limit }),
  });
}
