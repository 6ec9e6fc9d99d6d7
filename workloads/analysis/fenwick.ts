/** Sums over a growing end of an array, in logarithmic time (Fenwick, "A new data structure for cumulative frequency tables", 1994). */
export class Fenwick {
  readonly #tree: Float64Array;
  #total = 0;

  /** Positions 0 … size − 1, all 0. */
  constructor(size: number) {
    this.#tree = new Float64Array(size + 1);
  }

  get total(): number {
    return this.#total;
  }

  add(position: number, value: number): void {
    this.#total += value;
    for (let index = position + 1; index < this.#tree.length; index += index & -index) this.#tree[index] += value;
  }

  /** Sum over positions 0 … position. */
  sumTo(position: number): number {
    let sum = 0;
    for (let index = position + 1; index > 0; index -= index & -index) sum += this.#tree[index];
    return sum;
  }

  /** Sum over positions position … size − 1. */
  sumFrom(position: number): number {
    return this.#total - (position > 0 ? this.sumTo(position - 1) : 0);
  }
}
