/**
 * Entropy coding of byte strings: static order-0 range asymmetric numeral systems (Duda, *Asymmetric numeral systems*, arXiv 1311.2540, in
 * its range variant, rANS), integers only, so that the bytes are the same everywhere. A section that would not shrink is kept as it is.
 *
 * Section: mode (1 byte), length of what follows (4 bytes, little-endian), then by mode: 0 the bytes themselves; 1 the one byte that all are;
 * 2 a map of the symbols that occur (32 bytes), their frequencies out of 2^14 (2 bytes each), the coder's state (4 bytes), the code.
 */
import { CodecError } from './codec-error.ts';

const SCALE_BITS = 14;
const SCALE = 1 << SCALE_BITS;
/** The state stays in [LOW, 2^8 · LOW). */
const LOW = 1 << 23;
const MODE = { stored: 0, constant: 1, coded: 2 } as const;
const SECTION_HEADER_BYTES = 5;
const SYMBOLS = 256;

/** One section. Lossless; never more than five bytes longer than what it is given. */
export function entropyEncode(bytes: Uint8Array): Uint8Array {
  const counts = new Uint32Array(SYMBOLS);
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]]++;
  const distinct = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  if (distinct === 1) return section(MODE.constant, bytes.subarray(0, 1));
  if (distinct > 1) {
    const coded = code(bytes, frequencies(counts, bytes.length));
    if (coded !== undefined && coded.length < bytes.length) return section(MODE.coded, coded);
  }
  return section(MODE.stored, bytes);
}

/** Bytes of the section that begins at `at`. Throws CodecError when it is cut off. */
export function entropySectionBytes(bytes: Uint8Array, at: number): number {
  if (at + SECTION_HEADER_BYTES > bytes.length) throw new CodecError('truncated', `entropy section at ${at} is cut off in its header`);
  const length = SECTION_HEADER_BYTES + readUint32(bytes, at + 1);
  if (at + length > bytes.length) throw new CodecError('truncated', `entropy section at ${at} has ${bytes.length - at} of ${length} bytes`);
  return length;
}

/**
 * Decodes one whole section into exactly `length` bytes.
 * Throws CodecError where the section cannot have been made from so many bytes.
 */
export function entropyDecode(encoded: Uint8Array, length: number): Uint8Array {
  if (entropySectionBytes(encoded, 0) !== encoded.length) throw new CodecError('malformed', `entropy section of ${encoded.length} bytes announces ${readUint32(encoded, 1)}`);
  const content = encoded.subarray(SECTION_HEADER_BYTES);
  switch (encoded[0]) {
    case MODE.stored:
      if (content.length !== length) throw new CodecError('malformed', `stored section holds ${content.length} bytes; expected ${length}`);
      return content;
    case MODE.constant:
      if (content.length !== 1 || length === 0) throw new CodecError('malformed', `constant section holds ${content.length} bytes for ${length}; expected 1`);
      return new Uint8Array(length).fill(content[0]);
    case MODE.coded:
      return decode(content, length);
    default:
      throw new CodecError('malformed', `entropy section has mode ${encoded[0]}; expected 0, 1 or 2`);
  }
}

function section(mode: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SECTION_HEADER_BYTES + content.length);
  bytes[0] = mode;
  writeUint32(bytes, 1, content.length);
  bytes.set(content, SECTION_HEADER_BYTES);
  return bytes;
}

/** Counts scaled to sum to 2^14, none that occurs below 1. What rounding leaves goes to or comes from the most frequent. */
function frequencies(counts: Uint32Array, total: number): Uint32Array {
  const scaled = Uint32Array.from(counts, (count) => (count === 0 ? 0 : Math.max(1, Math.floor((count * SCALE) / total))));
  let rest = SCALE - scaled.reduce((sum, frequency) => sum + frequency, 0);
  while (rest !== 0) {
    let top = 0;
    for (let symbol = 1; symbol < SYMBOLS; symbol++) if (scaled[symbol] > scaled[top]) top = symbol;
    const step = rest > 0 ? rest : -Math.min(-rest, scaled[top] - 1, Math.max(1, scaled[top] >> 3));
    scaled[top] += step;
    rest -= step;
  }
  return scaled;
}

