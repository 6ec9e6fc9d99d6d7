/**
 * Walks a msgpack value without building it (MessagePack specification, github.com/msgpack/msgpack, spec.md), so that a decoder that
 * trusts its input may be given it afterwards. What passes is one whole value and nothing after it; every length fits in the bytes that are left;
 * nothing is nested deeper than a message is; map keys are texts; texts are UTF-8; extension types are known.
 *
 * Time is linear in the bytes. A decoder that sets aside a place for each announced element takes at most as many places as there are bytes, since the
 * elements still owed by all open containers must fit in the bytes left.
 */
import { CodecError } from '../codec-error.ts';

const DEPTH_MAX = 8;

export interface MsgpackRules {
  /** Extension types that may occur. */
  readonly extensions: ReadonlySet<number>;
  /** UTF-8 bytes of one text. */
  readonly textBytes: number;
}

/** Throws CodecError unless `bytes` is one acceptable value. */
export function checkMsgpack(bytes: Uint8Array, rules: MsgpackRules): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Values still to come in each open container; a map's are keys and values in turn, even counts before keys.
  const owed: number[] = [1];
  const isMap: boolean[] = [false];
  let owedSum = 1;
  let at = 0;
  while (owed.length > 0) {
    const top = owed.length - 1;
    if (owed[top] === 0) {
      owed.pop();
      isMap.pop();
      continue;
    }
    if (owedSum > bytes.length - at) throw new CodecError('truncated', `msgpack value is cut off: ${owedSum} values to come in ${bytes.length - at} bytes`);
    const isKey = isMap[top] && owed[top] % 2 === 0;
    owed[top]--;
    owedSum--;
    const token = readToken(bytes, view, at, rules);
    if (isKey && !token.text) throw new CodecError('malformed', `map key at byte ${at} is not a text`);
    if (token.end > bytes.length) throw new CodecError('truncated', `msgpack value at byte ${at} needs ${token.end - at} bytes; ${bytes.length - at} are left`);
    if (token.text) checkText(bytes, token.from, token.end, rules.textBytes);
    at = token.end;
    if (token.entries > 0) {
      if (owed.length > DEPTH_MAX) throw new CodecError('malformed', `msgpack value is nested deeper than ${DEPTH_MAX} levels`);
      const values = token.map ? 2 * token.entries : token.entries;
      owed.push(values);
      isMap.push(token.map);
      owedSum += values;
    }
  }
  if (at !== bytes.length) throw new CodecError('malformed', `${bytes.length - at} bytes after the msgpack value`);
}

/** One format byte with its length and content; containers end before their first element. */
interface Token {
  /** Where content begins. */
  from: number;
  end: number;
  entries: number;
  map: boolean;
  text: boolean;
}

/** Reused: the walk makes no garbage. */
const token: Token = { from: 0, end: 0, entries: 0, map: false, text: false };

function set(from: number, end: number): Token {
  token.from = from;
  token.end = end;
  token.entries = 0;
  token.map = false;
  token.text = false;
  return token;
}

function container(from: number, entries: number, map: boolean): Token {
  set(from, from);
  token.entries = entries;
  token.map = map;
  return token;
}

function text(from: number, length: number): Token {
  set(from, from + length);
  token.text = true;
  return token;
}

/** Bytes of a number after its format byte, by format byte − 0xca. */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8] as const;

function readToken(bytes: Uint8Array, view: DataView, at: number, rules: MsgpackRules): Token {
  const format = bytes[at];
  const next = at + 1;
  if (format < 0x80 || format >= 0xe0) return set(next, next);
  if (format < 0x90) return container(next, format & 15, true);
  if (format < 0xa0) return container(next, format & 15, false);
  if (format < 0xc0) return text(next, format & 31);
  if (format === 0xc0 || format === 0xc2 || format === 0xc3) return set(next, next);
  if (format === 0xc1) throw new CodecError('malformed', `byte ${at} is 0xc1, which msgpack never uses`);
  if (format <= 0xc6) return sized(view, next, format - 0xc4, set);
  if (format <= 0xc9) {
    const width = format - 0xc7;
    const lengthBytes = 1 << width;
    const length = readLength(view, next, width);
    const typeAt = next + lengthBytes;
    checkExtension(bytes, typeAt, rules);
    return set(typeAt + 1, typeAt + 1 + length);
  }
  if (format <= 0xd3) return set(next, next + NUMBER_BYTES[format - 0xca]);
  if (format <= 0xd8) {
    checkExtension(bytes, next, rules);
    return set(next + 1, next + 1 + (1 << (format - 0xd4)));
  }
  if (format <= 0xdb) return sized(view, next, format - 0xd9, (from, end) => text(from, end - from));
  if (format <= 0xdd) return container(next + (format === 0xdc ? 2 : 4), readLength(view, next, format - 0xdc + 1), false);
  return container(next + (format === 0xde ? 2 : 4), readLength(view, next, format - 0xde + 1), true);
}

/** Content behind a length of 1, 2 or 4 bytes. */
function sized(view: DataView, at: number, width: number, make: (from: number, end: number) => Token): Token {
  const from = at + (1 << width);
  return make(from, from + readLength(view, at, width));
}

function readLength(view: DataView, at: number, width: number): number {
  if (at + (1 << width) > view.byteLength) throw new CodecError('truncated', `msgpack value is cut off in a length at byte ${at}`);
  return width === 0 ? view.getUint8(at) : width === 1 ? view.getUint16(at) : view.getUint32(at);
}

function checkExtension(bytes: Uint8Array, at: number, rules: MsgpackRules): void {
  if (at >= bytes.length) throw new CodecError('truncated', 'msgpack value is cut off before an extension type');
  const type = (bytes[at] << 24) >> 24;
  if (!rules.extensions.has(type)) throw new CodecError('type', `extension type ${type} at byte ${at}; expected one of ${[...rules.extensions].join(', ')}`);
}

/** UTF-8 as RFC 3629 has it: shortest form, no surrogates, nothing above U+10FFFF. */
function checkText(bytes: Uint8Array, from: number, end: number, limit: number): void {
  if (end - from > limit) throw new CodecError('too-large', `text at byte ${from} has ${end - from} bytes; at most ${limit} are accepted`);
  for (let i = from; i < end; ) {
    const lead = bytes[i];
    if (lead < 0x80) {
      i++;
      continue;
    }
    const follow = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    const second = i + 1 < end ? bytes[i + 1] : 0;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    let valid = follow > 0 && i + follow < end && second >= low && second <= high;
    for (let j = i + 2; valid && j <= i + follow; j++) valid = (bytes[j] & 0xc0) === 0x80;
    if (!valid) throw new CodecError('malformed', `text at byte ${from} is not UTF-8`);
    i += follow + 1;
  }
}
