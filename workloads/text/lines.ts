/** Text pieces of any size in, lines out: streaming, with a bound on the length of a line. */
import { InputError } from './input-error.ts';

/** What errors say, and the bound. */
export interface LineOptions {
  /** Named in errors. */
  readonly file: string;
  /** A longer line is refused, so that a binary file cannot fill the memory. Default 2^26 characters. */
  readonly maxCharacters?: number;
}

const DEFAULT_MAX_CHARACTERS = 67_108_864;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * Splits pieces of text (as read from a file, cut anywhere) into lines without their terminators. Lines end in LF or
 * CRLF; a byte-order mark at the very start is dropped; a last line need not be terminated, and an empty one is not given.
 *
 * @throws InputError where a line is longer than `maxCharacters`.
 */
export function* splitLines(pieces: Iterable<string>, options: LineOptions): Generator<string> {
  const maxCharacters = options.maxCharacters ?? DEFAULT_MAX_CHARACTERS;
  let pending: string[] = [];
  let pendingCharacters = 0;
  let line = 1;
  let atStart = true;
  for (const piece of pieces) {
    let from = 0;
    if (atStart && piece.length > 0) {
      atStart = false;
      if (piece.startsWith(BYTE_ORDER_MARK)) from = 1;
    }
    for (let end = piece.indexOf('\n', from); end >= 0; end = piece.indexOf('\n', from)) {
      if (pendingCharacters + end - from > maxCharacters) throw tooLong(options.file, line, maxCharacters);
      let text = piece.slice(from, end);
      if (pending.length > 0) {
        pending.push(text);
        text = pending.join('');
        pending = [];
        pendingCharacters = 0;
      }
      yield text.endsWith('\r') ? text.slice(0, -1) : text;
      line++;
      from = end + 1;
    }
    if (from < piece.length) {
      pending.push(from === 0 ? piece : piece.slice(from));
      pendingCharacters += piece.length - from;
      if (pendingCharacters > maxCharacters) throw tooLong(options.file, line, maxCharacters);
    }
  }
  if (pendingCharacters > 0) {
    const text = pending.join('');
    yield text.endsWith('\r') ? text.slice(0, -1) : text;
  }
}

function tooLong(file: string, line: number, maxCharacters: number): InputError {
  return new InputError(file, line, `line longer than ${maxCharacters} characters: not a text file of records`);
}
