/** A text file as lines: synchronous, streaming, in bounded memory. */
import { closeSync, openSync, readSync } from 'node:fs';
import { InputError } from '../../workloads/text/input-error.ts';
import { splitLines } from '../../workloads/text/lines.ts';

const PIECE_BYTES = 1 << 18;

/**
 * Lines of a UTF-8 file, without terminators (LF or CRLF) and without a byte-order mark. The file is opened when the first
 * line is asked for, and closed after the last, or when the iteration is broken off.
 *
 * @throws InputError where the file cannot be opened or read, is UTF-16, or holds a line of more than `maxCharacters`.
 */
export function* readLines(file: string, maxCharacters?: number): Generator<string> {
  yield* splitLines(readText(file), { file, ...(maxCharacters === undefined ? {} : { maxCharacters }) });
}

function* readText(file: string): Generator<string> {
  const descriptor = attempt(file, () => openSync(file, 'r'));
  try {
    const buffer = Buffer.alloc(PIECE_BYTES);
    // Streaming decoding joins characters whose bytes are cut by the end of a piece, and drops the byte-order mark.
    const decoder = new TextDecoder('utf-8');
    for (let first = true; ; first = false) {
      const bytes = attempt(file, () => readSync(descriptor, buffer, 0, PIECE_BYTES, null));
      if (bytes === 0) break;
      const piece = buffer.subarray(0, bytes);
      if (first) refuseOtherEncodings(file, piece);
      yield decoder.decode(piece, { stream: true });
    }
    yield decoder.decode();
  } finally {
    closeSync(descriptor);
  }
}

function refuseOtherEncodings(file: string, start: Buffer): void {
  const utf16 = start.length >= 2 && ((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff));
  if (utf16) throw new InputError(file, 1, 'expected UTF-8 text, got UTF-16: save the file as UTF-8');
  if (start.length >= 2 && start[0] === 0x1f && start[1] === 0x8b) throw new InputError(file, 1, 'expected UTF-8 text, got gzip: unpack the file first');
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'this is a directory, expected a file',
};

function attempt<T>(file: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new InputError(file, 0, REASONS[code] ?? code);
  }
}
