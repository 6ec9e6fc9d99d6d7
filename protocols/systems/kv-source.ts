import type { ContextUnit } from '../../sim/serving/request.ts';
import type { FetchJob } from '../fetch/fetch-job.ts';
import type { PeerNode } from './peer-node.ts';

/**
 * Where a system under test gets precomputed KV from. This is all in which the systems differ; the request pipeline,
 * the hardware and the workload are the same.
 */
export interface KvSource {
  readonly name: string;
  /**
   * Brings the KV of the job's units into the GPU memory of its node. Every unit ends with `job.landed` for all its
   * segments or with `job.missed`; never inside this call, so that the caller can finish its own step first.
   */
  fetch(job: FetchJob): void;
  /** The request no longer needs the units marked cancelled: stop what can be stopped. */
  cancel(job: FetchJob): void;
  /** Units were recomputed on this node: keep them for others, at a cost. `stored` is called once, when they are there or given up. */
  storeBack(node: PeerNode, units: readonly ContextUnit[], stored: () => void): void;
  /** A unit that this node fetched from elsewhere is complete: a source may keep it nearer. */
  arrived(node: PeerNode, unit: ContextUnit): void;
}

/** A source that has nothing and keeps nothing: what an engine's own prefix cache lacks is computed anew. */
export class NoSource implements KvSource {
  readonly name: string;

  constructor(name = 'no-reuse') {
    this.name = name;
  }

  fetch(job: FetchJob): void {
    throw new Error(`${this.name} never fetches (asked for ${job.fetches.length} units)`);
  }

  cancel(): void {
    // Nothing is ever under way.
  }

  storeBack(): void {
    // Nothing is kept.
  }

  arrived(): void {
    // Nothing ever arrives.
  }
}
