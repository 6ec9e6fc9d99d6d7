/**
 * The inner loops of group quantisation. A group is any run of elements a fixed step apart: neighbours in a row, or a column of a block of rows. A column
 * is read in place, which is quick while the block's rows lie in the first-level cache together: 32 rows of up to 256 channels do. Callers check extents.
 */
import { fromHalf, HALF_MAX, HALF_MIN_SUBNORMAL, halfAtMost } from './half.ts';

/** Packed groups of one matrix, written or read by the kernels. */
export interface PackedGroups {
  readonly codes: Uint8Array;
  readonly scales: Uint16Array;
  readonly minima: Uint16Array;
}

const HALF_INFINITY = 0x7c00;
/** With its sign in bit 31, a half's exponent and fraction stand where binary32 has its own if it is shifted right by this, sign copies cleared. */
const SIGN_COPIES = 3;
const NO_SIGN_COPIES = 0x8fffe000 | 0;
const FRACTION_SHIFT = 13;
/** 2^112: what such a binary32 must be multiplied by to be the half's value, as the biases are 15 and 127. */
const REBIAS = 5192296858534827628530496329220096;
/**
 * Shifted so, with all but the sign copies inverted where it is negative, a half is an integer in the order of the values ("order"). Orders
 * differ by less than 2^30, so that differences fit 32 bits. Infinities have these.
 */
const ORDER_OF_INFINITY = HALF_INFINITY << FRACTION_SHIFT;
const ORDER_OF_MINUS_INFINITY = orderOf(0x8000 | HALF_INFINITY);
const ORDER_MAX = 0x1fffffff;
/** Bits of the binary32 2^-14, the smallest normal half, and the difference of the biases in its exponent field. */
const SMALLEST_NORMAL = 0x38800000;
const REBIAS_BITS = 112 << 23;

/** Where a group is worked on: its members as binary32, halves without the factor 2^112. Arrays that never change place are read quicker than ones that grow. */
interface Staging {
  readonly values: Float32Array;
  readonly bits: Int32Array;
}

function stagingFor(count: number): Staging {
  const values = new Float32Array(count);
  return { values, bits: new Int32Array(values.buffer) };
}

const STAGED_MAX = 64;
const STAGED = stagingFor(STAGED_MAX);
/** One number, to take apart or put together. */
const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

/** Expands one group of `count` elements to places `step` apart from `values[at]`. */
export function unpackGroup(packed: PackedGroups, group: number, byte: number, count: number, bits: number, values: Float32Array, at: number, step: number): void {
  const minimum = fromHalf(packed.minima[group]);
  const scale = fromHalf(packed.scales[group]);
  const { codes } = packed;
  let place = at;
  if (bits === 8) {
    for (let i = byte; i < byte + count; i++, place += step) values[place] = minimum + scale * codes[i];
    return;
  }
  if (bits === 4) {
    for (let i = 0; i + 1 < count; i += 2, place += 2 * step) {
      const pair = codes[byte + (i >> 1)];
      values[place] = minimum + scale * (pair & 15);
      values[place + step] = minimum + scale * (pair >>> 4);
    }
    if ((count & 1) === 1) values[place] = minimum + scale * (codes[byte + (count >> 1)] & 15);
    return;
  }
  const mask = (1 << bits) - 1;
  let word = 0;
  let held = 0;
  let index = byte;
  for (let i = 0; i < count; i++, place += step) {
    if (held < bits) {
      word |= codes[index++] << held;
      held += 8;
    }
    values[place] = minimum + scale * (word & mask);
    word >>>= bits;
    held -= bits;
  }
}

/**
 * Packs one group of `count` elements, `step` apart from `values[at]`, into bytes from `byte`, which must be 0.
 * Throws RangeError for a value that is not finite, or beyond ±65504.
 */
export function packValues(values: Float32Array, at: number, step: number, count: number, bits: number, out: PackedGroups, group: number, byte: number): void {
  const staging = count <= STAGED_MAX ? STAGED : stagingFor(count);
  const staged = staging.values;
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 0, place = at; i < count; i++, place += step) {
    const value = values[place];
    if (!(value <= HALF_MAX && value >= -HALF_MAX)) refuse(value, place);
    staged[i] = value;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  const minimumBits = halfAtMost(lowest);
  const factor = anchor(minimumBits, highest, bits, out, group);
  writeCodes(staged, count, bits, valueOf(minimumBits), factor, out.codes, byte);
}

