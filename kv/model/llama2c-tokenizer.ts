/**
 * llama2.c tokenizer files: int32 longest piece, then for each token a float32 score, an int32 length and that many bytes; and the encoding of
 * `run.c`: a leading space, characters or their bytes as tokens (byte b is token b + 3), then the neighbouring pair with the best score merges,
 * over and over. Token 1 is BOS, 2 EOS.
 */
import { mergePairs } from './pair-merging.ts';
import { utf8Bytes, utf8Text } from './tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

const BOS = 1;
const EOS = 2;
const FIRST_BYTE_TOKEN = 3;
/** Longest piece believed; the published files stay under 100 bytes. */
const MAX_PIECE_BYTES = 65536;

/** Reads a tokenizer of `vocab` tokens. `name` stands in error messages. Throws RangeError for a file that is not one. */
export function readLlama2cTokenizer(bytes: Uint8Array, vocab: number, name: string): Tokenizer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: string[] = [];
  const scores: number[] = [];
  let at = 4;
  for (let token = 0; token < vocab; token++) {
    if (at + 8 > bytes.byteLength) throw new RangeError(`${name}: ends at token ${token} of ${vocab}: truncated, or a tokenizer of another model`);
    const score = view.getFloat32(at, true);
    const length = view.getInt32(at + 4, true);
    at += 8;
    if (Number.isNaN(score)) throw new RangeError(`${name}: score of token ${token} is NaN`);
    if (length < 0 || length > MAX_PIECE_BYTES || at + length > bytes.byteLength) {
      throw new RangeError(`${name}: token ${token} claims ${length} bytes with ${bytes.byteLength - at} left: truncated, or not a llama2.c tokenizer`);
    }
    pieces.push(utf8Text(Array.from(bytes.subarray(at, at + length))));
    scores.push(score);
    at += length;
  }
  if (at !== bytes.byteLength) throw new RangeError(`${name}: ${bytes.byteLength - at} bytes follow its ${vocab} tokens: a tokenizer of another model`);
  return new Llama2cTokenizer(pieces, scores);
}

class Llama2cTokenizer implements Tokenizer {
  readonly bos = BOS;
  readonly #pieces: readonly string[];
  readonly #scores: readonly number[];
  readonly #tokenOf = new Map<string, number>();

  constructor(pieces: readonly string[], scores: readonly number[]) {
    this.#pieces = pieces;
    this.#scores = scores;
    // The first of equal pieces counts.
    pieces.forEach((piece, token) => {
      if (!this.#tokenOf.has(piece)) this.#tokenOf.set(piece, token);
    });
  }

  get vocab(): number {
    return this.#pieces.length;
  }

  encode(text: string, bos = false): number[] {
    const start: number[] = [];
    if (text !== '') {
      for (const character of ` ${text}`) {
        const token = this.#tokenOf.get(character);
        if (token !== undefined) start.push(token);
        else for (const byte of utf8Bytes(character)) start.push(byte + FIRST_BYTE_TOKEN);
      }
    }
    const merged = mergePairs(start, (left, right) => {
      const token = this.#tokenOf.get(this.#pieces[left] + this.#pieces[right]);
      return token === undefined ? undefined : { token, rank: -this.#scores[token] };
    });
    return bos ? [BOS, ...merged] : merged;
  }

  decode(tokens: Iterable<number>): string {
    const bytes: number[] = [];
    let previous: number | undefined;
    for (const token of tokens) {
      if (!(token >= 0 && token < this.#pieces.length)) throw new RangeError(`token is ${token}; expected from 0 to ${this.#pieces.length - 1}`);
      if (token !== BOS && token !== EOS) {
        const piece = this.#pieces[token];
        const raw = /^<0x([0-9A-F]{2})>$/.exec(piece);
        if (raw !== null) bytes.push(parseInt(raw[1], 16));
        // The space put before a text goes again after BOS.
        else bytes.push(...utf8Bytes(previous === BOS && piece.startsWith(' ') ? piece.slice(1) : piece));
      }
      previous = token;
    }
    return utf8Text(bytes);
  }
}
