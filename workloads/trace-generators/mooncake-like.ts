/**
 * Traces in the manner of Mooncake's: conversations that grow turn by turn over shared system prompts and shared documents,
 * so that later prompts begin with earlier ones. For use where no recorded trace is at hand; its statistics are stated in
 * docs/models/workloads.md and checked by tests.
 */
import { RandomStreams } from '../../sim/kernel/random-streams.ts';
import { MILLISECOND, SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { Zipf } from '../../sim/kernel/zipf.ts';
import { PoissonArrivals } from '../arrivals/poisson.ts';
import type { ArrivalProcess } from '../arrivals/arrival-process.ts';
import { turnStream } from '../prompt-source.ts';
import { checkSessions, pauseAfter } from '../sessions.ts';
import type { SessionOptions } from '../sessions.ts';
import { TimedHeap } from '../timed-heap.ts';
import { tokenCount } from '../token-count.ts';
import type { TokenCount, TokenCountSpec } from '../token-count.ts';
import { DEFAULT_BLOCK_TOKENS } from '../traces/trace-record.ts';
import type { TraceRecord } from '../traces/trace-record.ts';

/** Everything but `requests` has a default, chosen to come near the published trace. */
export interface MooncakeLikeOptions {
  readonly requests: number;
  /** When requests arrive, sessions and follow-ups together. Default Poisson, 3.9 a second. */
  readonly arrivals?: ArrivalProcess;
  /** Default: 2.6 turns, 60 s apart, at least 8 s. */
  readonly sessions?: SessionOptions;
  /** Prompt heads that applications share. Default 16, Zipf exponent 1, 1 200 tokens each; count 0 for none. */
  readonly systemPrompts?: { readonly count: number; readonly zipf: number; readonly tokens: TokenCountSpec };
  /** Documents that sessions open with. Default: 60 % of sessions, among 1 500, Zipf exponent 0.6, mean 15 000 tokens. */
  readonly documents?: { readonly count: number; readonly zipf: number; readonly tokens: TokenCountSpec; readonly share: number };
  /** What the user adds in each turn. Default log-normal, mean 2 000, variation 2. */
  readonly messageTokens?: TokenCountSpec;
  /** Default log-normal, mean 149, variation 1.2. */
  readonly outputTokens?: TokenCountSpec;
  /** Longest prompt; a session whose next prompt would be longer ends. Default 200 000. */
  readonly maxInputTokens?: number;
  readonly blockTokens?: number;
  /** Sessions are dealt to so many tenants, Zipf exponent 1. Default none. System prompts and documents stay shared. */
  readonly tenants?: number;
}

const MOONCAKE_LIKE_DEFAULTS = {
  ratePerSecond: 3.9,
  sessions: { meanTurns: 2.6, thinkTimeNs: 60 * SECOND, leastThinkTimeNs: 8 * SECOND },
  systemPrompts: { count: 16, zipf: 1, tokens: 1200 },
  documents: { count: 1500, zipf: 0.6, tokens: { law: 'log-normal', mean: 15_000, variation: 1, max: 120_000 }, share: 0.6 },
  messageTokens: { law: 'log-normal', mean: 2000, variation: 2, max: 60_000 },
  outputTokens: { law: 'log-normal', mean: 149, variation: 1.2, max: 2000 },
  maxInputTokens: 200_000,
} as const;

/** A conversation so far: its tokens, and the ids of the blocks they fill. */
interface Conversation {
  tokens: number;
  readonly fullBlocks: number[];
  readonly tenant: number | undefined;
}

/**
 * Yields records in order of arrival, times in whole milliseconds as the format has them. A turn's prompt is the last one,
 * its answer, and a new message; full blocks of it that were there before keep their ids, the block that was partly filled
 * gets a new one, as hashes of content would.
 */
export function* mooncakeLikeRecords(random: RandomStreams, options: MooncakeLikeOptions): Generator<TraceRecord> {
  const { requests, maxInputTokens = MOONCAKE_LIKE_DEFAULTS.maxInputTokens, blockTokens = DEFAULT_BLOCK_TOKENS } = options;
  if (!(Number.isInteger(requests) && requests >= 0)) throw new RangeError(`requests is ${requests}: expected a whole number of at least 0`);
  const sessions = options.sessions ?? MOONCAKE_LIKE_DEFAULTS.sessions;
  checkSessions(sessions);
  const arrivals = (options.arrivals ?? new PoissonArrivals(MOONCAKE_LIKE_DEFAULTS.ratePerSecond)).scaled(1 / sessions.meanTurns);
  const message = tokenCount('messageTokens', options.messageTokens ?? MOONCAKE_LIKE_DEFAULTS.messageTokens);
  const output = tokenCount('outputTokens', options.outputTokens ?? MOONCAKE_LIKE_DEFAULTS.outputTokens);
  const streams = new RandomStreams(random.seed);
  const openings = new Openings(streams, options, blockTokens);
  const running = new Map<number, Conversation>();
  const followUps = new TimedHeap<{ session: number; turn: number }>();
  const starts = arrivals.times(streams.stream('workload/arrivals'))[Symbol.iterator]();
  let start = starts.next();
  let started = 0;
  for (let made = 0; made < requests; ) {
    let arrivalNs: Nanoseconds;
    let session: number;
    let turn: number;
    if (start.done !== true && start.value <= followUps.nextTimeNs) {
      [arrivalNs, session, turn] = [start.value, started++, 0];
      start = starts.next();
      running.set(session, openings.open(session));
    } else if (followUps.size > 0) {
      arrivalNs = followUps.nextTimeNs;
      ({ session, turn } = followUps.pop());
    } else {
      return;
    }
    const conversation = running.get(session)!;
    const draws = turnStream(streams, 'message', { session, turn });
    conversation.tokens += message.sample(draws);
    const outputTokens = output.sample(draws);
    if (conversation.tokens > maxInputTokens) {
      running.delete(session);
      continue;
    }
    const whole = Math.floor(conversation.tokens / blockTokens);
    while (conversation.fullBlocks.length < whole) conversation.fullBlocks.push(openings.newBlock());
    const blocks = conversation.fullBlocks.slice();
    if (whole * blockTokens < conversation.tokens) blocks.push(openings.newBlock());
    const inputTokens = conversation.tokens;
    conversation.tokens += outputTokens;
    const pauseNs = pauseAfter(streams, sessions, session, turn);
    if (pauseNs === undefined) running.delete(session);
    else followUps.push(arrivalNs + pauseNs, { session, turn: turn + 1 });
    made++;
    yield {
      arrivalNs: Math.floor(arrivalNs / MILLISECOND) * MILLISECOND,
      inputTokens,
      outputTokens,
      blocks,
      session,
      ...(conversation.tenant === undefined ? {} : { tenant: conversation.tenant }),
    };
  }
}

/** How sessions begin: a system prompt, perhaps a document after it; equal beginnings have equal blocks. */
class Openings {
  readonly #streams: RandomStreams;
  readonly #blockTokens: number;
  readonly #systemPrompts: readonly number[];
  readonly #systemPromptLaw: Zipf | undefined;
  readonly #documents: readonly number[];
  readonly #documentLaw: Zipf | undefined;
  readonly #documentShare: number;
  readonly #tenantLaw: Zipf | undefined;
  /** Full blocks of each beginning: by system prompt, then document (−1: none). */
  readonly #blocks = new Map<number, Map<number, readonly number[]>>();
  #nextBlock = 0;

  constructor(streams: RandomStreams, options: MooncakeLikeOptions, blockTokens: number) {
    const systemPrompts = options.systemPrompts ?? MOONCAKE_LIKE_DEFAULTS.systemPrompts;
    const documents = options.documents ?? MOONCAKE_LIKE_DEFAULTS.documents;
    if (!(documents.share >= 0 && documents.share <= 1)) throw new RangeError(`documents.share is ${documents.share}: expected a share from 0 to 1`);
    this.#streams = streams;
    this.#blockTokens = blockTokens;
    const lengths = (name: string, count: number, law: TokenCount): number[] => {
      const stream = streams.stream(`workload/${name}`);
      return Array.from({ length: count }, () => law.sample(stream));
    };
    this.#systemPrompts = lengths('system-prompts', systemPrompts.count, tokenCount('systemPrompts.tokens', systemPrompts.tokens));
    this.#systemPromptLaw = systemPrompts.count > 0 ? new Zipf(systemPrompts.count, systemPrompts.zipf) : undefined;
    this.#documents = lengths('documents', documents.count, tokenCount('documents.tokens', documents.tokens));
    this.#documentLaw = documents.count > 0 ? new Zipf(documents.count, documents.zipf) : undefined;
    this.#documentShare = documents.share;
    this.#tenantLaw = options.tenants === undefined || options.tenants === 0 ? undefined : new Zipf(options.tenants, 1);
  }

  newBlock(): number {
    return this.#nextBlock++;
  }

  open(session: number): Conversation {
    const stream = turnStream(this.#streams, 'opening', { session, turn: 0 });
    const systemPrompt = this.#systemPromptLaw?.sample(stream) ?? -1;
    const hasDocument = stream.next() < this.#documentShare;
    const document = hasDocument ? (this.#documentLaw?.sample(stream) ?? -1) : -1;
    const tenant = this.#tenantLaw?.sample(turnStream(this.#streams, 'tenant', { session, turn: 0 }));
    const tokens = (this.#systemPrompts[systemPrompt] ?? 0) + (this.#documents[document] ?? 0);
    return { tokens, fullBlocks: this.#fullBlocks(systemPrompt, document, tokens).slice(), tenant };
  }

  /** Full blocks of the system prompt alone are shared by all its documents; the block that holds the seam is not. */
  #fullBlocks(systemPrompt: number, document: number, tokens: number): readonly number[] {
    let ofPrompt = this.#blocks.get(systemPrompt);
    if (ofPrompt === undefined) this.#blocks.set(systemPrompt, (ofPrompt = new Map<number, readonly number[]>()));
    const known = ofPrompt.get(document);
    if (known !== undefined) return known;
    const blocks = document < 0 ? [] : this.#fullBlocks(systemPrompt, -1, this.#systemPrompts[systemPrompt] ?? 0).slice();
    while (blocks.length < Math.floor(tokens / this.#blockTokens)) blocks.push(this.newBlock());
    ofPrompt.set(document, blocks);
    return blocks;
  }
}
