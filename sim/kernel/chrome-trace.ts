import type { Nanoseconds } from './time.ts';
import { TrackLanes } from './track-lanes.ts';
import type { TraceArgs, TraceSink } from './trace.ts';

export interface ChromeTraceOptions {
  /** The most events kept; a flow counts as one. 1 000 000 by default. */
  readonly maxEvents?: number;
  /** What is kept when there are more: the first (default), for how a run begins, or the last, for how it ended. The rest is counted as dropped. */
  readonly keep?: 'first' | 'last';
  /** What the viewer calls the whole. */
  readonly title?: string;
}

interface Slice {
  readonly kind: 'slice';
  readonly track: string;
  readonly name: string;
  readonly startNs: Nanoseconds;
  readonly durationNs: Nanoseconds;
  readonly args: TraceArgs | undefined;
}

interface Instant {
  readonly kind: 'instant';
  readonly track: string;
  readonly name: string;
  readonly timeNs: Nanoseconds;
  readonly args: TraceArgs | undefined;
}

interface Counter {
  readonly kind: 'counter';
  readonly track: string;
  readonly name: string;
  readonly timeNs: Nanoseconds;
  readonly value: number;
}

interface Flow {
  readonly kind: 'flow';
  readonly name: string;
  readonly fromTrack: string;
  readonly fromNs: Nanoseconds;
  readonly toTrack: string;
  readonly toNs: Nanoseconds;
}

type TraceEvent = Slice | Instant | Counter | Flow;

const CHUNK_CHARACTERS = 65_536;

/**
 * Records a run as Chrome trace events, which Perfetto (ui.perfetto.dev) and chrome://tracing open. The format is that of the *Trace Event Format*
 * document of the Chromium project: slices are "X", instants "i", counters "C", flows "s" and "f", track names "M" events; times are microseconds.
 *
 * A track whose slices overlap without nesting (a station with several servers) is drawn as several rows, `name`, `name (2)` …
 */
export class ChromeTrace implements TraceSink {
  private readonly maxEvents: number;
  private readonly keepsLast: boolean;
  private readonly title: string;
  /** A ring once full, when the last are kept. */
  private readonly events: TraceEvent[] = [];
  private seen = 0;

  constructor(options: ChromeTraceOptions = {}) {
    this.maxEvents = options.maxEvents ?? 1_000_000;
    this.keepsLast = options.keep === 'last';
    this.title = options.title ?? 'simulation';
    if (!(Number.isInteger(this.maxEvents) && this.maxEvents >= 1)) {
      throw new RangeError(`maxEvents is ${this.maxEvents}: expected a whole number of at least 1`);
    }
  }

  /** Events that came when there was no room, or that made room for later ones. */
  get dropped(): number {
    return this.seen - this.events.length;
  }

  complete(track: string, name: string, startNs: Nanoseconds, durationNs: Nanoseconds, args?: TraceArgs): void {
    if (!(durationNs >= 0)) throw new RangeError(`duration of "${name}" on track "${track}" is ${durationNs}: expected at least 0`);
    this.record({ kind: 'slice', track, name, startNs, durationNs, args });
  }

  instant(track: string, name: string, timeNs: Nanoseconds, args?: TraceArgs): void {
    this.record({ kind: 'instant', track, name, timeNs, args });
  }

  counter(track: string, name: string, timeNs: Nanoseconds, value: number): void {
    if (!Number.isFinite(value)) throw new RangeError(`counter "${name}" on track "${track}" is ${value}: expected a finite number`);
    this.record({ kind: 'counter', track, name, timeNs, value });
  }

  flow(name: string, fromTrack: string, fromNs: Nanoseconds, toTrack: string, toNs: Nanoseconds): void {
    this.record({ kind: 'flow', name, fromTrack, fromNs, toTrack, toNs });
  }

  /** The JSON document in pieces of about 64 KiB, to be written one after the other. */
  *chunks(): Generator<string> {
    let chunk = '';
    for (const line of this.lines()) {
      chunk += line;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield chunk;
      chunk = '';
    }
    if (chunk !== '') yield chunk;
  }

  private record(event: TraceEvent): void {
    if (this.events.length < this.maxEvents) this.events.push(event);
    else if (this.keepsLast) this.events[this.seen % this.maxEvents] = event;
    this.seen++;
  }

  private *lines(): Generator<string> {
    const lanes = this.assignLanes();
    yield '{"displayTimeUnit":"ns",';
    yield `"otherData":${JSON.stringify({ droppedEvents: this.dropped, kept: this.keepsLast ? 'last' : 'first' })},\n"traceEvents":[\n`;
    yield metadata('process_name', 0, { name: this.title });
    for (const { name, tid } of lanes.rows()) {
      yield `,\n${metadata('thread_name', tid, { name })}`;
      yield `,\n${metadata('thread_sort_index', tid, { sort_index: tid })}`;
    }
    const oldest = this.seen > this.events.length && this.keepsLast ? this.seen % this.maxEvents : 0;
    for (let i = 0; i < this.events.length; i++) {
      const index = (oldest + i) % this.events.length;
      yield ',\n';
      yield written(this.events[index], index, lanes);
    }
    yield '\n]}\n';
  }

  private assignLanes(): TrackLanes {
    const lanes = new TrackLanes();
    for (const [index, event] of this.events.entries()) {
      if (event.kind === 'slice') lanes.addSlice(event.track, event.startNs, event.durationNs, index);
      else if (event.kind === 'flow') {
        lanes.addTrack(event.fromTrack);
        lanes.addTrack(event.toTrack);
      } else if (event.kind === 'instant') lanes.addTrack(event.track);
    }
    lanes.assign();
    return lanes;
  }
}

function written(event: TraceEvent, index: number, lanes: TrackLanes): string {
  switch (event.kind) {
    case 'slice':
      return line('X', event.name, lanes.tidOfSlice(index), event.startNs, `,"dur":${microseconds(event.durationNs)}${argsOf(event.args)}`);
    case 'instant':
      return line('i', event.name, lanes.tidAt(event.track, event.timeNs), event.timeNs, `,"s":"t"${argsOf(event.args)}`);
    case 'counter':
      // Viewers tell counters apart by name alone.
      return line('C', `${event.track} ${event.name}`, 0, event.timeNs, `,"args":{"value":${event.value}}`);
    case 'flow': {
      const from = line('s', event.name, lanes.tidAt(event.fromTrack, event.fromNs), event.fromNs, `,"cat":"flow","id":${index + 1}`);
      const to = line('f', event.name, lanes.tidAt(event.toTrack, event.toNs), event.toNs, `,"cat":"flow","bp":"e","id":${index + 1}`);
      return `${from},\n${to}`;
    }
  }
}

function line(phase: string, name: string, tid: number, timeNs: Nanoseconds, rest: string): string {
  return `{"ph":"${phase}","pid":1,"tid":${tid},"ts":${microseconds(timeNs)},"name":${JSON.stringify(name)}${rest}}`;
}

function metadata(name: string, tid: number, args: object): string {
  return `{"ph":"M","pid":1,"tid":${tid},"name":"${name}","args":${JSON.stringify(args)}}`;
}

function argsOf(args: TraceArgs | undefined): string {
  return args === undefined ? '' : `,"args":${JSON.stringify(args)}`;
}

/** Nanoseconds as a decimal number of microseconds, exactly. */
function microseconds(ns: Nanoseconds): string {
  const whole = Math.floor(ns / 1000);
  const rest = ns - whole * 1000;
  return rest === 0 ? String(whole) : `${whole}.${String(rest).padStart(3, '0')}`;
}
