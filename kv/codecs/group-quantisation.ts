/**
 * Asymmetric group quantisation of a matrix of tokens × channels to 8, 4, 3 or 2 bits.
 *
 * Up to `groupSize` neighbours share one fp16 minimum m and one fp16 scale s; an element x becomes the code round((x − m)/s), kept as
 * `bits` bits, and comes back as m + s·code. Groups run along tokens within one channel (`per-channel`, right for keys, whose outliers sit in
 * fixed channels) or along channels within one token (`per-token`, right for values): KIVI (Liu et al. 2024, §3).
 *
 * m is rounded down to fp16 and s up, so a group's range always covers its members and |x − x'| ≤ s/2, with
 * s ≤ (max − min + ulp16(min))·(1 + 2^-10)/(2^bits − 1) + 2^-24, but for one binary32 rounding of x'.
 *
 * Order of the packed groups: per-channel: by block of `groupSize` tokens, then channel; per-token: by token, then block of channels.
 * Each group starts on a byte; codes fill bytes from the lowest bit. The last group of a run may be shorter.
 */
import { decodeHalves, fromHalf, HALF_MAX, halfAtLeast, halfAtMost } from './half.ts';

export const QUANTISATION_BITS = [8, 4, 3, 2] as const;
export type QuantisationBits = (typeof QUANTISATION_BITS)[number];
export const QUANTISATION_AXES = ['per-channel', 'per-token'] as const;
export type QuantisationAxis = (typeof QUANTISATION_AXES)[number];

/** How a matrix of `tokens` rows and `channels` columns is cut into groups. */
export interface GroupShape {
  readonly tokens: number;
  readonly channels: number;
  readonly bits: QuantisationBits;
  readonly axis: QuantisationAxis;
  /** Most elements in a group. */
  readonly groupSize: number;
}

/** A quantised matrix: packed codes, and per group the bits of an fp16 scale and minimum. */
export interface GroupQuantised extends GroupShape {
  readonly codes: Uint8Array;
  readonly scales: Uint16Array;
  readonly minima: Uint16Array;
}

/** Bytes on the wire: codes, and four bytes a group for scale and minimum. */
export function quantisedBytes(shape: GroupShape): number {
  const plan = planOf(shape);
  return plan.codeBytes + 4 * plan.groups;
}

/**
 * Quantises `values`, row-major tokens × channels.
 * Throws RangeError where the length does not fit the shape, or a value is not finite or beyond ±65504, which fp16 cannot anchor.
 */
export function quantiseGroups(values: Float32Array, shape: GroupShape): GroupQuantised {
  const plan = planOf(shape);
  if (values.length !== shape.tokens * shape.channels) {
    throw new RangeError(`values has ${values.length} elements; expected ${shape.tokens} tokens × ${shape.channels} channels`);
  }
  const codes = new Uint8Array(plan.codeBytes);
  const scales = new Uint16Array(plan.groups);
  const minima = new Uint16Array(plan.groups);
  const top = (1 << shape.bits) - 1;
  eachGroup(shape, plan, (group, start, stride, count, byte) => {
    let least = Infinity;
    let most = -Infinity;
    for (let i = 0, at = start; i < count; i++, at += stride) {
      const value = values[at];
      if (!(Math.abs(value) <= HALF_MAX)) {
        throw new RangeError(`values[${at}] is ${value}; group quantisation needs finite values of at most ${HALF_MAX} in magnitude`);
      }
      if (value < least) least = value;
      if (value > most) most = value;
    }
    const minimumBits = halfAtMost(least);
    const minimum = fromHalf(minimumBits);
    const scaleBits = halfAtLeast((most - minimum) / top);
    const scale = fromHalf(scaleBits);
    minima[group] = minimumBits;
    scales[group] = scaleBits;
    if (scale === 0) return; // Every member equals the minimum: all codes 0.
    let at = start;
    for (let i = 0; i < count; i++, at += stride) {
      const code = Math.min(top, Math.floor((values[at] - minimum) / scale + 0.5));
      const bit = i * shape.bits;
      const index = byte + (bit >>> 3);
      const shifted = code << (bit & 7);
      codes[index] |= shifted;
      if (shifted > 255) codes[index + 1] |= shifted >>> 8;
    }
  });
  return { ...shape, codes, scales, minima };
}

