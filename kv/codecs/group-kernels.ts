/**
 * The inner loops of group quantisation. A group that lies within a row is packed where it stands; groups that lie across rows are first
 * turned round, a strip of columns at a time, so that every group is a run of neighbours in the first-level cache. Callers check extents.
 */
import { fromHalf, HALF_MAX, halfAtLeast, halfAtMost } from './half.ts';

/** Packed groups of one matrix, written or read by the kernels. */
export interface PackedGroups {
  readonly codes: Uint8Array;
  readonly scales: Uint16Array;
  readonly minima: Uint16Array;
}

/** Columns turned round at once. */
const STRIP = 64;
const HALF_INFINITY = 0x7c00;
/** With its sign in bit 31, a half's exponent and fraction stand where binary32 has its own if it is shifted right by this, sign copies cleared. */
const SIGN_COPIES = 3;
const NO_SIGN_COPIES = 0x8fffe000 | 0;
const FRACTION_SHIFT = 13;
/**
 * Shifted so, with all but the sign copies inverted where it is negative, a half is an integer in the order of the values ("order"). Orders
 * differ by less than 2^30, so that differences fit 32 bits. Infinities have these.
 */
const ORDER_OF_INFINITY = HALF_INFINITY << FRACTION_SHIFT;
const ORDER_OF_MINUS_INFINITY = orderOf(0x8000 | HALF_INFINITY);
const ORDER_MAX = 0x1fffffff;
/** 2^112: what a half's bits, shifted to where binary32 has exponent and fraction, must be multiplied by, as the biases are 15 and 127. */
const REBIAS = 5192296858534827628530496329220096;

/** Runs being packed or unpacked: values, or for halves their shifted bits, which as binary32 are the values times 2^-112, exactly. */
let runs = new Float32Array(32 * STRIP);
let runBits = new Int32Array(runs.buffer);

/** Extremes of a strip's columns, as orders of halves. */
const lowestOrder = new Int32Array(STRIP);
const highestOrder = new Int32Array(STRIP);

function reserve(elements: number): void {
  if (runs.length >= elements) return;
  runs = new Float32Array(elements);
  runBits = new Int32Array(runs.buffer);
}

/** @throws RangeError */
function refuse(value: number, at: number): never {
  throw new RangeError(`values[${at}] is ${value}; group quantisation needs finite values of at most ${HALF_MAX} in magnitude`);
}

/**
 * Packs `channels` groups of `rows` elements: group c is the column c of a block whose first element is `values[at]`. Group c goes to
 * `group + c`, its codes to as many bytes as it takes from where group c − 1 ends, the first from `byte`; they must be 0.
 */
export function packColumns(values: Float32Array | Uint16Array, at: number, rows: number, channels: number, bits: number, out: PackedGroups, group: number, byte: number): void {
  const groupBytes = Math.ceil((rows * bits) / 8);
  reserve(rows * STRIP);
  for (let from = 0; from < channels; from += STRIP) {
    const width = Math.min(STRIP, channels - from);
    if (values instanceof Uint16Array) stageHalfColumns(values, at + from, channels, rows, width);
    else stageColumns(values, at + from, channels, rows, width);
    for (let c = 0; c < width; c++) {
      const place = byte + (from + c) * groupBytes;
      if (values instanceof Uint16Array) {
        if (lowestOrder[c] <= ORDER_OF_MINUS_INFINITY || highestOrder[c] >= ORDER_OF_INFINITY) refuseColumn(values, at + from + c, channels, rows);
        packStagedHalves(c * rows, rows, lowestOrder[c], highestOrder[c], bits, out, group + from + c, place);
      } else packValues(runs, c * rows, rows, bits, out, group + from + c, place);
    }
  }
}

/** Packs one group of `count` neighbours from `values[at]` into bytes from `byte`, which must be 0. */
export function packRun(values: Float32Array | Uint16Array, at: number, count: number, bits: number, out: PackedGroups, group: number, byte: number): void {
  if (!(values instanceof Uint16Array)) {
    for (let i = at; i < at + count; i++) if (!(values[i] <= HALF_MAX && values[i] >= -HALF_MAX)) refuse(values[i], i);
    packValues(values, at, count, bits, out, group, byte);
    return;
  }
  reserve(count);
  const words = runBits;
  let lowest = ORDER_MAX;
  let highest = -ORDER_MAX;
  for (let i = 0; i < count; i++) {
    const shifted = (values[at + i] << 16) >> SIGN_COPIES;
    words[i] = shifted & NO_SIGN_COPIES;
    const order = shifted ^ ((shifted >> 31) >>> SIGN_COPIES);
    const below = order - lowest;
    lowest += below & (below >> 31);
    const above = order - highest;
    highest += above & ~(above >> 31);
  }
  if (lowest <= ORDER_OF_MINUS_INFINITY || highest >= ORDER_OF_INFINITY) refuseColumn(values, at, 1, count);
  packStagedHalves(0, count, lowest, highest, bits, out, group, byte);
}

/** Expands what `packColumns` packed into rows that begin at `values[at]`. */
export function unpackColumns(packed: PackedGroups, group: number, byte: number, rows: number, channels: number, bits: number, values: Float32Array, at: number): void {
  const groupBytes = Math.ceil((rows * bits) / 8);
  reserve(rows * STRIP);
  const staged = runs;
  for (let from = 0; from < channels; from += STRIP) {
    const width = Math.min(STRIP, channels - from);
    for (let c = 0; c < width; c++) unpackRun(packed, group + from + c, byte + (from + c) * groupBytes, rows, bits, staged, c * rows);
    for (let row = 0; row < rows; row++) {
      const start = at + row * channels + from;
      for (let c = 0, i = row; c < width; c++, i += rows) values[start + c] = staged[i];
    }
  }
}

