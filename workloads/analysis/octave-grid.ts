/** Four sizes an octave (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20 …): at most 25 % apart, and exact integers. */

/** The index of the smallest grid size of at least `value`, a whole number of at least 1. */
export function gridIndex(value: number): number {
  if (value <= 4) return value - 1;
  let unit = 1;
  let index = 3;
  // 4·unit … 8·unit in steps of unit; the first octave is 4 … 8.
  while (8 * unit < value) {
    unit *= 2;
    index += 4;
  }
  return index + Math.ceil(value / unit) - 4;
}

/** The size at an index. */
export function gridSize(index: number): number {
  if (index < 4) return index + 1;
  let unit = 1;
  let rest = index - 3;
  while (rest > 4) {
    unit *= 2;
    rest -= 4;
  }
  return (4 + rest) * unit;
}

/** Counts by grid size; a value falls to the smallest size that is not below it. */
export class OctaveHistogram {
  readonly #counts: number[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(value: number, weight = 1): void {
    const index = gridIndex(Math.max(1, value));
    while (this.#counts.length <= index) this.#counts.push(0);
    this.#counts[index] += weight;
    this.#total += weight;
  }

  /** Weight of all values up to each grid size, from the first size that is needed to the last. */
  cumulative(): { size: number; weight: number }[] {
    let weight = 0;
    return this.#counts.map((count, index) => ({ size: gridSize(index), weight: (weight += count) }));
  }

  /** The grid size that at least this share of the weight does not exceed; undefined where there is none. */
  quantile(share: number): number | undefined {
    return this.cumulative().find(({ weight }) => weight > 0 && weight >= share * this.#total)?.size;
  }
}