/** Undefined when the code outgrows the bytes. */
function code(bytes: Uint8Array, frequency: Uint32Array): Uint8Array | undefined {
  const start = starts(frequency);
  const symbols = frequency.reduce((sum, f) => sum + (f > 0 ? 1 : 0), 0);
  const headerBytes = SYMBOLS / 8 + 2 * symbols + 4;
  const reversed = new Uint8Array(bytes.length);
  let written = 0;
  let state = LOW;
  for (let i = bytes.length - 1; i >= 0; i--) {
    const f = frequency[bytes[i]];
    const limit = (LOW >>> SCALE_BITS) * 256 * f;
    while (state >= limit) {
      if (written === reversed.length) return undefined;
      reversed[written++] = state & 255;
      state >>>= 8;
    }
    const quotient = (state / f) | 0;
    state = quotient * SCALE + (state - quotient * f) + start[bytes[i]];
  }
  const out = new Uint8Array(headerBytes + written);
  let at = SYMBOLS / 8;
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    if (frequency[symbol] === 0) continue;
    out[symbol >> 3] |= 1 << (symbol & 7);
    out[at++] = frequency[symbol] & 255;
    out[at++] = frequency[symbol] >>> 8;
  }
  writeUint32(out, at, state);
  at += 4;
  while (written > 0) out[at++] = reversed[--written];
  return out;
}

function decode(content: Uint8Array, length: number): Uint8Array {
  const { frequency, at: afterTable } = readTable(content);
  const start = starts(frequency);
  const symbolOf = new Uint8Array(SCALE);
  for (let symbol = 0; symbol < SYMBOLS; symbol++) symbolOf.fill(symbol, start[symbol], start[symbol] + frequency[symbol]);
  if (afterTable + 4 > content.length) throw new CodecError('truncated', 'entropy code is cut off before its state');
  let state = readUint32(content, afterTable);
  if (state < LOW || state >= LOW * 256) throw new CodecError('malformed', `entropy code begins in state ${state}`);
  let at = afterTable + 4;
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const slot = state & (SCALE - 1);
    const symbol = symbolOf[slot];
    out[i] = symbol;
    state = frequency[symbol] * (state >>> SCALE_BITS) + slot - start[symbol];
    while (state < LOW) {
      if (at === content.length) throw new CodecError('truncated', `entropy code ends after ${i} of ${length} bytes`);
      state = (state << 8) | content[at++];
    }
  }
  if (state !== LOW || at !== content.length) throw new CodecError('malformed', `entropy code does not end with its ${length} bytes`);
  return out;
}

function readTable(content: Uint8Array): { frequency: Uint32Array; at: number } {
  const frequency = new Uint32Array(SYMBOLS);
  let at = SYMBOLS / 8;
  let sum = 0;
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    if (at > content.length) break;
    if (((content[symbol >> 3] >>> (symbol & 7)) & 1) === 0) continue;
    frequency[symbol] = content[at] | (content[at + 1] << 8);
    sum += frequency[symbol];
    at += 2;
  }
  if (at > content.length) throw new CodecError('truncated', 'entropy code is cut off in its frequencies');
  if (sum !== SCALE) throw new CodecError('malformed', `frequencies of an entropy code sum to ${sum}; expected ${SCALE}`);
  return { frequency, at };
}

/** Frequencies summed up to each symbol. */
function starts(frequency: Uint32Array): Uint32Array {
  const start = new Uint32Array(SYMBOLS);
  for (let symbol = 1; symbol < SYMBOLS; symbol++) start[symbol] = start[symbol - 1] + frequency[symbol - 1];
  return start;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = (value >>> (8 * i)) & 255;
}
