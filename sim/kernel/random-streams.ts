import { RandomStream } from './random-stream.ts';

/**
 * Independent random streams by name, all drawn from one seed. A stream's draws depend on the seed and its own name alone, so one more stream, or
 * one more draw elsewhere, disturbs nothing: two systems under test read the same arrivals (common random numbers).
 *
 * The key given to Alea is `<length of seed>:<seed>/<name>`; the length keeps (seed "1/a", name "b") apart from (seed "1", name "a/b").
 * Numeric seeds are written in decimal, so 7 and "7" are the same seed.
 */
export class RandomStreams {
  readonly seed: string;
  private readonly streams = new Map<string, RandomStream>();

  constructor(seed: string | number) {
    if (typeof seed === 'number' && !Number.isFinite(seed)) throw new RangeError(`seed is ${seed}: expected a finite number or a string`);
    this.seed = String(seed);
  }

  /** The stream of this name; the same object at every call. */
  stream(name: string): RandomStream {
    let stream = this.streams.get(name);
    if (stream === undefined) {
      stream = new RandomStream(`${this.seed.length}:${this.seed}/${name}`);
      this.streams.set(name, stream);
    }
    return stream;
  }
}
