/** One request inside an engine: its timestamps, what of its prompt is computed, and its seat in the batch. */
import type { Nanoseconds } from '../kernel/time.ts';
import type { ContextUnit, Request } from './request.ts';

/**
 * new → waiting ⇄ parked → prefill → decode → finished; prefill or decode → waiting when preempted; any → aborted;
 * new → rejected. `handed over`: prefilled here, to be decoded by another engine.
 */
export type SequenceState = 'new' | 'waiting' | 'parked' | 'prefill' | 'decode' | 'finished' | 'handed over' | 'rejected' | 'aborted';

/** A timestamp that has not been reached. */
export const NOT_YET = -1;

/** Prompt length of a request, in tokens. */
export function promptTokensOf(request: Request): number {
  let tokens = request.suffixTokens;
  for (const unit of request.units) tokens += unit.tokens;
  return tokens;
}

export class Sequence {
  readonly request: Request;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly arrivalNs: Nanoseconds;
  /** When the engine received it; equals arrival where nothing comes before the queue. */
  enqueuedNs: Nanoseconds = NOT_YET;
  /** Start of the first step that computed something for it. */
  firstScheduledNs: Nanoseconds = NOT_YET;
  /** Likewise, since whoever gives its pieces last set this back to `NOT_YET`. */
  resumedNs: Nanoseconds = NOT_YET;
  firstTokenNs: Nanoseconds = NOT_YET;
  finishedNs: Nanoseconds = NOT_YET;
  /** By when the first token is due; read by the deadline policies. */
  deadlineNs: Nanoseconds = NOT_YET;
  /** Prompt tokens whose KV was found or fetched instead of computed, in the last prefill. */
  cachedTokens = 0;
  preemptions = 0;
  state: SequenceState = 'new';
  /** Whoever submits it may leave a number here, to know it again. */
  number = 0;
  /**
   * Prompt tokens that the wait estimator expects this sequence to compute; `InferenceEngine.expectPrefill` corrects it
   * when cached KV becomes known.
   */
  expectedPrefillTokens: number;

  // What follows belongs to the engine.
  /** @internal Tokens generated, as of the last change of state; `DecodeSet` knows the present number. */
  generated = 0;
  /** @internal Pieces to prefill: new tokens and context of each, and how far the first unfinished one is. */
  readonly pieceTokens: number[] = [];
  readonly pieceContexts: number[] = [];
  pieceAt = 0;
  pieceDone = 0;
  pieceSealed = false;
  /** @internal Tokens among the pieces that are computed a second time: they are no part of the prompt's count. */
  againTokens = 0;
  /** @internal The caller gives the pieces. */
  pieceByCaller = false;
  /** @internal Tokens of prompt (and regenerated output) in KV memory. */
  residentTokens = 0;
  /** @internal Blocks of its own outside the growing tail: prompt units that the prefix cache does not own. */
  unitBlocks = 0;
  /** @internal Tokens in the tail, the part of the context that is paged continuously. */
  tailTokens = 0;
  /** @internal Units it references in the prefix cache, and how many of its units are published there. */
  readonly heldUnits: ContextUnit[] = [];
  publishedUnits = 0;
  publishedTokens = 0;
  /** @internal Blocks are taken. */
  hasBlocks = false;
  /** @internal Head of the queue was announced. */
  headSeen = false;
  /** @internal Order of submission, and key of the policy. */
  order = 0;
  key = 0;
  /** @internal Its share of the estimator's sums: marginal prefill time and tokens. */
  countedNs = 0;
  countedTokens = 0;
  /** @internal Neighbours in the running list, in order of admission. */
  previous: Sequence | undefined = undefined;
  next: Sequence | undefined = undefined;
  /** @internal Decode clock when it joined the batch and when it will have all its tokens. */
  joinTick = 0;
  finishTick = 0;
  /** @internal When it became eligible, by `submit` or `ready`, and whether it still waits for the next planning to see it. */
  eligibleNs: Nanoseconds = NOT_YET;
  arriving = false;
  /** @internal It comes with the KV of its prompt: another engine has prefilled it. */
  prefilledElsewhere = false;

  /** @throws RangeError where a token count of the request is not as required. */
  constructor(request: Request) {
    if (!Number.isSafeInteger(request.outputTokens) || request.outputTokens < 1) {
      throw new RangeError(`outputTokens of request ${request.id} must be a whole number of at least 1, not ${request.outputTokens}`);
    }
    const promptTokens = promptTokensOf(request);
    if (!Number.isSafeInteger(promptTokens) || promptTokens < 1) {
      throw new RangeError(`request ${request.id} has a prompt of ${promptTokens} tokens: expected a whole number of at least 1`);
    }
    this.request = request;
    this.promptTokens = promptTokens;
    this.outputTokens = request.outputTokens;
    this.arrivalNs = request.arrivalNs;
    this.expectedPrefillTokens = promptTokens;
  }
}
