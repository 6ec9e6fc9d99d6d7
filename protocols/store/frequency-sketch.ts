import type { UseFrequency } from './use-frequency.ts';

const ROWS = 4;
const COUNT_MAX = 15;
/** Uses counted between two halvings, for each entry held. */
const SAMPLE_PER_ENTRY = 10;
/** Odd multipliers, one a row: the golden ratio and three more 32-bit constants of the xxHash family. */
const SEEDS = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;

/**
 * Count-min sketch with fading: four rows of counters up to 15, least of four is the estimate, and after ten uses for each entry held all
 * counters are halved (Einziger, Friedman and Manes, *TinyLFU: a highly efficient cache admission policy*, ACM ToS 13(4), 2017). Only
 * the least counters of an id are raised (conservative update). Never below the true count since the last halving, up to 15.
 *
 * The number of entries held may be unknown at first: doubling the width copies each row beside itself, which leaves every estimate
 * as it was.
 */
export class FrequencySketch implements UseFrequency {
  #width = 64;
  #rows = Array.from({ length: ROWS }, () => new Uint8Array(64));
  #uses = 0;

  /** Counters in each row: a power of two, at least twice the entries expected. */
  get width(): number {
    return this.#width;
  }

  /** Widens the rows where they would be crowded. */
  expectEntries(entries: number): void {
    while (this.#width < 2 * entries && this.#width < 0x4000_0000) {
      this.#width *= 2;
      this.#rows = this.#rows.map((row) => {
        const wide = new Uint8Array(2 * row.length);
        wide.set(row);
        wide.set(row, row.length);
        return wide;
      });
    }
  }

  observe(id: number): void {
    const least = this.estimate(id);
    if (least < COUNT_MAX) {
      for (let row = 0; row < ROWS; row++) {
        const index = this.#index(id, row);
        if (this.#rows[row][index] === least) this.#rows[row][index]++;
      }
    }
    if (++this.#uses >= SAMPLE_PER_ENTRY * (this.#width / 2)) this.#halve();
  }

  estimate(id: number): number {
    let least = COUNT_MAX;
    for (let row = 0; row < ROWS; row++) least = Math.min(least, this.#rows[row][this.#index(id, row)]);
    return least;
  }

  #halve(): void {
    for (const row of this.#rows) for (let i = 0; i < row.length; i++) row[i] >>>= 1;
    this.#uses = Math.floor(this.#uses / 2);
  }

  /** Mixes all 53 bits of an id; the constants of the last steps are those of MurmurHash3's finaliser. */
  #index(id: number, row: number): number {
    const high = Math.floor(id / 0x1_0000_0000);
    let hash = Math.imul((id ^ Math.imul(high, 0x165667b1)) + row, SEEDS[row]);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & (this.#width - 1);
  }
}
