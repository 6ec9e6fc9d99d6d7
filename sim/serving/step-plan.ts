/** The next step of an engine while it is filled: its shape for the cost model, and the tokens of each prefilling sequence. */
import type { PrefillPiece, StepShape } from '../hardware/step-shape.ts';
import type { DecodeSet } from './decode-set.ts';
import type { Sequence } from './sequence.ts';

interface MutablePiece {
  newTokens: number;
  contextTokens: number;
}

export class StepPlan {
  /** Sequences with tokens in the step, and how many each. */
  readonly sequences: Sequence[] = [];
  readonly tokens: number[] = [];
  readonly #chunked: boolean;
  readonly #pieces: MutablePiece[] = [];
  readonly #pool: MutablePiece[] = [];
  readonly #shape: { prefill: readonly PrefillPiece[]; decodeSequences: number; decodeContextTokens: number };

  /** @param chunked pieces may be split to fit the budget. */
  constructor(chunked: boolean) {
    this.#chunked = chunked;
    this.#shape = { prefill: this.#pieces, decodeSequences: 0, decodeContextTokens: 0 };
  }

  get empty(): boolean {
    return this.#pieces.length === 0;
  }

  clear(): void {
    // Most steps only decode; and setting a length costs even where there is nothing to cut off.
    if (this.#pieces.length === 0) return;
    for (const piece of this.#pieces) this.#pool.push(piece);
    this.#pieces.length = 0;
    this.sequences.length = 0;
    this.tokens.length = 0;
  }

  /** Adds what fits of the sequence's pieces. @returns the tokens added. */
  add(sequence: Sequence, budget: number): number {
    let tokens = 0;
    let done = sequence.pieceDone;
    for (let index = sequence.pieceAt; index < sequence.pieceTokens.length && tokens < budget; index += 1) {
      const rest = sequence.pieceTokens[index] - done;
      const left = budget - tokens;
      if (!this.#chunked && rest > left && this.#pieces.length > 0) break;
      const taken = this.#chunked ? Math.min(rest, left) : rest;
      const piece = this.#pool.pop() ?? { newTokens: 0, contextTokens: 0 };
      piece.newTokens = taken;
      piece.contextTokens = sequence.pieceContexts[index] + done;
      this.#pieces.push(piece);
      tokens += taken;
      done = 0;
      if (taken < rest) break;
    }
    if (tokens > 0) {
      this.sequences.push(sequence);
      this.tokens.push(tokens);
    }
    return tokens;
  }

  /** The shape of the step beside the present decodes. It is reused: read it before the next step is planned. */
  shape(decode: DecodeSet): StepShape {
    this.#shape.decodeSequences = decode.size;
    this.#shape.decodeContextTokens = decode.contextTokens;
    return this.#shape;
  }
}
