/**
 * A measured table over several variables: exact at the measured points, multilinear between them.
 *
 * The axes are the distinct values that occur; the grid is their product. Interpolation is linear in the natural
 * variables (tokens, sequences), because attention cost is close to linear in each of them: on the RTX 4090 grid of
 * LLMServingSim, predicting a point from its neighbours two steps apart on one axis errs by 0.3–1.7 % in the median when
 * linear, and by 2–5 % when linear in the logarithms.
 *
 * Points missing from the grid are filled once, from the measured points nearest along each axis, each axis weighted by
 * how well it predicts the points that *are* measured. A point with measured neighbours on one side only continues their
 * line and counts as extrapolated.
 */

export interface GridPoint {
  /** One coordinate per axis. */
  readonly at: readonly number[];
  readonly value: number;
}

/** A grid may have this many points at most: beyond, the rows are not a grid. */
const MOST_POINTS = 1 << 21;
/** Neighbours further apart than this many steps share one error class. */
const MOST_GAP = 8;

const MISSING = 0;
const MEASURED = 1;
const FILLED = 2;
const EXTRAPOLATED = 3;

export class GridTable {
  readonly axes: readonly Float64Array[];
  /** After `at`: bit d is set where coordinate d was above (below) the measured range. */
  above = 0;
  below = 0;
  /** After `at`: whether the answer rests on a point that was itself extrapolated. */
  extrapolated = false;
  readonly #values: Float64Array;
  readonly #state: Uint8Array;
  readonly #strides: readonly number[];
  readonly #cell: Int32Array;
  readonly #fraction: Float64Array;

  /**
   * @param dimensions coordinates per point.
   * @throws RangeError where there is no point, a point has other dimensions, a value is not positive and finite, or the
   * points do not lie on a grid of reasonable size.
   */
  constructor(dimensions: number, points: readonly GridPoint[]) {
    if (points.length === 0) throw new RangeError('a grid needs at least one point');
    const distinct = Array.from({ length: dimensions }, () => new Set<number>());
    for (const point of points) {
      if (point.at.length !== dimensions) throw new RangeError(`a point has ${point.at.length} coordinates, not ${dimensions}`);
      if (!(point.value > 0 && Number.isFinite(point.value))) throw new RangeError(`the value at (${point.at.join(', ')}) must be positive and finite, not ${point.value}`);
      point.at.forEach((coordinate, axis) => {
        if (!(coordinate >= 0 && Number.isFinite(coordinate))) throw new RangeError(`a coordinate must be at least 0 and finite, not ${coordinate}`);
        distinct[axis].add(coordinate);
      });
    }
    this.axes = distinct.map((values) => Float64Array.from(values).sort());
    const strides: number[] = new Array<number>(dimensions).fill(1);
    for (let axis = dimensions - 2; axis >= 0; axis -= 1) strides[axis] = strides[axis + 1] * this.axes[axis + 1].length;
    const size = strides[0] * this.axes[0].length;
    if (size > MOST_POINTS) throw new RangeError(`${points.length} points span a grid of ${size}: they do not lie on common axes`);
    this.#strides = strides;
    this.#values = new Float64Array(size);
    this.#state = new Uint8Array(size);
    this.#cell = new Int32Array(dimensions);
    this.#fraction = new Float64Array(dimensions);
    this.#place(points);
    this.#fill();
  }

  /** Measured points. */
  get measured(): number {
    return this.#state.reduce((count, state) => count + (state === MEASURED ? 1 : 0), 0);
  }

  /** The value at `coordinates`: clamped below the range, continued linearly (and never downwards) above it. */
  at(coordinates: ArrayLike<number>): number {
    this.above = 0;
    this.below = 0;
    this.extrapolated = false;
    for (let axis = 0; axis < this.axes.length; axis += 1) this.#locate(axis, coordinates[axis]);
    const value = this.#multilinear(false);
    if (this.above === 0) return value;
    return Math.max(value, this.#multilinear(true));
  }

  #locate(axis: number, coordinate: number): void {
    const marks = this.axes[axis];
    const last = marks.length - 1;
    if (coordinate < marks[0]) this.below |= 1 << axis;
    if (coordinate > marks[last]) this.above |= 1 << axis;
    let cell = 0;
    while (cell < last - 1 && marks[cell + 1] <= coordinate) cell += 1;
    this.#cell[axis] = cell;
    const width = last === 0 ? 0 : marks[cell + 1] - marks[cell];
    this.#fraction[axis] = width === 0 ? 0 : Math.max(0, (coordinate - marks[cell]) / width);
  }