/** As `packValues`, from halves. Extremes are found among their orders, without branches; an fp16 minimum needs no rounding. */
export function packHalves(halves: Uint16Array, at: number, step: number, count: number, bits: number, out: PackedGroups, group: number, byte: number): void {
  const staging = count <= STAGED_MAX ? STAGED : stagingFor(count);
  const words = staging.bits;
  let lowest = ORDER_MAX;
  let highest = -ORDER_MAX;
  for (let i = 0, place = at; i < count; i++, place += step) {
    const shifted = (halves[place] << 16) >> SIGN_COPIES;
    words[i] = shifted & NO_SIGN_COPIES;
    const order = shifted ^ ((shifted >> 31) >>> SIGN_COPIES);
    const below = order - lowest;
    lowest += below & (below >> 31);
    const above = order - highest;
    highest += above & ~(above >> 31);
  }
  if (lowest <= ORDER_OF_MINUS_INFINITY || highest >= ORDER_OF_INFINITY) {
    for (let place = at; place < at + count * step; place += step) if ((halves[place] & HALF_INFINITY) === HALF_INFINITY) refuse(fromHalf(halves[place]), place);
  }
  const minimumBits = halfInOrder(lowest);
  const factor = anchor(minimumBits, valueOf(halfInOrder(highest)), bits, out, group);
  // Powers of two move from the members to minimum and factor; every product is the same but for its exponent.
  writeCodes(staging.values, count, bits, valueOf(minimumBits) / REBIAS, factor * REBIAS, out.codes, byte);
}

/** @throws RangeError */
function refuse(value: number, at: number): never {
  throw new RangeError(`values[${at}] is ${value}; group quantisation needs finite values of at most ${HALF_MAX} in magnitude`);
}

function orderOf(half: number): number {
  const shifted = (half << 16) >> SIGN_COPIES;
  return shifted ^ ((shifted >> 31) >>> SIGN_COPIES);
}

/** The half of an order. */
function halfInOrder(order: number): number {
  const magnitude = ((order ^ ((order >> 31) >>> SIGN_COPIES)) >>> FRACTION_SHIFT) & 0x7fff;
  return order < 0 ? magnitude | 0x8000 : magnitude;
}

/** The number of a finite half: quicker than a table that outgrows the first-level cache, where there are several to a group. */
function valueOf(half: number): number {
  scratchBits[0] = ((half & 0x8000) << 16) | ((half & 0x7fff) << FRACTION_SHIFT);
  return scratch[0] * REBIAS;
}

/** The smallest half that is not below a number from 0 to 65504: its binary32 cut off, and the next one up where that is too little. */
function scaleAtLeast(value: number): number {
  scratch[0] = value;
  const half = scratchBits[0] < SMALLEST_NORMAL ? Math.floor(value / HALF_MIN_SUBNORMAL) : (scratchBits[0] - REBIAS_BITS) >>> FRACTION_SHIFT;
  return valueOf(half) < value ? half + 1 : half;
}

/** Writes minimum and scale of a group; returns what an element's distance from the minimum is multiplied by, 0 for a constant group. */
function anchor(leastBits: number, greatest: number, bits: number, out: PackedGroups, group: number): number {
  // Zero has no sign here, so that it does not matter which of two zeros came first.
  const minimumBits = leastBits === 0x8000 ? 0 : leastBits;
  const scaleBits = scaleAtLeast((greatest - valueOf(minimumBits)) / ((1 << bits) - 1));
  out.minima[group] = minimumBits;
  out.scales[group] = scaleBits;
  return scaleBits === 0 ? 0 : 1 / valueOf(scaleBits);
}

/** Writes the codes of the members. */
function writeCodes(staged: Float32Array, count: number, bits: number, minimum: number, factor: number, codes: Uint8Array, byte: number): void {
  if (bits === 8) {
    for (let i = 0; i < count; i++) codes[byte + i] = ((staged[i] - minimum) * factor + 0.5) | 0;
    return;
  }
  // Codes gather in a word until a byte is full.
  let word = 0;
  let held = 0;
  let index = byte;
  for (let i = 0; i < count; i++) {
    word |= (((staged[i] - minimum) * factor + 0.5) | 0) << held;
    held += bits;
    if (held >= 8) {
      codes[index++] = word;
      word >>>= 8;
      held -= 8;
    }
  }
  if (held > 0) codes[index] = word;
}
