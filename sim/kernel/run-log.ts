import type { Digest, DigestCheckpoint, Divergence } from './digest.ts';

/** One event of a run, as the digest sees it. `event` counts from 1. */
export interface RecordedEvent {
  readonly event: number;
  readonly timeNs: number;
  readonly label: string;
  readonly entity: number;
}

/**
 * Notes taken along a run to find where it parts from another: digest checkpoints at regular counts of events, and every event of one stretch.
 * The simulator calls `attend` at the events `nextEvent` names, and at no others.
 */
export class RunLog {
  readonly checkpoints: DigestCheckpoint[] = [];
  readonly events: RecordedEvent[] = [];
  /** The next event to attend to; −1 for none. */
  nextEvent: number;
  private readonly every: number;
  private readonly stretch: Divergence | undefined;

  /** @param every events between checkpoints, 0 for none. */
  constructor(every: number, stretch: Divergence | undefined) {
    if (!(Number.isInteger(every) && every >= 0)) throw new RangeError(`checkpointEvery is ${every}: expected a whole number of events`);
    if (stretch !== undefined && !(stretch.afterEvent >= 0 && stretch.byEvent >= stretch.afterEvent)) {
      throw new RangeError(`recordEvents is ${stretch.afterEvent} to ${stretch.byEvent}: expected 0 ≤ afterEvent ≤ byEvent`);
    }
    this.every = every;
    this.stretch = stretch;
    this.nextEvent = this.after(0);
  }

  attend(recorded: RecordedEvent, digest: Digest): void {
    const { event, timeNs } = recorded;
    if (this.every > 0 && event % this.every === 0) this.checkpoints.push({ eventsRun: event, timeNs, digest: digest.toString() });
    if (this.stretch !== undefined && event > this.stretch.afterEvent && event <= this.stretch.byEvent) this.events.push(recorded);
    this.nextEvent = this.after(event);
  }

  private after(event: number): number {
    const candidates: number[] = [];
    if (this.every > 0) candidates.push((Math.floor(event / this.every) + 1) * this.every);
    if (this.stretch !== undefined && event < this.stretch.byEvent) candidates.push(Math.max(event, this.stretch.afterEvent) + 1);
    return candidates.length === 0 ? -1 : Math.min(...candidates);
  }
}
