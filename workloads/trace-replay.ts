/** A recorded or generated trace as a workload: its own times and lengths, at another rate or through a window. */
import type { Nanoseconds } from '../sim/kernel/time.ts';
import type { Request } from '../sim/serving/request.ts';
import { positive } from './arrivals/arrival-process.ts';
import { inArrivalOrder } from './traces/arrival-order.ts';
import { blockUnits } from './traces/block-count.ts';
import { DEFAULT_BLOCK_TOKENS } from './traces/trace-record.ts';
import type { TraceRecord } from './traces/trace-record.ts';
import type { Workload } from './workload.ts';

/** Which trace, which part of it, how fast. */
export interface TraceReplayOptions {
  /** Shown in results, and named in errors. */
  readonly name: string;
  /** Opens the trace from its start; called once for each run of `requests`. */
  readonly open: () => Iterable<TraceRecord>;
  /** Default 512. */
  readonly blockTokens?: number;
  /** Whether a block's hash stands for all before it too (default, 'prefix') or for the block alone ('chunk'). */
  readonly reuse?: 'chunk' | 'prefix';
  /** 2 replays twice as fast. Default 1. */
  readonly rateScale?: number;
  /** Only records from `fromNs` (inclusive) to `toNs` (exclusive) of trace time, which begins with the first record. The window's start becomes time 0. */
  readonly fromNs?: Nanoseconds;
  readonly toNs?: Nanoseconds;
  /** Ends the stream after so many requests. */
  readonly limit?: number;
  /** How far out of order records may stand; see inArrivalOrder. */
  readonly reorderWindow?: number;
}

/**
 * Without block hashes a prompt is one suffix: nothing of it can be reused. With fewer hashes than blocks (engines that
 * hash full blocks only) the rest is suffix. A recorded output of 0 tokens becomes 1: serving it still makes a first token.
 */
export class TraceReplay implements Workload {
  readonly name: string;
  readonly #options: TraceReplayOptions;

  constructor(options: TraceReplayOptions) {
    const { blockTokens = DEFAULT_BLOCK_TOKENS, rateScale = 1, fromNs = 0, toNs = Infinity, limit = Infinity } = options;
    if (!(Number.isInteger(blockTokens) && blockTokens >= 1)) throw new RangeError(`block tokens is ${blockTokens}: expected a whole number of at least 1`);
    positive('rate scale', rateScale);
    if (!(fromNs >= 0)) throw new RangeError(`window from ${fromNs} ns: expected at least 0`);
    if (!(toNs > fromNs)) throw new RangeError(`window to ${toNs} ns: expected more than its start, ${fromNs} ns`);
    if (!(limit >= 0)) throw new RangeError(`request limit is ${limit}: expected a whole number of at least 0`);
    this.name = options.name;
    this.#options = options;
  }

  *requests(): Generator<Request> {
    const { name, blockTokens = DEFAULT_BLOCK_TOKENS, reuse = 'prefix', reorderWindow } = this.#options;
    const { rateScale = 1, fromNs = 0, toNs = Infinity, limit = Infinity } = this.#options;
    if (limit === 0) return;
    let firstNs: Nanoseconds | undefined;
    let id = 0;
    for (const record of inArrivalOrder(this.#options.open(), name, reorderWindow)) {
      firstNs ??= record.arrivalNs;
      const traceNs = record.arrivalNs - firstNs;
      if (traceNs >= toNs) return;
      if (traceNs < fromNs) continue;
      const blocks = record.blocks ?? [];
      yield {
        id: id++,
        arrivalNs: Math.round((traceNs - fromNs) / rateScale),
        units: blockUnits(blocks, record.inputTokens, blockTokens),
        reuse,
        suffixTokens: Math.max(0, record.inputTokens - blocks.length * blockTokens),
        outputTokens: Math.max(1, record.outputTokens),
        ...(record.tenant === undefined ? {} : { tenant: record.tenant }),
        ...(record.session === undefined ? {} : { session: record.session }),
      };
      if (id >= limit) return;
    }
  }
}
