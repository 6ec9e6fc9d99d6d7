/**
 * The prefill of one sequence as a list of pieces: new tokens, each piece with the context it attends to.
 *
 * Most sequences have one piece, made by the engine: the prompt after what is cached. A caller that stitches cached
 * chunks gives several, possibly while others are still being fetched, and seals the list when no more will come.
 */
import type { EngineHooks } from './engine-options.ts';
import type { Sequence } from './sequence.ts';

/** Tokens that are still to be computed. */
export function remainingTokens(sequence: Sequence): number {
  let tokens = -sequence.pieceDone;
  for (let index = sequence.pieceAt; index < sequence.pieceTokens.length; index += 1) tokens += sequence.pieceTokens[index];
  return tokens;
}

/** Whether nothing is left to compute and nothing more will come. */
export function prefillComplete(sequence: Sequence): boolean {
  return sequence.pieceSealed && sequence.pieceAt === sequence.pieceTokens.length;
}

/** @throws RangeError where a count is no whole number in its range. */
export function appendPiece(sequence: Sequence, newTokens: number, contextTokens: number): void {
  if (!Number.isSafeInteger(newTokens) || newTokens < 1) throw new RangeError(`newTokens of a piece must be a whole number of at least 1, not ${newTokens}`);
  if (!Number.isSafeInteger(contextTokens) || contextTokens < 0) throw new RangeError(`contextTokens of a piece must be a whole number of at least 0, not ${contextTokens}`);
  sequence.pieceTokens.push(newTokens);
  sequence.pieceContexts.push(contextTokens);
}

/** The one piece of a sequence of which the first `cached` tokens are in memory. */
export function makeSinglePiece(sequence: Sequence, cached: number): void {
  sequence.cachedTokens = cached;
  sequence.residentTokens = cached;
  appendPiece(sequence, sequence.promptTokens + sequence.generated - cached, cached);
  sequence.pieceSealed = true;
}

/** So many tokens have been computed. @param hooks told of each piece that is complete by that, by its index */
export function advancePieces(sequence: Sequence, tokens: number, hooks: EngineHooks): void {
  let rest = tokens;
  while (rest > 0) {
    const left = sequence.pieceTokens[sequence.pieceAt] - sequence.pieceDone;
    const taken = Math.min(left, rest);
    rest -= taken;
    sequence.pieceDone += taken;
    if (taken < left) break;
    const index = sequence.pieceAt;
    sequence.pieceAt += 1;
    sequence.pieceDone = 0;
    hooks.onPieceDone?.(sequence, index);
  }
}

/**
 * Ends the list of a caller. Prompt tokens outside the pieces count as cached; at least one token is computed, because the
 * output of the last prompt token is the first token; tokens generated before a preemption are computed again.
 */
export function sealPieces(sequence: Sequence): void {
  if (sequence.pieceSealed) throw new Error(`the pieces of request ${sequence.request.id} are sealed already`);
  let computed = 0;
  for (const tokens of sequence.pieceTokens) computed += tokens;
  computed -= sequence.againTokens;
  if (computed > sequence.promptTokens) {
    throw new RangeError(`the pieces of request ${sequence.request.id} have ${computed} tokens, its prompt only ${sequence.promptTokens}`);
  }
  if (computed === 0 && sequence.generated === 0) {
    appendPiece(sequence, 1, sequence.promptTokens - 1);
    computed = 1;
  }
  if (sequence.generated > 0) appendPiece(sequence, sequence.generated, sequence.promptTokens);
  sequence.cachedTokens = sequence.promptTokens - computed;
  sequence.pieceByCaller = true;
  sequence.pieceSealed = true;
}

/** After a preemption: what was computed is lost, and the caller may cut the prompt differently. */
export function resetPieces(sequence: Sequence): void {
  sequence.pieceTokens.length = 0;
  sequence.pieceContexts.length = 0;
  sequence.pieceAt = 0;
  sequence.pieceDone = 0;
  sequence.pieceSealed = false;
  sequence.againTokens = 0;
  sequence.pieceByCaller = false;
}