/** Expands to row-major tokens × channels. Throws RangeError where the parts do not fit the shape, or `out` is too short. */
export function dequantiseGroups(packed: GroupQuantised, out?: Float32Array): Float32Array {
  const plan = planOf(packed);
  const { codes, bits } = packed;
  for (const [name, have, want] of [
    ['codes', codes.length, plan.codeBytes],
    ['scales', packed.scales.length, plan.groups],
    ['minima', packed.minima.length, plan.groups],
  ] as const) {
    if (have !== want) throw new RangeError(`${name} has ${have} elements; expected ${want} for ${describe(packed)}`);
  }
  const size = packed.tokens * packed.channels;
  const values = out ?? new Float32Array(size);
  if (values.length < size) throw new RangeError(`out has ${values.length} elements; expected at least ${size}`);
  const scales = decodeHalves(packed.scales);
  const minima = decodeHalves(packed.minima);
  const mask = (1 << bits) - 1;
  eachGroup(packed, plan, (group, start, stride, count, byte) => {
    const scale = scales[group];
    const minimum = minima[group];
    let at = start;
    if (bits === 8) {
      for (let i = 0; i < count; i++, at += stride) values[at] = minimum + scale * codes[byte + i];
      return;
    }
    for (let i = 0; i < count; i++, at += stride) {
      const bit = i * bits;
      const index = byte + (bit >>> 3);
      // A 3-bit code may straddle two bytes; past the last byte the read is masked away.
      const word = index + 1 < codes.length ? codes[index] | (codes[index + 1] << 8) : codes[index];
      values[at] = minimum + scale * ((word >>> (bit & 7)) & mask);
    }
  });
  return values;
}

interface GroupPlan {
  readonly groups: number;
  readonly codeBytes: number;
}

function planOf(shape: GroupShape): GroupPlan {
  const { tokens, channels, bits, axis, groupSize } = shape;
  for (const [name, value, least] of [
    ['tokens', tokens, 0],
    ['channels', channels, 0],
    ['groupSize', groupSize, 1],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least) throw new RangeError(`${name} is ${value}; expected an integer of at least ${least}`);
  }
  if (!QUANTISATION_BITS.includes(bits)) throw new RangeError(`bits is ${String(bits)}; expected one of ${QUANTISATION_BITS.join(', ')}`);
  if (!QUANTISATION_AXES.includes(axis)) throw new RangeError(`axis is ${axis as string}; expected one of ${QUANTISATION_AXES.join(', ')}`);
  const runs = axis === 'per-channel' ? channels : tokens;
  const length = axis === 'per-channel' ? tokens : channels;
  const full = Math.floor(length / groupSize);
  const rest = length - full * groupSize;
  return {
    groups: runs * (full + (rest > 0 ? 1 : 0)),
    codeBytes: runs * (full * Math.ceil((groupSize * bits) / 8) + Math.ceil((rest * bits) / 8)),
  };
}

/** Visits groups in packing order with the index of the first element, the step between elements, their count and the first code byte. */
function eachGroup(shape: GroupShape, plan: GroupPlan, visit: (group: number, start: number, stride: number, count: number, byte: number) => void): void {
  const { tokens, channels, bits, groupSize } = shape;
  let group = 0;
  let byte = 0;
  if (shape.axis === 'per-channel') {
    for (let token = 0; token < tokens; token += groupSize) {
      const count = Math.min(groupSize, tokens - token);
      const bytes = Math.ceil((count * bits) / 8);
      for (let channel = 0; channel < channels; channel++, byte += bytes) visit(group++, token * channels + channel, channels, count, byte);
    }
  } else {
    for (let token = 0; token < tokens; token++) {
      for (let channel = 0; channel < channels; channel += groupSize) {
        const count = Math.min(groupSize, channels - channel);
        visit(group++, token * channels + channel, 1, count, byte);
        byte += Math.ceil((count * bits) / 8);
      }
    }
  }
  if (group !== plan.groups || byte !== plan.codeBytes) throw new Error(`visited ${group} groups and ${byte} bytes of ${plan.groups} and ${plan.codeBytes}`);
}

function describe(shape: GroupShape): string {
  return `${shape.tokens} tokens × ${shape.channels} channels, ${shape.bits} bits ${shape.axis} in groups of ${shape.groupSize}`;
}