  /** Weighted sum over the corners of the cell; with `clamp`, coordinates beyond the range count as its end. */
  #multilinear(clamp: boolean): number {
    let sum = 0;
    const corners = 1 << this.axes.length;
    for (let corner = 0; corner < corners; corner += 1) {
      let weight = 1;
      let index = 0;
      for (let axis = 0; axis < this.axes.length && weight !== 0; axis += 1) {
        const fraction = clamp ? Math.min(1, this.#fraction[axis]) : this.#fraction[axis];
        const upper = (corner >> axis) & 1;
        weight *= upper === 1 ? fraction : 1 - fraction;
        index += (this.#cell[axis] + upper) * this.#strides[axis];
      }
      if (weight === 0) continue;
      if (this.#state[index] === EXTRAPOLATED) this.extrapolated = true;
      sum += weight * this.#values[index];
    }
    return sum;
  }

  #place(points: readonly GridPoint[]): void {
    const rank = this.axes.map((marks) => new Map(Array.from(marks, (mark, position) => [mark, position])));
    const repeats = new Map<number, number>();
    for (const { at, value } of points) {
      let index = 0;
      at.forEach((coordinate, axis) => {
        index += rank[axis].get(coordinate)! * this.#strides[axis];
      });
      // Repeated measurements of one point: their mean.
      const before = repeats.get(index) ?? 0;
      this.#values[index] = (this.#values[index] * before + value) / (before + 1);
      this.#state[index] = MEASURED;
      repeats.set(index, before + 1);
    }
  }

  /** Steps to the nearest known point along an axis, or 0. */
  #reach(index: number, axis: number, direction: 1 | -1): number {
    const stride = this.#strides[axis];
    const length = this.axes[axis].length;
    const position = Math.floor(index / stride) % length;
    const limit = direction === 1 ? length - 1 - position : position;
    for (let steps = 1; steps <= limit; steps += 1) {
      if (this.#state[index + direction * steps * stride] !== MISSING) return steps;
    }
    return 0;
  }

  /** The line through the known points at `near` and `far` steps, at `index`. */
  #line(index: number, axis: number, near: number, far: number): number {
    const stride = this.#strides[axis];
    const marks = this.axes[axis];
    const position = Math.floor(index / stride) % marks.length;
    const x0 = marks[position + near];
    const x1 = marks[position + far];
    const y0 = this.#values[index + near * stride];
    const y1 = this.#values[index + far * stride];
    return y0 + (y1 - y0) * ((marks[position] - x0) / (x1 - x0));
  }

  #fill(): void {
    const errors = this.#axisErrors();
    const missing: number[] = [];
    for (let index = 0; index < this.#state.length; index += 1) if (this.#state[index] === MISSING) missing.push(index);
    // First what has measured points on a line with it, then what has only filled ones.
    let rest: readonly number[] = missing;
    let level = false;
    while (rest.length > 0) {
      const still = this.#pass(rest, errors, level);
      if (still.length === rest.length && level) break;
      level = still.length === rest.length;
      rest = still;
    }
    if (rest.length > 0) throw new Error(`${rest.length} points of a grid have no known neighbour`);
  }

