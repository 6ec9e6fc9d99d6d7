import type { PinTicket } from '../store/store-entries.ts';
import type { FetchJob, UnitFetch } from './fetch-job.ts';

/** An entry of a store that may not leave it. */
interface Pin {
  readonly id: number;
  readonly ticket: PinTicket;
}

const NO_UNITS: readonly UnitFetch[] = [];
const NO_SEGMENTS: readonly number[] = [];
const NO_PINS: readonly Pin[] = [];

/** Some segments of a job that move together: read from one place, sent as one flow, copied to the GPU at once. */
export class SegmentBatch {
  readonly job: FetchJob;
  /** The unit of each segment, beside `segments`. */
  units: readonly UnitFetch[] = NO_UNITS;
  /** Index of each segment within its unit. */
  segments: readonly number[] = NO_SEGMENTS;
  /** Bytes stored and sent. */
  storedBytes = 0;
  /** Bytes after decoding. */
  rawBytes = 0;
  /** It lies in GPU memory: nothing needs to be copied there. */
  inDevice = false;
  /** Start of the step that the batch is in. */
  stepStartNs = 0;
  /** Entries of the node's own store that may not leave while the batch is read and copied. */
  pins: readonly Pin[] = NO_PINS;
  /** Told when they have been given back. */
  unpinned: (() => void) | undefined;
  /** The batch that it was a part of, and how many of its own parts are still at work on what is pinned. */
  #whole: SegmentBatch | undefined;
  #parts = 0;
  /** The last activity of this batch, and what released it. */
  activity: number;

  constructor(job: FetchJob, activity: number) {
    this.job = job;
    this.activity = activity;
  }

  get size(): number {
    return this.segments.length;
  }

  add(unit: UnitFetch, segment: number): void {
    if (this.segments.length === 0) {
      // Most batches are one segment, whose lists need no room to grow.
      this.units = [unit];
      this.segments = [segment];
    } else {
      (this.units as UnitFetch[]).push(unit);
      (this.segments as number[]).push(segment);
    }
    this.storedBytes += unit.geometry.segmentBytes[segment];
    this.rawBytes += unit.geometry.segmentRawBytes[segment];
  }

  /** One of its segments, which goes on by itself. */
  part(index: number): SegmentBatch {
    const part = new SegmentBatch(this.job, this.activity);
    part.stepStartNs = this.stepStartNs;
    part.add(this.units[index], this.segments[index]);
    part.#whole = this;
    this.#parts++;
    return part;
  }

  /** An entry may not leave the store until `unpin`. */
  keepPinned(pin: Pin): void {
    if (this.pins.length === 0) this.pins = [pin];
    else (this.pins as Pin[]).push(pin);
  }

  /** It does not use its node's store any more: pins are given back, by the last of its parts if it has any. */
  unpin(): void {
    const whole = this.#whole;
    if (whole !== undefined) {
      this.#whole = undefined;
      if (--whole.#parts === 0) whole.unpin();
      return;
    }
    const { pins } = this;
    if (pins.length === 0) return;
    this.pins = NO_PINS;
    for (const { id, ticket } of pins) this.job.node.holdings.unpin(id, ticket);
    this.unpinned?.();
  }

  /** Some request still wants one of its units. */
  get wanted(): boolean {
    return this.units.some((unit) => !unit.cancelled && unit.outcome === undefined);
  }
}
