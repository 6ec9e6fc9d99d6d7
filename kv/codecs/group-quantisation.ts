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
import { packHalves, packValues, unpackGroup } from './group-kernels.ts';
import type { PackedGroups } from './group-kernels.ts';

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

/** How many groups a matrix is cut into, and how many bytes their codes take. Throws RangeError on a shape that is none. */
export function quantisedParts(shape: GroupShape): { readonly groups: number; readonly codeBytes: number } {
  return planOf(shape);
}

/** Bytes on the wire: codes, and four bytes a group for scale and minimum. */
export function quantisedBytes(shape: GroupShape): number {
  const plan = planOf(shape);
  return plan.codeBytes + 4 * plan.groups;
}

/**
 * Quantises `values`, row-major tokens × channels, binary32 or fp16 bits.
 * Throws RangeError where the length does not fit the shape, or a value is not finite or beyond ±65504, which fp16 cannot anchor.
 *
 * @param into where the parts go, as long as `quantisedParts` says; codes must be 0. New arrays when absent
 */
export function quantiseGroups(values: Float32Array | Uint16Array, shape: GroupShape, into?: PackedGroups): GroupQuantised {
  const plan = planOf(shape);
  const { tokens, channels, bits } = shape;
  if (values.length !== tokens * channels) throw new RangeError(`values has ${values.length} elements; expected ${tokens} tokens × ${channels} channels`);
  const parts = into === undefined ? partsOf(new Uint8Array(plan.codeBytes), new Uint16Array(plan.groups), new Uint16Array(plan.groups)) : partsOf(into.codes, into.scales, into.minima);
  if (values instanceof Uint16Array) {
    eachGroup(shape, (at, step, count, group, byte) => {
      packHalves(values, at, step, count, bits, parts, group, byte);
    });
  } else {
    eachGroup(shape, (at, step, count, group, byte) => {
      packValues(values, at, step, count, bits, parts, group, byte);
    });
  }
  return { ...shape, ...parts };
}

/** Expands to row-major tokens × channels. Throws RangeError where the parts do not fit the shape, or `out` is too short. */
export function dequantiseGroups(packed: GroupQuantised, out?: Float32Array): Float32Array {
  const plan = planOf(packed);
  for (const [name, have, want] of [
    ['codes', packed.codes.length, plan.codeBytes],
    ['scales', packed.scales.length, plan.groups],
    ['minima', packed.minima.length, plan.groups],
  ] as const) {
    if (have !== want) throw new RangeError(`${name} has ${have} elements; expected ${want} for ${describe(packed)}`);
  }
  const size = packed.tokens * packed.channels;
  const values = out ?? new Float32Array(size);
  if (values.length < size) throw new RangeError(`out has ${values.length} elements; expected at least ${size}`);
  const { bits } = packed;
  const parts = partsOf(packed.codes, packed.scales, packed.minima);
  eachGroup(packed, (at, step, count, group, byte) => {
    unpackGroup(parts, group, byte, count, bits, values, at, step);
  });
  return values;
}

/** One hidden class for all that the kernels are given, whatever object it was part of: they read it for every group. */
function partsOf(codes: Uint8Array, scales: Uint16Array, minima: Uint16Array): PackedGroups {
  return { codes, scales, minima };
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

/** Visits groups in packing order, with the index of the first element, the step between elements, their count, the group's number and the place of its codes. */
function eachGroup(shape: GroupShape, visit: (at: number, step: number, count: number, group: number, byte: number) => void): void {
  const { tokens, channels, bits, groupSize } = shape;
  let group = 0;
  let byte = 0;
  if (shape.axis === 'per-channel') {
    for (let token = 0; token < tokens; token += groupSize) {
      const count = Math.min(groupSize, tokens - token);
      const bytes = Math.ceil((count * bits) / 8);
      for (let channel = 0; channel < channels; channel++, byte += bytes) visit(token * channels + channel, channels, count, group++, byte);
    }
    return;
  }
  for (let row = 0; row < tokens * channels; row += channels) {
    for (let channel = 0; channel < channels; channel += groupSize) {
      const count = Math.min(groupSize, channels - channel);
      visit(row + channel, 1, count, group++, byte);
      byte += Math.ceil((count * bits) / 8);
    }
  }
}

function describe(shape: GroupShape): string {
  return `${shape.tokens} tokens × ${shape.channels} channels, ${shape.bits} bits ${shape.axis} in groups of ${shape.groupSize}`;
}
