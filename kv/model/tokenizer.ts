/** Text to tokens and back. */

/** A model's tokenizer, whatever file it came from. */
export interface Tokenizer {
  /** Number of tokens: ids run from 0 to vocab − 1. */
  readonly vocab: number;
  /** Token that begins a text, if the model has one. */
  readonly bos: number | undefined;
  /** Tokens of a text; with `bos`, that token first. */
  encode(text: string, bos?: boolean): number[];
  /** Text of tokens; tokens that only mark (BOS and the like) give nothing. Throws RangeError for a token outside the vocabulary. */
  decode(tokens: Iterable<number>): string;
}

/** Throws RangeError where a tokenizer and a model cannot belong together. */
export function checkTokenizerFits(tokenizer: Tokenizer, modelVocab: number, name: string): void {
  // Embedding matrices are often padded beyond the tokenizer's vocabulary; the other way round tokens would lack a row.
  if (tokenizer.vocab > modelVocab) {
    throw new RangeError(`${name}: tokenizer has ${tokenizer.vocab} tokens, but the model embeds ${modelVocab}: they do not belong together`);
  }
}

/** Bytes as text; invalid UTF-8 becomes U+FFFD. Written out because TextDecoder is not part of the language. */
export function utf8Text(bytes: readonly number[]): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i];
    const more = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : -1;
    let point = more === 0 ? lead : lead & (0x3f >> more);
    let valid = more >= 0;
    let read = 1;
    for (; valid && read <= more; read++) {
      const next = bytes[i + read];
      // Past the end there is nothing, which is no continuation byte either.
      if ((next & 0xc0) !== 0x80) {
        valid = false;
        break;
      }
      point = (point << 6) | (next & 0x3f);
    }
    const overlong = (more === 2 && point < 0x800) || (more === 3 && (point < 0x10000 || point > 0x10ffff)) || (point >= 0xd800 && point <= 0xdfff);
    if (!valid || overlong) {
      text += '\ufffd';
      i++;
    } else {
      text += String.fromCodePoint(point);
      i += read;
    }
  }
  return text;
}

/** UTF-8 bytes of a text; a lone surrogate becomes U+FFFD. */
export function utf8Bytes(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const point = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    else bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
  }
  return bytes;
}
