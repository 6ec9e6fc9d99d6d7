/** How often entries were asked for, held or not. */
export interface UseFrequency {
  /** Counts one use. */
  observe(id: number): void;
  /** Uses counted, as far as they are remembered. */
  estimate(id: number): number;
  /** Says that this many entries are held at once, for counters whose memory goes with it. */
  expectEntries?(entries: number): void;
}

/** Every use of every entry since the start: a number for each id ever seen. */
export class PerfectCounts implements UseFrequency {
  readonly #counts = new Map<number, number>();

  observe(id: number): void {
    this.#counts.set(id, this.estimate(id) + 1);
  }

  estimate(id: number): number {
    return this.#counts.get(id) ?? 0;
  }
}
