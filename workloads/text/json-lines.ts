/** One JSON object a line, streamed, with integers too wide for a double kept as strings. */
import { InputError, excerpt } from './input-error.ts';

/** One line, parsed. */
export interface JsonRow {
  /** From 1. */
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** What errors say. */
export interface JsonLinesOptions {
  readonly file: string;
  /** What a line should hold, for the error. */
  readonly expected: string;
}

/** An integer of 16 digits and more, not part of a fraction or an exponent. */
const WIDE_INTEGERS = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;
const SIXTEEN_DIGITS = /\d{16}/;

/**
 * Parses each non-blank line. An integer of 16 or more digits (a 64-bit hash) comes back as a string of its digits: two
 * neighbouring 64-bit hashes are the same double.
 *
 * @throws InputError on a line that is not a JSON object.
 */
export function* jsonRows(lines: Iterable<string>, options: JsonLinesOptions): Generator<JsonRow> {
  let line = 0;
  for (const text of lines) {
    line++;
    if (text.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(SIXTEEN_DIGITS.test(text) ? quoteWideIntegers(text) : text);
    } catch {
      const cut = /[}\]]\s*$/.test(text) ? '' : ' (cut short?)';
      throw new InputError(options.file, line, `expected ${options.expected}, got a line that is not JSON${cut}: ${excerpt(text)}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InputError(options.file, line, `expected ${options.expected}, got ${excerpt(text)}`);
    }
    yield { line, value: value as Record<string, unknown> };
  }
}

/** Puts wide integers outside strings in quotes. A scan, not one regular expression: lines hold megabytes of text. */
function quoteWideIntegers(text: string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('"', at);
    const outside = text.slice(at, open < 0 ? text.length : open);
    parts.push(outside.replace(WIDE_INTEGERS, '"$&"'));
    if (open < 0) break;
    const close = endOfString(text, open);
    parts.push(text.slice(open, close));
    at = close;
  }
  return parts.join('');
}

/** One past the closing quote of the string that opens at `open`, or the end of the text. */
function endOfString(text: string, open: number): number {
  for (let quote = text.indexOf('"', open + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}
