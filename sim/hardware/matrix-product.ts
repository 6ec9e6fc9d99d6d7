/** Rows times a weight matrix: the longer of the arithmetic and the memory traffic (Williams et al., CACM 2009). */
export class MatrixProduct {
  readonly #flopsPerRow: number;
  readonly #weightBytes: number;
  readonly #bytesPerRow: number;
  readonly #flopsPerSecond: number;
  readonly #bytesPerSecond: number;

  /**
   * @param from width of a row
   * @param to width of a row of the product
   * @param flopsPerSecond,bytesPerSecond reached, over all GPUs
   */
  constructor(from: number, to: number, dtypeBytes: number, flopsPerSecond: number, bytesPerSecond: number) {
    this.#flopsPerRow = 2 * from * to;
    this.#weightBytes = from * to * dtypeBytes;
    this.#bytesPerRow = (from + to) * dtypeBytes;
    this.#flopsPerSecond = flopsPerSecond;
    this.#bytesPerSecond = bytesPerSecond;
  }

  seconds(rows: number): number {
    return Math.max((rows * this.#flopsPerRow) / this.#flopsPerSecond, (this.#weightBytes + rows * this.#bytesPerRow) / this.#bytesPerSecond);
  }
}
