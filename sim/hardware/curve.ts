/**
 * A measured curve of one variable: exact at the measured points, interpolated between, extended beyond by its trend.
 *
 * Two ways of interpolating. `linear` joins neighbours by straight lines in the natural variable, which is exact for a
 * cost that grows by a constant per unit. `tiled` knows that matrix products are computed in tiles of rows: cost is a
 * staircase, nearly flat within a tile and jumping between tiles, so a point takes the value of a neighbour in its own
 * tile and never averages across a jump (cuBLAS and CUTLASS tiles are 64, 128 or 256 rows high).
 * Which of them a curve follows is decided by the curve: the one with the smallest leave-one-out error is used.
 */

/** Interpolation rule: 0 for straight lines, else the height of a tile. */
export type TileRows = 0 | 64 | 128;
const RULES: readonly TileRows[] = [0, 64, 128];

export class Curve {
  /** Smallest and largest measured variable. */
  readonly least: number;
  readonly most: number;
  /** The rule that the measured points chose. */
  readonly tileRows: TileRows;
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  readonly #endSlope: number;

  /**
   * @param points measured [variable, value]; variables positive and finite, values finite and at least 0; in any order,
   * repeated variables averaged.
   * @throws RangeError where there is no point, or one is not as required.
   */
  constructor(points: Iterable<readonly [x: number, y: number]>) {
    const merged = mergeRepeated(points);
    if (merged.length === 0) throw new RangeError('a curve needs at least one point');
    this.#x = Float64Array.from(merged, ([x]) => x);
    this.#y = Float64Array.from(merged, ([, y]) => y);
    this.least = this.#x[0]!;
    this.most = this.#x[merged.length - 1]!;
    this.#endSlope = trend(this.#x, this.#y);
    this.tileRows = chooseRule(this.#x, this.#y);
  }

  /** The value at `x`: below the least point the least point's, above the largest its value plus the trend. */
  at(x: number): number {
    if (x > this.most) return this.#y[this.#y.length - 1] + this.#endSlope * (x - this.most);
    return interpolate(this.#x, this.#y, x, this.tileRows, -1);
  }
}

function mergeRepeated(points: Iterable<readonly [number, number]>): [number, number][] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [x, y] of points) {
    if (!(Number.isFinite(x) && x > 0 && Number.isFinite(y) && y >= 0)) throw new RangeError(`a point of a curve must be positive and finite, not (${x}, ${y})`);
    const known = sums.get(x);
    if (known === undefined) sums.set(x, { sum: y, count: 1 });
    else {
      known.sum += y;
      known.count += 1;
    }
  }
  return [...sums].map(([x, { sum, count }]): [number, number] => [x, sum / count]).sort(([a], [b]) => a - b);
}

/** Mean slope over the upper half of the range, at least 0: single steps of a staircase do not decide it. */
function trend(x: Float64Array, y: Float64Array): number {
  const last = x.length - 1;
  if (last === 0) return y[0] / x[0];
  let middle = 0;
  while (middle < last - 1 && x[middle + 1] <= x[last] / 2) middle += 1;
  return Math.max(0, (y[last] - y[middle]) / (x[last] - x[middle]));
}

/** The value at `x` of the points without point number `skip` (−1: all). */
function interpolate(xs: Float64Array, ys: Float64Array, x: number, tileRows: TileRows, skip: number): number {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] < x) low = middle + 1;
    else high = middle;
  }
  let above = low;
  let below = low - 1;
  if (above === skip) above += 1;
  if (below === skip) below -= 1;
  if (above >= xs.length) return ys[below];
  if (xs[above] === x || below < 0) return ys[above];
  const x0 = xs[below];
  const x1 = xs[above];
  if (tileRows > 0) {
    const tile = Math.ceil(x / tileRows);
    const sameBelow = Math.ceil(x0 / tileRows) === tile;
    const sameAbove = Math.ceil(x1 / tileRows) === tile;
    if (sameBelow && !sameAbove) return ys[below];
    if (sameAbove && !sameBelow) return ys[above];
  }
  return ys[below] + (ys[above] - ys[below]) * ((x - x0) / (x1 - x0));
}

/** The rule with the smallest leave-one-out error in the logarithm; straight lines where nothing distinguishes. */
function chooseRule(x: Float64Array, y: Float64Array): TileRows {
  let best: TileRows = 0;
  let bestError = Infinity;
  for (const rule of RULES) {
    let error = 0;
    for (let point = 1; point < x.length - 1; point += 1) {
      const predicted = interpolate(x, y, x[point], rule, point);
      if (predicted > 0 && y[point] > 0) error += Math.abs(Math.log(predicted / y[point]));
    }
    if (error < bestError * (1 - 1e-9)) {
      best = rule;
      bestError = error;
    }
  }
  return best;
}
