/** One line of a recorded trace, whatever its format. */
import type { Nanoseconds } from '../../sim/kernel/time.ts';

/** A request as it was recorded. */
export interface TraceRecord {
  /** From an origin of the format's own: replay measures from the first record. An integer; out of order it may be negative. */
  readonly arrivalNs: Nanoseconds;
  /** Prompt length, at least 1. */
  readonly inputTokens: number;
  /** Generated length; 0 is possible (a request that was cut off). */
  readonly outputTokens: number;
  /** Dense ids of the prompt's blocks in prompt order, where the trace has block hashes. */
  readonly blocks?: readonly number[];
  readonly session?: number;
  readonly tenant?: number;
  /** The model that served the request, where the trace says. */
  readonly model?: string;
  /** Line of the file, from 1. */
  readonly line?: number;
}

/** What every importer is told. */
export interface TraceSource {
  /** Named in errors. */
  readonly file: string;
  /** Tokens in a block, where the trace has block hashes. Default 512, as in the Mooncake traces. */
  readonly blockTokens?: number;
  /** Told of each record that is left out on purpose (a failed request, another model), with the reason. */
  readonly onSkip?: (line: number, reason: string) => void;
}

/** Block size of the Mooncake traces (FAST '25 release, README of the traces). */
export const DEFAULT_BLOCK_TOKENS = 512;
