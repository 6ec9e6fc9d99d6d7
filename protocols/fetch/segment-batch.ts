import type { FetchJob, UnitFetch } from './fetch-job.ts';

/** Some segments of a job that move together: read from one place, sent as one flow, copied to the GPU at once. */
export class SegmentBatch {
  readonly job: FetchJob;
  /** The unit of each segment, beside `segments`. */
  readonly units: UnitFetch[] = [];
  /** Index of each segment within its unit. */
  readonly segments: number[] = [];
  /** Bytes stored and sent. */
  storedBytes = 0;
  /** Bytes after decoding. */
  rawBytes = 0;
  /** It lies in GPU memory: nothing needs to be copied there. */
  inDevice = false;
  /** Start of the step that the batch is in. */
  stepStartNs = 0;
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
    this.units.push(unit);
    this.segments.push(segment);
    this.storedBytes += unit.geometry.segmentBytes[segment];
    this.rawBytes += unit.geometry.segmentRawBytes[segment];
  }

  /** Some request still wants one of its units. */
  get wanted(): boolean {
    return this.units.some((unit) => !unit.cancelled && unit.outcome === undefined);
  }
}
