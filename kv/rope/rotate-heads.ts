/** The innermost loop of rotary embedding on the CPU. */
import type { Reals } from '../tensor/matrix-product.ts';
import type { RopePairing } from './rope-spec.ts';

/**
 * Turns `heads` neighbouring heads of `headDim` elements, in place from `offset`, by the angles whose cos and sin start at `row` of the
 * tables: (a, b) → (a·cos − b·sin, a·sin + b·cos) for each of `pairs` pairs. `direction` −1 turns back. Products are binary64; each result
 * is rounded once.
 */
export function rotateHeads(
  data: Reals,
  offset: number,
  heads: number,
  headDim: number,
  pairing: RopePairing,
  pairs: number,
  cos: Reals,
  sin: Reals,
  row: number,
  direction: 1 | -1 = 1,
): void {
  const neox = pairing === 'neox';
  const step = neox ? 1 : 2;
  const partner = neox ? pairs : 1;
  for (let head = 0, at = offset; head < heads; head++, at += headDim) {
    for (let i = 0, p = at; i < pairs; i++, p += step) {
      const c = cos[row + i];
      const s = direction * sin[row + i];
      const a = data[p];
      const b = data[p + partner];
      data[p] = a * c - b * s;
      data[p + partner] = a * s + b * c;
    }
  }
}
