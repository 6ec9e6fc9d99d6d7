/** Cuts texts into chunks of a bounded number of tokens. */
import { WORD_RULE, piecesOf, roundedUp } from './token-rule.ts';
import type { Piece, TokenRule } from './token-rule.ts';

/** How long chunks may be, and by which count. */
export interface ChunkerOptions {
  /** Most tokens in a chunk. */
  readonly chunkTokens: number;
  /** Tokens that a chunk repeats from the end of the one before. Default 0. */
  readonly overlapTokens?: number;
  readonly rule?: TokenRule;
}

/** A stretch of a text and its length in tokens. */
export interface TextChunk {
  readonly text: string;
  readonly tokens: number;
}

/** Cuts any number of texts by one set of options. */
export class Chunker {
  readonly rule: TokenRule;
  readonly #chunkTokens: number;
  readonly #overlapTokens: number;

  constructor(options: ChunkerOptions) {
    const { chunkTokens, overlapTokens = 0, rule = WORD_RULE } = options;
    if (!(Number.isInteger(chunkTokens) && chunkTokens >= 1)) throw new RangeError(`chunk tokens is ${chunkTokens}: expected a whole number of at least 1`);
    if (!(overlapTokens >= 0 && overlapTokens < chunkTokens)) {
      throw new RangeError(`overlap is ${overlapTokens} tokens: expected 0 or more, less than the chunk's ${chunkTokens}`);
    }
    this.rule = rule;
    this.#chunkTokens = chunkTokens;
    this.#overlapTokens = overlapTokens;
  }

  /**
   * Chunks of whole words, as many as fit, in text order; none for a text of blanks. A single word longer than a chunk is
   * a chunk of its own, counted as full.
   */
  *chunks(text: string): Generator<TextChunk> {
    const pieces: { piece: Piece; tokens: number }[] = [];
    for (const piece of piecesOf(text)) pieces.push({ piece, tokens: this.rule.tokens(piece.text) });
    let first = 0;
    while (first < pieces.length) {
      let tokens = 0;
      let end = first;
      while (end < pieces.length && roundedUp(tokens + pieces[end].tokens) <= this.#chunkTokens) tokens += pieces[end++].tokens;
      if (end === first) end++;
      yield {
        text: text.slice(pieces[first].piece.start, pieces[end - 1].piece.end),
        tokens: Math.min(this.#chunkTokens, Math.max(1, roundedUp(tokens === 0 ? this.#chunkTokens : tokens))),
      };
      if (end === pieces.length) return;
      let repeated = 0;
      let next = end;
      while (next - 1 > first && roundedUp(repeated + pieces[next - 1].tokens) <= this.#overlapTokens) repeated += pieces[--next].tokens;
      first = next;
    }
  }
}
