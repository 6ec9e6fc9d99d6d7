/** What a reader of segments and a holder of them tell each other. */
import type { HostId } from '../../sim/network/topology.ts';

/** A reader asks a holder for segments. */
export interface GetMessage {
  readonly transaction: number;
  readonly segments: readonly number[];
  /** The asker was sent elsewhere before, in vain. */
  readonly insist?: true;
}

/** What the holder says at once. */
export interface ReplyMessage {
  readonly transaction: number;
  /** Positions, within the request, of segments the holder lacks. */
  readonly absent: readonly number[];
  /** Positions that another host has a copy of, with that host: the holder is busy. */
  readonly elsewhere?: readonly (readonly [position: number, host: HostId])[];
}

/** A holder tells a reader that it cannot read on. */
export interface BrokenMessage {
  readonly transaction: number;
  readonly positions: readonly number[];
}

/** A reader tells a holder that a segment's checksum was wrong. */
export interface BadMessage {
  readonly segment: number;
}
