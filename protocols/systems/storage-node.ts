import type { HostCpu } from '../../sim/hardware/host-cpu.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { LinkId } from '../../sim/network/flow-engine.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { Corruption } from '../store/corruption.ts';
import type { PinTicket } from '../store/store-entries.ts';
import type { WriteEffect } from '../store/tiering.ts';

/** What a host holds. Reads are noted, so that eviction knows what is in use. */
export interface SegmentHoldings {
  /** The tier that the segment is read from, fastest 0; -1 when absent. The read may bring it up. */
  read(segmentId: number): { readonly tier: number };
  /** Puts a segment in; undefined when it fits nowhere. */
  write(segmentId: number, sizeBytes: number): WriteEffect | undefined;
  /** Throws a segment away; false when it is not here. */
  remove(segmentId: number): boolean;
  /** Keeps a segment that is here from eviction while it is in use. */
  pin(segmentId: number): PinTicket;
  unpin(segmentId: number, ticket: PinTicket): void;
  /** Pins taken and not given back. */
  readonly pinsOut: number;
}

const FASTEST = { tier: 0 } as const;

/** Holds everything there is, in one tier: the central store of a precomputed corpus. */
export class WholeCorpus implements SegmentHoldings {
  pinsOut = 0;

  read(): { readonly tier: number } {
    return FASTEST;
  }

  write(): WriteEffect {
    return { demotedBytes: 0, evictedBytes: 0 };
  }

  remove(): boolean {
    return false;
  }

  /** Nothing ever leaves: pins are counted only. */
  pin(): PinTicket {
    return ++this.pinsOut;
  }

  unpin(): void {
    this.pinsOut--;
  }
}

/** One storage tier as the network sees it: links that every read and every write crosses, shared max-min like any other. */
export interface TierPort {
  readonly name: string;
  readonly readLink: LinkId;
  readonly readBytesPerSecond: number;
  readonly writeLink: LinkId;
  readonly latencyNs: Nanoseconds;
  /** GPU memory: the node itself reads it where it lies, and only what leaves or enters the GPU crosses the links. */
  readonly inDevice?: boolean;
}

/** A host that holds segments and serves them: a peer, or the central store. */
export interface StorageNode {
  readonly host: HostId;
  readonly cpu: HostCpu;
  readonly holdings: SegmentHoldings;
  /** By tier index, as `holdings` numbers them. */
  readonly tiers: readonly TierPort[];
  readonly corruption: Corruption;
}
