import type { RandomStream } from '../../sim/kernel/random-stream.ts';

/** Which of a store's segments have gone bad. The store does not know: a reader finds out by checksum. */
export class Corruption {
  readonly #bad = new Set<number>();

  /** Spoils each segment with probability `share`. */
  strike(segmentIds: Iterable<number>, share: number, random: RandomStream): void {
    for (const id of segmentIds) if (random.bernoulli(share)) this.#bad.add(id);
  }

  isBad(segmentId: number): boolean {
    return this.#bad.has(segmentId);
  }

  /** The copy was thrown away, or written anew. */
  clear(segmentId: number): void {
    this.#bad.delete(segmentId);
  }
}
