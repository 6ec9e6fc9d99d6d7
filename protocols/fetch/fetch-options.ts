/** What can be set on fetching, and what it needs of the system around it. */
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Network } from '../../sim/network/network.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { StorageNode } from '../systems/storage-node.ts';
import type { KvLanding } from './kv-landing.ts';
import type { Locator } from './locator.ts';
import type { WindowLimits } from './receive-window.ts';
import type { SourceLimits } from './segment-plan.ts';
import type { SharedCopies } from './shared-copies.ts';

/** How a job pulls its segments. Every field is a config key under `fetch`. */
export interface FetchOptions extends SourceLimits, WindowLimits {
  /** `least-loaded`: fewest bytes in this node's open requests; `random`; `nearest`: lowest latency. */
  readonly choice: 'least-loaded' | 'random' | 'nearest';
  /** A holder that sends nothing for this long is given up. */
  readonly timeoutNs: Nanoseconds;
  /** Further lookups of a segment after failures, with exponential backoff. */
  readonly retries: number;
  readonly backoffNs: Nanoseconds;
  /** A holder that has not sent everything by then is helped: what is missing is asked of another replica too. Infinity never. */
  readonly hedgeNs: Nanoseconds;
  /** What has not come so long after its request reached the head of the queue is missed. Infinity waits on. */
  readonly deadlineNs: Nanoseconds;
  /** Asking starts when all lookups have ended, or this long after the first one has. */
  readonly gatherNs: Nanoseconds;
}

/** What the fetcher needs of the system around it. */
export interface SegmentFetcherWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly locator: Locator;
  /** By host id: every host that may hold or want segments. */
  readonly nodes: readonly StorageNode[];
  readonly geometries: ChunkGeometries;
  readonly landing: KvLanding;
  /** Copies that busy holders send readers to, where there are any. */
  readonly copies?: SharedCopies | undefined;
}