/** Expands one group of neighbours to `values[at]` on. */
export function unpackRun(packed: PackedGroups, group: number, byte: number, count: number, bits: number, values: Float32Array, at: number): void {
  const minimum = fromHalf(packed.minima[group]);
  const scale = fromHalf(packed.scales[group]);
  const { codes } = packed;
  if (bits === 8) {
    for (let i = 0; i < count; i++) values[at + i] = minimum + scale * codes[byte + i];
    return;
  }
  if (bits === 4) {
    for (let i = 0; i < count; i += 2) {
      const pair = codes[byte + (i >> 1)];
      values[at + i] = minimum + scale * (pair & 15);
      if (i + 1 < count) values[at + i + 1] = minimum + scale * (pair >>> 4);
    }
    return;
  }
  const mask = (1 << bits) - 1;
  let word = 0;
  let held = 0;
  let index = byte;
  for (let i = at; i < at + count; i++) {
    if (held < bits) {
      word |= codes[index++] << held;
      held += 8;
    }
    values[i] = minimum + scale * (word & mask);
    word >>>= bits;
    held -= bits;
  }
}

/** Turns a strip of columns round: column c becomes the run from `c · rows`. */
function stageColumns(values: Float32Array, at: number, stride: number, rows: number, width: number): void {
  const staged = runs;
  for (let row = 0; row < rows; row++) {
    const start = at + row * stride;
    for (let c = 0, i = row; c < width; c++, i += rows) {
      const value = values[start + c];
      if (!(value <= HALF_MAX && value >= -HALF_MAX)) refuse(value, start + c);
      staged[i] = value;
    }
  }
}

/**
 * The same for halves, as shifted bits. Extremes are found on the way, without branches, among the orders of the halves.
 */
function stageHalfColumns(halves: Uint16Array, at: number, stride: number, rows: number, width: number): void {
  const words = runBits;
  lowestOrder.fill(ORDER_MAX);
  highestOrder.fill(-ORDER_MAX);
  for (let row = 0; row < rows; row++) {
    const start = at + row * stride;
    for (let c = 0, i = row; c < width; c++, i += rows) {
      const shifted = (halves[start + c] << 16) >> SIGN_COPIES;
      words[i] = shifted & NO_SIGN_COPIES;
      const order = shifted ^ ((shifted >> 31) >>> SIGN_COPIES);
      const below = order - lowestOrder[c];
      lowestOrder[c] += below & (below >> 31);
      const above = order - highestOrder[c];
      highestOrder[c] += above & ~(above >> 31);
    }
  }
}

/** Refuses the first half of a group that is infinite or not a number. */
function refuseColumn(halves: Uint16Array, at: number, stride: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const half = halves[at + i * stride];
    if ((half & HALF_INFINITY) === HALF_INFINITY) refuse(fromHalf(half), at + i * stride);
  }
}

/** Packs a run of finite values within the range of fp16. */
function packValues(values: Float32Array, at: number, count: number, bits: number, out: PackedGroups, group: number, byte: number): void {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = at; i < at + count; i++) {
    const value = values[i];
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  const minimumBits = halfAtMost(lowest);
  const factor = anchor(minimumBits, highest, bits, out, group);
  writeCodes(values, at, count, bits, fromHalf(minimumBits), factor, out.codes, byte);
}

/** Packs a staged run of halves with these extremes; an fp16 minimum needs no rounding. */
function packStagedHalves(at: number, count: number, lowest: number, highest: number, bits: number, out: PackedGroups, group: number, byte: number): void {
  const minimumBits = halfInOrder(lowest);
  const factor = anchor(minimumBits, fromHalf(halfInOrder(highest)), bits, out, group);
  // Powers of two move from the members, which lack 2^112, to minimum and factor; every product is the same but for its exponent.
  writeCodes(runs, at, count, bits, fromHalf(minimumBits) / REBIAS, factor * REBIAS, out.codes, byte);
}

function orderOf(half: number): number {
  const shifted = (half << 16) >> SIGN_COPIES;
  return shifted ^ ((shifted >> 31) >>> SIGN_COPIES);
}

/** The half of an order. */
function halfInOrder(order: number): number {
  return ((order ^ ((order >> 31) >>> SIGN_COPIES)) >>> FRACTION_SHIFT) & 0x7fff | (order < 0 ? 0x8000 : 0);
}

/** Writes minimum and scale of a group; returns what an element's distance from the minimum is multiplied by, 0 for a constant group. */
function anchor(leastBits: number, greatest: number, bits: number, out: PackedGroups, group: number): number {
  // Zero has no sign here, so that it does not matter which of two zeros came first.
  const minimumBits = leastBits === 0x8000 ? 0 : leastBits;
  const scaleBits = halfAtLeast((greatest - fromHalf(minimumBits)) / ((1 << bits) - 1));
  out.minima[group] = minimumBits;
  out.scales[group] = scaleBits;
  const scale = fromHalf(scaleBits);
  return scale === 0 ? 0 : 1 / scale;
}

function writeCodes(values: Float32Array, at: number, count: number, bits: number, minimum: number, factor: number, codes: Uint8Array, byte: number): void {
  if (bits === 8) {
    for (let i = 0; i < count; i++) codes[byte + i] = ((values[at + i] - minimum) * factor + 0.5) | 0;
    return;
  }
  // Codes gather in a word until a byte is full.
  let word = 0;
  let held = 0;
  let index = byte;
  for (let i = at; i < at + count; i++) {
    word |= (((values[i] - minimum) * factor + 0.5) | 0) << held;
    held += bits;
    if (held >= 8) {
      codes[index++] = word;
      word >>>= 8;
      held -= 8;
    }
  }
  if (held > 0) codes[index] = word;
}
