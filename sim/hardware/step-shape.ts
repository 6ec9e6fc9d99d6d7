/**
 * What one engine iteration has to compute, in the form that cost models take.
 *
 * Decodes are given as sums, not as a list: a step then costs O(prefill pieces) to price, however many sequences decode.
 * Every model here is linear in the decode contexts, or measured at uniform ones, so the sums are all it can use.
 */

/** Consecutive new tokens of one sequence, attending to tokens whose KV is in device memory already. */
export interface PrefillPiece {
  /** Tokens computed now, at least 1. */
  readonly newTokens: number;
  /** Tokens before them that they attend to. */
  readonly contextTokens: number;
}

export interface StepShape {
  /** Prefill pieces, one per sequence that prefills in this step (or more, with stitched chunks). */
  readonly prefill: readonly PrefillPiece[];
  /** Sequences that generate one token each. */
  readonly decodeSequences: number;
  /** Context tokens of those sequences, summed. */
  readonly decodeContextTokens: number;
}

/** Query–key pairs of a causal piece: each new token attends to the context and to the new tokens up to itself. */
export function attendedPairs(newTokens: number, contextTokens: number): number {
  return newTokens * contextTokens + (newTokens * (newTokens + 1)) / 2;
}

/** @throws RangeError where a count is negative, fractional or not finite. */
export function checkStep(step: StepShape): void {
  for (const piece of step.prefill) {
    requireCount('newTokens', piece.newTokens, 1);
    requireCount('contextTokens', piece.contextTokens, 0);
  }
  requireCount('decodeSequences', step.decodeSequences, 0);
  requireCount('decodeContextTokens', step.decodeContextTokens, 0);
}

function requireCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer of at least ${least}, not ${value}`);
  }
}
