/**
 * A run of steps that only decode, worked out ahead. While no sequence arrives, finishes or lacks a block, every plan is the one before it with
 * each context a token longer; so the ends of such steps are computed at once, and one event stands for them all. Whatever touches
 * the engine meanwhile first brings its books up to that moment and cuts the run short at the step under way: times are the same as
 * with one event per step.
 */
import type { CostModel } from '../hardware/cost-model.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import type { DecodeSet } from './decode-set.ts';

export class DecodeRun {
  readonly #mostSteps: number;
  readonly #shape = { prefill: [], decodeSequences: 0, decodeContextTokens: 0 };
  /** End of each step after the one under way. */
  readonly #ends: number[] = [];
  #next = 0;
  #count = 0;

  /** @param mostSteps steps of one run, the first included. */
  constructor(mostSteps: number) {
    this.#mostSteps = mostSteps;
  }

  /** Steps still to come after the one under way. */
  get stepsAhead(): number {
    return this.#count - this.#next;
  }

  /**
   * Works out the steps that follow one that ends at `endNs`, as far as blocks last, no sequence finishes before the last of them, and the
   * cost model answers within its range (outside, each answer must be counted as it is used).
   * @returns the end of the last.
   */
  plan(costs: CostModel, decode: DecodeSet, freeBlocks: number, endNs: Nanoseconds): Nanoseconds {
    this.#next = 0;
    this.#count = 0;
    const steps = Math.min(decode.stepsToFinish, this.#mostSteps);
    if (steps < 2) return endNs;
    const { outOfRange } = costs;
    const shape = this.#shape;
    shape.decodeSequences = decode.size;
    shape.decodeContextTokens = decode.contextTokens;
    let lastNs = endNs;
    let blocksLeft = freeBlocks;
    outOfRange.recording = false;
    const unrecorded = outOfRange.unrecorded;
    for (let ahead = 1; ahead < steps; ahead += 1) {
      blocksLeft -= decode.blocksNeededAfter(ahead);
      if (blocksLeft < 0) break;
      shape.decodeContextTokens += decode.size;
      const durationNs = costs.stepNs(shape);
      if (outOfRange.unrecorded !== unrecorded) break;
      lastNs += durationNs;
      this.#ends[this.#count] = lastNs;
      this.#count += 1;
    }
    outOfRange.recording = true;
    return lastNs;
  }

  /** Begins the next step. @returns its end. */
  advance(): Nanoseconds {
    const endNs = this.#ends[this.#next];
    this.#next += 1;
    return endNs;
  }

  /** Gives up the steps ahead. */
  cut(): void {
    this.#count = this.#next;
  }
}
