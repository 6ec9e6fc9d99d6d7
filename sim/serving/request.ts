/**
 * What arrives at the cluster: a prompt made of reusable units, then a suffix that is never reusable.
 *
 * Workloads make requests, serving systems read them, and nothing mutates them: the same list is given to every system
 * under test, so that systems are compared on identical input.
 */
import type { Nanoseconds } from '../kernel/time.ts';

/** One reusable piece of a prompt: a retrieved chunk, or a fixed-size block of a hashed prefix. */
export interface ContextUnit {
  /** Chunk or block id, a non-negative safe integer. Two units with one id hold the same tokens. */
  readonly id: number;
  /** Length in tokens, at least 1. */
  readonly tokens: number;
  /** The document that a chunk was cut from. */
  readonly document?: number;
}

/** One inference request. Prompt length in tokens = the sum over `units`, plus `suffixTokens`. */
export interface Request {
  /** Unique within a workload; dense from 0 in order of arrival (of issue, in a closed loop). */
  readonly id: number;
  /** When the request reaches the cluster. */
  readonly arrivalNs: Nanoseconds;
  /** The reusable pieces, in prompt order. */
  readonly units: readonly ContextUnit[];
  /**
   * How cached units may be used: `chunk` is independent of position, each unit alone is reusable (after re-rotating its
   * keys); `prefix` lets only a leading run of units be reused, because a block's KV depends on all tokens before it: an id
   * then stands for its block and everything before it, as in a hash chain.
   */
  readonly reuse: 'chunk' | 'prefix';
  /** Tokens after the units that no cache can hold: the question. */
  readonly suffixTokens: number;
  /** Tokens to generate, at least 1: the first one ends the TTFT. */
  readonly outputTokens: number;
  /** Unit ids of the first-stage top-k, known at arrival, before retrieval proper has run. */
  readonly earlyUnits?: readonly number[];
  /** How long retrieving `units` takes, where the workload models it; else the experiment's constant holds. */
  readonly retrievalNs?: Nanoseconds;
  /** How long the first stage takes, that gives `earlyUnits`; part of `retrievalNs` or beside it, as the system decides. */
  readonly earlyRetrievalNs?: Nanoseconds;
  /** The tenant that sent the request, for isolation between tenants. */
  readonly tenant?: number;
  /** The conversation that the request belongs to. */
  readonly session?: number;
}
