/** What can be set on an inference engine, and what a caller may be told. */
import type { PrefixCacheListener } from './prefix-cache.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import type { SchedulingPolicyName } from './scheduling-policy.ts';
import type { Sequence } from './sequence.ts';

export interface EngineOptions {
  /** Most tokens of one step, prefill and decode together. At least `maxSequences`. Default 8192 (vLLM: 2048 to 16384 by GPU). */
  readonly tokenBudget?: number;
  /** Most sequences running at once. Default 256, vLLM's. */
  readonly maxSequences?: number;
  /** Blocks of KV memory; `kvCapacityBlocks` works them out from GPU and model. */
  readonly kvBlocks: number;
  /** Tokens of a block. Default 16, vLLM's. */
  readonly blockTokens?: number;
  readonly policy?: SchedulingPolicyName;
  /** TTFT objective that gives a sequence without a deadline of its own one: arrival + this. */
  readonly ttftSloNs?: Nanoseconds;
  /** While the head of the queue is pending, nothing else starts. Default false: others run, it keeps its place. */
  readonly blocking?: boolean;
  /** Most sequences parked at once, waiting for remote KV: at the limit, no further head is announced. Default 2 · `maxSequences`. */
  readonly maxParked?: number;
  /**
   * A sequence takes its KV blocks before it is announced as the head, so that what is fetched for it has a place in GPU memory; the head waits where
   * there is none (vLLM: blocks are allocated before a remote KV load begins). Default false: it takes them when it is scheduled.
   */
  readonly reserveAtHead?: boolean;
  /** Split prompts over steps. Default true. Otherwise a piece longer than the budget runs as the only piece of its step. */
  readonly chunkedPrefill?: boolean;
  /** Keep computed units of `prefix` requests in KV memory. Default false. */
  readonly prefixCache?: boolean | PrefixCacheListener;
  /**
   * Plan each step while the one before it runs (vLLM's async scheduling, default there from 0.14 on): what arrives during
   * a step joins the step after the next, and what a finished sequence frees is available one step later. Default false.
   */
  readonly asyncScheduling?: boolean;
  /** Most tokens of prompt and output together. Default: no limit. */
  readonly contextLimitTokens?: number;
  /** Longer requests are rejected, or run and are counted in `contextLimitLifted`. Default `enforced`. */
  readonly contextLimit?: 'enforced' | 'lifted';
  /** Only prefill: after its first token a sequence is handed over to another engine (`onHandedOver`). Default false. */
  readonly prefillOnly?: boolean;
  /** Most decode-only steps that share one event (`DecodeRun`); 1 for an event per step. Times do not depend on it. Default 64. */
  readonly mostStepsPerEvent?: number;
}

export interface EngineHooks {
  /**
   * Called when the sequence reaches the head of the queue and could be scheduled; again after a preemption. `ready`
   * starts it now; `pending` parks it, holding no batch slot, until `engine.ready(sequence)`; other sequences run.
   */
  onHead?(sequence: Sequence): 'ready' | 'pending';
  onFirstToken?(sequence: Sequence): void;
  onFinished?(sequence: Sequence): void;
  onRejected?(sequence: Sequence, reason: string): void;
  onPreempted?(sequence: Sequence): void;
  /** The `index`-th piece (from 0, since the last admission) of the sequence has been prefilled. */
  onPieceDone?(sequence: Sequence, index: number): void;
  /** A prefill-only engine has emitted the first token; its KV leaves this engine now. */
  onHandedOver?(sequence: Sequence): void;
}

/** Options with every default filled in and checked. */
export interface ResolvedEngineOptions {
  readonly tokenBudget: number;
  readonly maxSequences: number;
  readonly kvBlocks: number;
  readonly blockTokens: number;
  readonly policy: SchedulingPolicyName;
  readonly ttftSloNs: Nanoseconds | undefined;
  readonly blocking: boolean;
  readonly maxParked: number;
  readonly reserveAtHead: boolean;
  readonly chunkedPrefill: boolean;
  readonly prefixCache: boolean | PrefixCacheListener;
  readonly asyncScheduling: boolean;
  readonly contextLimitTokens: number;
  readonly contextLimit: 'enforced' | 'lifted';
  readonly prefillOnly: boolean;
  readonly mostStepsPerEvent: number;
}

/** Blocks are pages: engines use 16 to 256 tokens. */
const MOST_BLOCK_TOKENS = 65_536;

/** @throws RangeError naming the option, its value and what was expected. */
export function resolveEngineOptions(options: EngineOptions): ResolvedEngineOptions {
  const maxSequences = options.maxSequences ?? 256;
  const resolved: ResolvedEngineOptions = {
    tokenBudget: options.tokenBudget ?? 8192,
    maxSequences,
    kvBlocks: options.kvBlocks,
    blockTokens: options.blockTokens ?? 16,
    policy: options.policy ?? 'fcfs',
    ttftSloNs: options.ttftSloNs,
    blocking: options.blocking ?? false,
    maxParked: options.maxParked ?? 2 * maxSequences,
    reserveAtHead: options.reserveAtHead ?? false,
    chunkedPrefill: options.chunkedPrefill ?? true,
    prefixCache: options.prefixCache ?? false,
    asyncScheduling: options.asyncScheduling ?? false,
    contextLimitTokens: options.contextLimitTokens ?? Number.MAX_SAFE_INTEGER,
    contextLimit: options.contextLimit ?? 'enforced',
    prefillOnly: options.prefillOnly ?? false,
    mostStepsPerEvent: options.mostStepsPerEvent ?? 64,
  };
  for (const key of ['tokenBudget', 'maxSequences', 'kvBlocks', 'blockTokens', 'maxParked', 'contextLimitTokens', 'mostStepsPerEvent'] as const) {
    const value = resolved[key];
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${key} must be a whole number of at least 1, not ${value}`);
  }
  if (resolved.blockTokens > MOST_BLOCK_TOKENS) throw new RangeError(`blockTokens must be at most ${MOST_BLOCK_TOKENS}, not ${resolved.blockTokens}`);
  if (resolved.tokenBudget < maxSequences) {
    throw new RangeError(`tokenBudget ${resolved.tokenBudget} must be at least maxSequences ${maxSequences}: every running sequence gets a token in each step`);
  }
  if (resolved.ttftSloNs !== undefined && !(resolved.ttftSloNs > 0)) throw new RangeError(`ttftSloNs must be positive, not ${resolved.ttftSloNs}`);
  return resolved;
}
