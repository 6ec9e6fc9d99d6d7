/** What an engine asks of a GPU: how long an iteration takes. Three implementations: roofline, polynomial, profile. */
import type { Nanoseconds } from '../kernel/time.ts';
import type { RangeFlags } from './range-flags.ts';
import type { StepShape } from './step-shape.ts';

/** The sizes a model is measured or valid for. Absent: no limit known. Outside, it still answers, and raises a flag. */
export interface ValidRange {
  /** Prefill tokens of one step. */
  readonly prefillTokens?: readonly [least: number, most: number];
  /** Context of any sequence, in tokens. */
  readonly contextTokens?: readonly [least: number, most: number];
  /** Sequences decoding in one step. */
  readonly decodeSequences?: readonly [least: number, most: number];
}

export interface CostModel {
  readonly name: string;
  /** Where its numbers come from. */
  readonly source: string;
  readonly validRange: ValidRange;
  /** Answers given outside the valid range, by reason. */
  readonly outOfRange: RangeFlags;
  /** Duration of one iteration, the overhead around it included. At least 1 for a step with work, 0 for an empty one. */
  stepNs(step: StepShape): Nanoseconds;
  /** Duration of a step that prefills one sequence alone: `newTokens` tokens that attend `cachedTokens` before them. */
  prefillNs(newTokens: number, cachedTokens: number): Nanoseconds;
  /** Duration of a step that only decodes: one token for each of `sequences`, over `totalContextTokens` together. */
  decodeStepNs(sequences: number, totalContextTokens: number): Nanoseconds;
  /** Re-rotating the cached keys in `sizeBytes` of KV (keys and values) that lies in device memory. */
  ropeAdjustNs(sizeBytes: number): Nanoseconds;
}

/** A cost model in which everything follows from the cost of a step. */
export abstract class StepCostModel implements CostModel {
  abstract readonly name: string;
  abstract readonly source: string;
  abstract readonly validRange: ValidRange;
  abstract readonly outOfRange: RangeFlags;

  abstract stepNs(step: StepShape): Nanoseconds;
  abstract ropeAdjustNs(sizeBytes: number): Nanoseconds;

  prefillNs(newTokens: number, cachedTokens: number): Nanoseconds {
    return this.stepNs({ prefill: [{ newTokens, contextTokens: cachedTokens }], decodeSequences: 0, decodeContextTokens: 0 });
  }

  decodeStepNs(sequences: number, totalContextTokens: number): Nanoseconds {
    return this.stepNs({ prefill: [], decodeSequences: sequences, decodeContextTokens: totalContextTokens });
  }
}

/** Whole nanoseconds of a duration in seconds: rounded, and at least 1 where there is any work. */
export function wholeNs(seconds: number): Nanoseconds {
  const ns = Math.round(seconds * 1e9);
  if (!Number.isSafeInteger(ns) || ns < 0) throw new RangeError(`a duration of ${seconds} s does not fit the clock`);
  return seconds > 0 ? Math.max(1, ns) : 0;
}
