/** What a tiered store is made of, how entries move between its tiers, and what such a move says of itself. */
import type { AdmissionPolicy } from './admission.ts';

/** One level of a node's storage, fastest first. */
export interface TierSpec {
  readonly name: string;
  readonly capacityBytes: number;
}

/** Names that a config can give. */
export const WRITE_POLICIES = ['back', 'through'] as const;
export const PROMOTIONS = ['never', 'on-read', 'on-second-read'] as const;

/** How entries move between tiers. */
export interface TieringOptions {
  /**
   * `back` (default): an entry lies in one tier; one that has to leave it is written to the next. `through`: a write goes to the tier
   * it lands in and to all below it that can hold the entry; leaving a tier is then free while a copy lies below, and what a crash takes from memory is still
   * on the SSD.
   */
  readonly writes?: (typeof WRITE_POLICIES)[number];
  /** Whether `read` brings an entry up to the fastest tier that can hold it: at its first or second read in the lower one. Default `never`. */
  readonly promotion?: (typeof PROMOTIONS)[number];
  /** Asked before an entry from outside takes the place of another. Default: all come in. */
  readonly admission?: AdmissionPolicy | undefined;
  /** Told of each copy that is written into a tier, fastest 0, so that devices can be charged for it; not of preloads. */
  readonly onWritten?: ((tier: number, sizeBytes: number, cause: WriteCause) => void) | undefined;
}

/** Why a copy was written: the entry came in, went down for want of room, was brought up by a read, or was written to a lower tier at the same time. */
export type WriteCause = 'entry' | 'demotion' | 'promotion' | 'through';

/** What a write moved, so that the caller can charge the devices for it. */
export interface WriteEffect {
  /** Bytes that went down a tier to make room (each was read from the tier above and written below). */
  demotedBytes: number;
  /** Bytes that left the node. */
  evictedBytes: number;
}

/** A write's effect, and where the entry itself went. */
export interface PlacedEffect extends WriteEffect {
  /** The tier the entry came to lie in, fastest 0. */
  tier: number;
  /** Bytes written to lower tiers at the same time. */
  throughBytes: number;
}

/** What a read found and moved. */
export interface ReadEffect extends WriteEffect {
  /** The tier that served it, -1 when the node lacks the entry. */
  tier: number;
  /** Bytes read from that tier and written to a faster one. */
  promotedBytes: number;
}
