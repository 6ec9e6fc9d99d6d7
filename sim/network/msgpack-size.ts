/** Deepest nesting that the encoder accepts (`DEFAULT_MAX_DEPTH` of @msgpack/msgpack 3). */
const DEPTH_LIMIT = 100;
const LENGTH_LIMIT = 0x1_0000_0000;

/**
 * Size in bytes of `encode(value)` of @msgpack/msgpack 3 with its default options, found without encoding and without allocating.
 *
 * Formats and their sizes: MessagePack specification, section *Formats* (github.com/msgpack/msgpack, spec.md). Safe integers take the
 * shortest integer format, other numbers float 64; `undefined` is nil; views on an ArrayBuffer are bin; any other object is a map of its
 * own enumerable string keys.
 *
 * @throws TypeError on what a message must not hold: functions, symbols, bigints, dates
 * @throws RangeError when nesting exceeds 100 levels or a length exceeds 2^32 - 1
 */
export function msgpackSize(value: unknown): number {
  return sizeAt(value, 1);
}

function sizeAt(value: unknown, depth: number): number {
  if (depth > DEPTH_LIMIT) throw tooDeep();
  switch (typeof value) {
    case 'number':
      return numberSize(value);
    case 'string':
      return stringSize(value);
    case 'boolean':
    case 'undefined':
      return 1;
    case 'object':
      return value === null ? 1 : objectSize(value, depth);
    case 'bigint':
    case 'function':
    case 'symbol':
      throw new TypeError(`a message holds a ${typeof value}; expected numbers, strings, booleans, null, byte arrays, arrays and plain objects`);
  }
}

function numberSize(value: number): number {
  if (!Number.isSafeInteger(value)) return 9;
  if (value >= 0) {
    if (value < 0x80) return 1;
    if (value < 0x100) return 2;
    if (value < 0x1_0000) return 3;
    return value < 0x1_0000_0000 ? 5 : 9;
  }
  if (value >= -0x20) return 1;
  if (value >= -0x80) return 2;
  if (value >= -0x8000) return 3;
  return value >= -0x8000_0000 ? 5 : 9;
}

function stringSize(text: string): number {
  const length = utf8Length(text);
  if (length < 32) return 1 + length;
  if (length < 0x100) return 2 + length;
  if (length < 0x1_0000) return 3 + length;
  if (length < LENGTH_LIMIT) return 5 + length;
  throw new RangeError(`a message holds a string of ${length} bytes; expected less than 2^32`);
}

/** Bytes of `text` in UTF-8; a lone surrogate counts three, as its replacement character does. */
function utf8Length(text: string): number {
  const units = text.length;
  let bytes = units;
  for (let i = 0; i < units; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      bytes += 1;
      continue;
    }
    bytes += 2;
    // The two units of a surrogate pair make four bytes together: two units counted above, two more here.
    if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < units && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return bytes;
}

function objectSize(value: object, depth: number): number {
  if (Array.isArray(value)) return arraySize(value, depth);
  if (ArrayBuffer.isView(value)) return binarySize(value.byteLength);
  return mapSize(value as Readonly<Record<string, unknown>>, depth);
}

function binarySize(length: number): number {
  if (length < 0x100) return 2 + length;
  if (length < 0x1_0000) return 3 + length;
  if (length < LENGTH_LIMIT) return 5 + length;
  throw new RangeError(`a message holds ${length} bytes of binary data; expected less than 2^32`);
}

function containerHeaderSize(entries: number): number {
  if (entries < 16) return 1;
  return entries < 0x1_0000 ? 3 : 5;
}

function arraySize(items: readonly unknown[], depth: number): number {
  let bytes = containerHeaderSize(items.length);
  for (let i = 0; i < items.length; i++) bytes += sizeAt(items[i], depth + 1);
  return bytes;
}

function mapSize(map: Readonly<Record<string, unknown>>, depth: number): number {
  let entries = 0;
  let bytes = 0;
  // for-in walks the key list of the hidden class, which Object.keys would copy for each message. It walks inherited keys too; a plain
  // object inherits none that are enumerable, and is spared the check.
  if (Object.getPrototypeOf(map) === Object.prototype) {
    for (const key in map) {
      entries++;
      const value = map[key];
      bytes += stringSize(key) + (typeof value === 'number' ? numberSize(value) : sizeAt(value, depth + 1));
    }
    if (entries > 0 && depth === DEPTH_LIMIT) throw tooDeep();
  } else {
    for (const key in map) {
      if (!Object.hasOwn(map, key)) continue;
      entries++;
      bytes += stringSize(key) + sizeAt(map[key], depth + 1);
    }
    if (entries === 0 && 'toISOString' in map) {
      throw new TypeError('a message holds a date; expected simulated time as a number of nanoseconds');
    }
  }
  return containerHeaderSize(entries) + bytes;
}

function tooDeep(): RangeError {
  return new RangeError(`a message is nested deeper than ${DEPTH_LIMIT} levels`);
}
