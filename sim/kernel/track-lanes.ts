import type { Nanoseconds } from './time.ts';

interface LaneSlice {
  readonly startNs: Nanoseconds;
  readonly endNs: Nanoseconds;
  readonly event: number;
  tid: number;
}

/** One row of the timeline: the ends of the slices open on it, innermost last. */
interface Lane {
  readonly tid: number;
  readonly openEndsNs: Nanoseconds[];
}

interface Track {
  readonly name: string;
  readonly slices: LaneSlice[];
  readonly lanes: Lane[];
}

/** How far back `tidAt` looks for a slice that is still open. */
const LOOK_BACK = 256;

/**
 * Lays the slices of named tracks out in rows, so that slices on one row are nested or apart, which is all that trace viewers draw.
 * A slice goes to the first row of its track that takes it.
 */
export class TrackLanes {
  private readonly tracks = new Map<string, Track>();
  private readonly tidByEvent = new Map<number, number>();
  private readonly named: { name: string; tid: number }[] = [];

  addTrack(name: string): void {
    this.track(name);
  }

  addSlice(track: string, startNs: Nanoseconds, durationNs: Nanoseconds, event: number): void {
    this.track(track).slices.push({ startNs, endNs: startNs + durationNs, event, tid: 0 });
  }

  /** To be called once, after all tracks and slices have been added. */
  assign(): void {
    for (const track of this.tracks.values()) {
      // Of slices that start together the longest encloses the others.
      track.slices.sort((a, b) => a.startNs - b.startNs || b.endNs - a.endNs || a.event - b.event);
      this.openLane(track);
      for (const slice of track.slices) {
        const lane = track.lanes.find((candidate) => takes(candidate, slice)) ?? this.openLane(track);
        lane.openEndsNs.push(slice.endNs);
        slice.tid = lane.tid;
        this.tidByEvent.set(slice.event, lane.tid);
      }
    }
  }

  /** Every row, in order. */
  rows(): readonly { readonly name: string; readonly tid: number }[] {
    return this.named;
  }

  tidOfSlice(event: number): number {
    return this.tidByEvent.get(event)!;
  }

  /** The row that shows the latest-started slice of the track open at `timeNs`, or the track's first row. */
  tidAt(name: string, timeNs: Nanoseconds): number {
    const { slices, lanes } = this.tracks.get(name)!;
    let low = 0;
    let high = slices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (slices[middle].startNs <= timeNs) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0 && i >= low - LOOK_BACK; i--) if (slices[i].endNs >= timeNs) return slices[i].tid;
    return lanes[0].tid;
  }

  private track(name: string): Track {
    let track = this.tracks.get(name);
    if (track === undefined) {
      track = { name, slices: [], lanes: [] };
      this.tracks.set(name, track);
    }
    return track;
  }

  private openLane(track: Track): Lane {
    const lane: Lane = { tid: this.named.length + 1, openEndsNs: [] };
    track.lanes.push(lane);
    this.named.push({ name: track.lanes.length === 1 ? track.name : `${track.name} (${track.lanes.length})`, tid: lane.tid });
    return lane;
  }
}

/** Whether the slice, which starts no earlier than any on the lane, comes after or inside what is open there. */
function takes(lane: Lane, slice: LaneSlice): boolean {
  const { openEndsNs } = lane;
  while (openEndsNs.length > 0 && openEndsNs[openEndsNs.length - 1] <= slice.startNs) openEndsNs.pop();
  return openEndsNs.length === 0 || openEndsNs[openEndsNs.length - 1] >= slice.endNs;
}
