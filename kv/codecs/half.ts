/**
 * IEEE 754 binary16 ("half", fp16): 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits.
 *
 * Encoding rounds to nearest, ties to even, from binary32, as GPUs and numpy's `astype(float16)` do. A JavaScript number is first rounded to
 * binary32. Values from 65520 up become infinity; NaN stays NaN (quiet, sign kept, payload dropped).
 */

/** Largest finite half. */
export const HALF_MAX = 65504;
/** Smallest positive normal half, 2^-14. */
export const HALF_MIN_NORMAL = 0.00006103515625;
/** Smallest positive half, the subnormal 2^-24. */
export const HALF_MIN_SUBNORMAL = 5.9604644775390625e-8;

const float32 = new Float32Array(1);
const bits32 = new Uint32Array(float32.buffer);

/** The half nearest to a binary32 bit pattern. */
function roundBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) {
    // 2^16 and above, infinity and NaN.
    return magnitude > 0x7f800000 ? sign | 0x7e00 : sign | 0x7c00;
  }
  if (magnitude >= 0x38800000) {
    // Normal: rebias the exponent from 127 to 15, drop 13 fraction bits. A carry out of the fraction moves into the exponent, which is
    // right up to and including the step to infinity.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign; // Below half of the smallest subnormal.
  // Subnormal: shift the full significand so that its unit is 2^-24.
  const shift = 126 - (magnitude >>> 23);
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const half = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (rest > middle || (rest === middle && (half & 1) === 1) ? half + 1 : half);
}

/** The 16 bits of the half nearest to a number. */
export function toHalf(value: number): number {
  float32[0] = value;
  return roundBits(bits32[0]);
}

/** Every half as binary32, filled on first use (256 KiB): a load is quicker than taking the bits apart. */
let table: Float32Array | undefined;

function buildTable(): Float32Array {
  const values = new Float32Array(65536);
  const bits = new Uint32Array(values.buffer);
  for (let half = 0; half < 65536; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 31;
    const fraction = half & 0x3ff;
    if (exponent === 31) bits[half] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent > 0) bits[half] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else values[half] = (sign === 0 ? fraction : -fraction) * HALF_MIN_SUBNORMAL;
  }
  return values;
}

/** The number that 16 half bits stand for. Throws RangeError unless `bits` is an integer from 0 to 65535. */
export function fromHalf(bits: number): number {
  if (!(bits >= 0 && bits <= 0xffff && Number.isInteger(bits))) throw new RangeError(`bits is ${bits}; expected an integer from 0 to 65535`);
  table ??= buildTable();
  return table[bits];
}

/** Rounds each value to half. `out` may be given to avoid an allocation; it must be at least as long. */
export function encodeHalves(values: Float32Array, out: Uint16Array = new Uint16Array(values.length)): Uint16Array {
  if (out.length < values.length) throw new RangeError(`out has ${out.length} elements; expected at least ${values.length}`);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i];
    const magnitude = word & 0x7fffffff;
    // The common case in line: a normal half.
    out[i] =
      magnitude >= 0x38800000 && magnitude < 0x47800000
        ? ((word >>> 16) & 0x8000) | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
        : roundBits(word);
  }
  return out;
}

/** Expands halves to binary32, exactly. `out` may be given to avoid an allocation; it must be at least as long. */
export function decodeHalves(halves: Uint16Array, out: Float32Array = new Float32Array(halves.length)): Float32Array {
  if (out.length < halves.length) throw new RangeError(`out has ${out.length} elements; expected at least ${halves.length}`);
  table ??= buildTable();
  const values = table;
  const bits = new Int32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const exponent = half & 0x7c00;
    // The common case in line, for the table is larger than the first-level cache: a normal half.
    if (exponent !== 0 && exponent !== 0x7c00) bits[i] = ((half & 0x8000) << 16) | (((half & 0x7fff) << 13) + 0x38000000);
    else out[i] = values[half];
  }
  return out;
}

/** Rounds each value to the nearest half and back, in place: what storing in fp16 does to it. */
export function roundToHalf(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) values[i] = fromHalf(toHalf(values[i]));
  return values;
}

/** The largest half that is not above a finite value of at most 65504 in magnitude. */
export function halfAtMost(value: number): number {
  const nearest = toHalf(value);
  return fromHalf(nearest) <= value ? nearest : nextBelow(nearest);
}

/** The half just below a finite one. */
function nextBelow(half: number): number {
  if (half === 0 || half === 0x8000) return 0x8001;
  return (half & 0x8000) === 0 ? half - 1 : half + 1;
}
