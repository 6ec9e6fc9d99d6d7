/** How a batch of cached keys lies in memory, and by how much each stretch of tokens moves. */
import { checkPosition } from './rotation-table.ts';

/**
 * Keys as [outer × tokens × inner × headDim], row-major. Both usual orders are of this form: layer, token, KV head (outer = layers, inner =
 * KV heads; llama2.c and this project) and layer, KV head, token (outer = layers × KV heads, inner = 1; Hugging Face). The token axis may
 * hold several chunks one after the other, so that one call moves every chunk of every layer and head.
 */
export interface KeyLayout {
  readonly outer: number;
  readonly tokens: number;
  readonly inner: number;
  readonly headDim: number;
}

/** Tokens `start` to `start + tokens` were cached at positions p and belong at p + `shift`. */
export interface PositionShift {
  readonly start: number;
  readonly tokens: number;
  readonly shift: number;
}

/** Elements of a batch. */
export function keyElements(layout: KeyLayout): number {
  return layout.outer * layout.tokens * layout.inner * layout.headDim;
}

/** Throws RangeError where the layout is impossible or the array is not of its size. */
export function checkKeys(keys: Float32Array, layout: KeyLayout): void {
  for (const field of ['outer', 'tokens', 'inner', 'headDim'] as const) {
    const value = layout[field];
    const least = field === 'headDim' || field === 'inner' ? 1 : 0;
    if (!Number.isSafeInteger(value) || value < least) throw new RangeError(`layout.${field} is ${value}; expected an integer of at least ${least}`);
  }
  if (keys.length !== keyElements(layout)) {
    throw new RangeError(
      `keys has ${keys.length} elements; expected ${layout.outer} × ${layout.tokens} × ${layout.inner} × ${layout.headDim} = ${keyElements(layout)}`,
    );
  }
}

/** Rotation of each token: an index into the distinct shifts. */
export interface ShiftPlan {
  /** Distinct shifts; the first is 0, for tokens that stay. */
  readonly shifts: readonly number[];
  readonly shiftOfToken: Int32Array;
}

/** Checks shifts against a token axis and sorts out which token moves by what. Throws RangeError for ranges that overlap or lie outside. */
export function planShifts(shifts: readonly PositionShift[], tokens: number): ShiftPlan {
  const distinct = [0];
  const indexOf = new Map([[0, 0]]);
  const shiftOfToken = new Int32Array(tokens);
  let end = 0;
  for (const { start, tokens: count, shift } of shifts.toSorted((a, b) => a.start - b.start || a.tokens - b.tokens)) {
    checkPosition(shift);
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(count) || start < 0 || count < 0 || start + count > tokens) {
      throw new RangeError(`shift of tokens ${start} to ${start + count} lies outside the ${tokens} tokens of the batch`);
    }
    if (start < end) throw new RangeError(`shift of tokens ${start} to ${start + count} overlaps one that ends at ${end}`);
    if (count > 0) end = start + count;
    let index = indexOf.get(shift === 0 ? 0 : shift);
    if (index === undefined) {
      index = distinct.length;
      indexOf.set(shift, index);
      distinct.push(shift);
    }
    shiftOfToken.fill(index, start, start + count);
  }
  return { shifts: distinct, shiftOfToken };
}
