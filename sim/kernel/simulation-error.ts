import type { Nanoseconds } from './time.ts';

/** What `run` throws when a handler or an unattended process fails: where in the run it happened, with the original error as `cause`. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  readonly timeNs: Nanoseconds;
  readonly label: string;

  constructor(timeNs: Nanoseconds, label: string, cause: unknown) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(`at t = ${timeNs} ns in "${label}": ${reason}`, { cause });
    this.timeNs = timeNs;
    this.label = label;
  }
}
