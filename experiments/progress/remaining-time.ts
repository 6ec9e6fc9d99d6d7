/** Estimates the time a sweep still takes from the times its trials took. */

export class RemainingTime {
  readonly #workers: number;
  readonly #remaining = new Map<string, number>();
  readonly #seconds = new Map<string, { sum: number; n: number }>();

  /** @param systems the system of each trial still to run; trials of one system take about as long as each other */
  constructor(systems: Iterable<string>, workers: number) {
    this.#workers = workers;
    for (const system of systems) this.#remaining.set(system, (this.#remaining.get(system) ?? 0) + 1);
  }

  /** A trial has ended. */
  ended(system: string, seconds: number): void {
    this.#remaining.set(system, Math.max(0, (this.#remaining.get(system) ?? 0) - 1));
    const { sum, n } = this.#seconds.get(system) ?? { sum: 0, n: 0 };
    this.#seconds.set(system, { sum: sum + seconds, n: n + 1 });
  }

  /** Seconds to go; undefined before the first trial has ended. A system not seen yet is taken to be as the mean of the others. */
  seconds(): number | undefined {
    const seen = [...this.#seconds.values()];
    const trials = seen.reduce((sum, { n }) => sum + n, 0);
    if (trials === 0) return undefined;
    const mean = seen.reduce((sum, { sum: each }) => sum + each, 0) / trials;
    let total = 0;
    for (const [system, count] of this.#remaining) {
      const own = this.#seconds.get(system);
      total += count * (own === undefined ? mean : own.sum / own.n);
    }
    return total / this.#workers;
  }
}

/** `3 s`, `2 min 5 s`, `1 h 12 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