  /** Estimates all of `indices` from what is known before the pass; returns those that nothing on their lines predicts. */
  #pass(indices: readonly number[], errors: readonly AxisError[], level: boolean): number[] {
    const found: { index: number; value: number; state: number }[] = [];
    const left: number[] = [];
    for (const index of indices) {
      let total = 0;
      let weights = 0;
      let state = EXTRAPOLATED;
      for (let axis = 0; axis < this.axes.length; axis += 1) {
        const down = this.#reach(index, axis, -1);
        const up = this.#reach(index, axis, 1);
        if (down > 0 && up > 0) state = FILLED;
        for (const way of WAYS) {
          const value = this.#predict(index, axis, way, down, up, level);
          if (value === 0) continue;
          const error = errors[axis][way][Math.min(MOST_GAP, gapOf(way, down, up))];
          total += Math.log(value) / (error * error);
          weights += 1 / (error * error);
        }
      }
      if (weights === 0) left.push(index);
      else found.push({ index, value: Math.exp(total / weights), state });
    }
    for (const { index, value, state } of found) {
      this.#values[index] = value;
      this.#state[index] = state;
    }
    return left;
  }

  /**
   * The value at `index` by the line through its known neighbours on one axis, 0 where there are too few: `between` the
   * nearest on both sides, or beyond the nearest two on one side (with `level`, at the height of a single one). Cost is a constant and work: as
   * work grows it does not fall, and as work shrinks it falls at most in proportion. Continued lines keep to that.
   */
  #predict(index: number, axis: number, way: Way, down: number, up: number, level: boolean): number {
    if (way === 'between') return down > 0 && up > 0 ? this.#line(index, axis, -down, up) : 0;
    const direction = way === 'fromBelow' ? -1 : 1;
    const near = way === 'fromBelow' ? down : up;
    if (near === 0) return 0;
    const stride = this.#strides[axis];
    const value = this.#values[index + direction * near * stride];
    const further = this.#reach(index + direction * near * stride, axis, direction);
    if (further === 0) return level ? value : 0;
    const line = this.#line(index, axis, direction * near, direction * (near + further));
    if (way === 'fromBelow') return Math.max(line, value);
    const marks = this.axes[axis];
    const position = Math.floor(index / stride) % marks.length;
    return Math.min(value, Math.max(line, value * (marks[position] / marks[position + near])) || value);
  }

  /** Mean absolute log error of predicting the measured points, by axis, way and distance of the neighbours used. */
  #axisErrors(): AxisError[] {
    return this.axes.map((_, axis) => {
      const sums = { between: new Float64Array(MOST_GAP + 1), fromBelow: new Float64Array(MOST_GAP + 1), fromAbove: new Float64Array(MOST_GAP + 1) };
      const counts = { between: new Float64Array(MOST_GAP + 1), fromBelow: new Float64Array(MOST_GAP + 1), fromAbove: new Float64Array(MOST_GAP + 1) };
      for (let index = 0; index < this.#state.length; index += 1) {
        if (this.#state[index] !== MEASURED) continue;
        const down = this.#reach(index, axis, -1);
        const up = this.#reach(index, axis, 1);
        for (const way of WAYS) {
          const value = this.#predict(index, axis, way, down, up, false);
          if (value === 0) continue;
          const gap = Math.min(MOST_GAP, gapOf(way, down, up));
          sums[way][gap] += Math.abs(Math.log(value / this.#values[index]));
          counts[way][gap] += 1;
        }
      }
      for (const way of WAYS) {
        let known = UNKNOWN_ERROR;
        for (let gap = 1; gap <= MOST_GAP; gap += 1) {
          if (counts[way][gap] > 0) known = sums[way][gap] / counts[way][gap] + LEAST_ERROR;
          sums[way][gap] = known;
        }
      }
      return sums;
    });
  }
}

/** How a point is predicted from its neighbours on an axis. */
type Way = 'between' | 'fromBelow' | 'fromAbove';
const WAYS: readonly Way[] = ['between', 'fromBelow', 'fromAbove'];
/** Error by distance, for each way. */
type AxisError = Readonly<Record<Way, Float64Array>>;
/** Where no measured point tells: a factor of e, so that any known way prevails. */
const UNKNOWN_ERROR = 1;
/** Measurements repeat to about this. */
const LEAST_ERROR = 1e-3;

/** Distance of the neighbours used: between them, or to the nearest. */
function gapOf(way: Way, down: number, up: number): number {
  if (way === 'between') return down + up;
  return way === 'fromBelow' ? down : up;
}
