import type { Nanoseconds } from './time.ts';

export type TraceArgs = Readonly<Record<string, string | number | boolean>>;

/**
 * Receives what happened in a run, for a timeline viewer. A track is a named row. Tracing never changes a run: sinks must not schedule events or draw random numbers.
 */
export interface TraceSink {
  /** Something that took time on a track. */
  complete(track: string, name: string, startNs: Nanoseconds, durationNs: Nanoseconds, args?: TraceArgs): void;
  /** Something that took none. */
  instant(track: string, name: string, timeNs: Nanoseconds, args?: TraceArgs): void;
  /** The value of a quantity from `timeNs` on. */
  counter(track: string, name: string, timeNs: Nanoseconds, value: number): void;
  /** An arrow from one track to another, e.g. a message; each end binds to the slice its track shows at that instant. */
  flow(name: string, fromTrack: string, fromNs: Nanoseconds, toTrack: string, toNs: Nanoseconds): void;
}
