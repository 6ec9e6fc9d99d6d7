import seedrandom from 'seedrandom';

/**
 * One named sequence of pseudo-random draws: Baagøe's Alea through seedrandom, 53 bits a draw.
 *
 * Every law is drawn by inversion from one uniform, `normal` excepted (Marsaglia's polar method), so that two systems reading the same stream see
 * comparable draws. Only exp, log and sqrt are used. Bad parameters throw RangeError.
 */
export class RandomStream {
  private readonly draw: () => number;
  private spareNormal: number | undefined;

  /** @param key whatever tells this stream from others; see RandomStreams. */
  constructor(key: string) {
    const generator = seedrandom.alea(key);
    this.draw = () => generator.double();
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  next(): number {
    return this.draw();
  }

  /** Uniform in [lo, hi). */
  uniform(lo: number, hi: number): number {
    if (!(lo <= hi && hi - lo < Infinity)) throw new RangeError(`uniform(${lo}, ${hi}): expected finite bounds, lo ≤ hi`);
    const value = lo + (hi - lo) * this.draw();
    // Rounding may reach hi when the bounds are few representable numbers apart.
    return value < hi || lo === hi ? value : lo;
  }

  /** Uniform among 0, 1 … n − 1. */
  integer(n: number): number {
    if (!(n >= 1 && Number.isSafeInteger(n))) throw new RangeError(`integer(${n}): expected a whole number of at least 1`);
    return Math.floor(this.draw() * n);
  }

  exponential(mean: number): number {
    if (!(mean >= 0 && mean < Infinity)) throw new RangeError(`exponential mean is ${mean}: expected a finite number, at least 0`);
    return -mean * Math.log(1 - this.draw());
  }

  normal(mean: number, sd: number): number {
    if (!(sd >= 0 && sd < Infinity && Number.isFinite(mean))) throw new RangeError(`normal(${mean}, ${sd}): expected a finite mean and sd ≥ 0`);
    return mean + sd * this.standardNormal();
  }

  /** exp of a normal with mean `mu` and standard deviation `sigma`: median exp(mu), mean exp(mu + sigma²/2). */
  logNormal(mu: number, sigma: number): number {
    return Math.exp(this.normal(mu, sigma));
  }

  /** P(X > x) = (scale / x)^shape for x ≥ scale. */
  pareto(shape: number, scale: number): number {
    refuseShape('pareto', shape, scale);
    return scale * Math.exp(-Math.log(1 - this.draw()) / shape);
  }

  /** P(X > x) = exp(−(x / scale)^shape). */
  weibull(shape: number, scale: number): number {
    refuseShape('weibull', shape, scale);
    return scale * Math.exp(Math.log(-Math.log(1 - this.draw())) / shape);
  }

  bernoulli(p: number): boolean {
    if (!(p >= 0 && p <= 1)) throw new RangeError(`bernoulli(${p}): expected a probability from 0 to 1`);
    return this.draw() < p;
  }

  /** Shuffles in place (Fisher–Yates) and returns the array. */
  shuffle<T>(array: T[]): T[] {
    for (let i = array.length - 1; i > 0; i--) {
      const j = Math.floor(this.draw() * (i + 1));
      const held = array[i];
      array[i] = array[j]!;
      array[j] = held;
    }
    return array;
  }

  pick<T>(array: readonly T[]): T {
    if (array.length === 0) throw new RangeError('pick from an empty array: expected at least one element');
    return array[Math.floor(this.draw() * array.length)];
  }

  private standardNormal(): number {
    const spare = this.spareNormal;
    if (spare !== undefined) {
      this.spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const x = 2 * this.draw() - 1;
      const y = 2 * this.draw() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.spareNormal = y * scale;
      return x * scale;
    }
  }
}

function refuseShape(law: string, shape: number, scale: number): void {
  if (!(shape > 0 && shape < Infinity && scale >= 0 && scale < Infinity)) {
    throw new RangeError(`${law}(${shape}, ${scale}): expected a positive shape and a scale of at least 0, both finite`);
  }
}
