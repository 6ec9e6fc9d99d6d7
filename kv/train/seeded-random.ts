/** Named, seeded draws: Baagøe's Alea through seedrandom. Two names under one seed are independent. */
import seedrandom from 'seedrandom';

/** One sequence of draws, fixed by its seed and name. */
export class SeededRandom {
  readonly #draw: () => number;

  constructor(seed: string, name: string) {
    const generator = seedrandom.alea(`${seed}/${name}`);
    this.#draw = () => generator.double();
  }

  /** A number in [0, 1). */
  next(): number {
    return this.#draw();
  }

  /** A whole number from 0 to n − 1. */
  integer(n: number): number {
    return Math.floor(this.#draw() * n);
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('cannot pick from nothing');
    return items[this.integer(items.length)];
  }

  /** A standard normal deviate (Marsaglia's polar method). */
  normal(): number {
    for (;;) {
      const u = 2 * this.#draw() - 1;
      const v = 2 * this.#draw() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
    }
  }
}
