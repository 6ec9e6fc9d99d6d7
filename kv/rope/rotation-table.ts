/** Tables of cos and sin, computed in binary64 from exact angles. */

/** cos and sin of `rows` rotations of `pairs` pairs; entry row·pairs + i. */
export interface RotationTable {
  readonly rows: number;
  readonly pairs: number;
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/**
 * The rotations by which each of `positions` (or position differences, which may be negative) turns the pairs.
 *
 * The angle position·frequency is one binary64 product: at 128 k positions it is off by at most 1.5e-11 rad, where a binary32 product would
 * be off by 4e-3 rad. `scale` multiplies both cos and sin (YaRN's attention factor at prefill; 1 for a shift).
 * Throws RangeError for a position that is not an integer of at most 2^31 in magnitude.
 */
export function rotationTable(frequencies: Float64Array, positions: ArrayLike<number>, scale = 1): RotationTable {
  const pairs = frequencies.length;
  const rows = positions.length;
  const cos = new Float64Array(rows * pairs);
  const sin = new Float64Array(rows * pairs);
  for (let row = 0; row < rows; row++) {
    const position = positions[row];
    checkPosition(position);
    for (let i = 0; i < pairs; i++) {
      const angle = position * frequencies[i];
      cos[row * pairs + i] = Math.cos(angle) * scale;
      sin[row * pairs + i] = Math.sin(angle) * scale;
    }
  }
  return { rows, pairs, cos, sin };
}

/** Throws RangeError unless a position or shift is an integer of at most 2^31 in magnitude. */
export function checkPosition(position: number): void {
  if (!Number.isInteger(position) || Math.abs(position) > 2147483648) {
    throw new RangeError(`position or shift is ${position}; expected an integer of at most 2^31 in magnitude`);
  }
}
