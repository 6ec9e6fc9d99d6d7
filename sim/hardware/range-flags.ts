/** Answers that a cost model gave outside the range it was measured or is valid in, counted by reason. */
export class RangeFlags {
  /** Set to false while asking for estimates, so that only work that is really executed is counted. */
  recording = true;
  /** Flags raised while not recording. */
  unrecorded = 0;
  readonly #counts = new Map<string, number>();

  raise(reason: string): void {
    if (!this.recording) {
      this.unrecorded += 1;
      return;
    }
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** Answers outside the range, all reasons together (an answer with two reasons counts twice). */
  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  /** Count by reason, in alphabetical order of the reasons. */
  counts(): Record<string, number> {
    const reasons = [...this.#counts.keys()].sort();
    return Object.fromEntries(reasons.map((reason) => [reason, this.#counts.get(reason) ?? 0]));
  }

  clear(): void {
    this.#counts.clear();
  }
}
