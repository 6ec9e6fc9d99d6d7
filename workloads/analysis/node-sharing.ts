/** What sharing a cache between nodes is worth: n nodes with caches of their own against one cache for all. */
import type { Request } from '../../sim/serving/request.ts';
import { noHits } from './leading-hits.ts';
import type { HitCounts } from './leading-hits.ts';
import { LruCache } from './lru-cache.ts';

/** Which fleets to compare. */
export interface NodeSharingOptions {
  /** Numbers of nodes to try. */
  readonly nodeCounts: readonly number[];
  /** Capacity of each node's cache; the shared one has as much as all together. Default unbounded. */
  readonly capacityTokensPerNode?: number;
}

/** Hits of three arrangements of caches, for one number of nodes. */
export interface NodeSharingRow {
  readonly nodes: number;
  /** Requests dealt out in turn; each node caches what it has served. */
  readonly independent: HitCounts;
  /** As above, but all requests of a session go to one node. Absent unless the trace has sessions. */
  readonly bySession?: HitCounts;
  /** One cache of all the nodes' capacity that every node reads and fills at once. */
  readonly shared: HitCounts;
}

interface Arrangement {
  readonly nodes: number;
  readonly independent: Fleet;
  readonly bySession: Fleet;
  readonly shared: Fleet;
}

class Fleet {
  readonly counts = noHits();
  readonly #caches: readonly LruCache[];

  constructor(caches: number, capacityTokens: number) {
    this.#caches = Array.from({ length: caches }, () => new LruCache(capacityTokens));
  }

  serve(request: Request, node: number): void {
    this.#caches[node % this.#caches.length].serve(this.counts, request);
  }
}

/** Fed with requests in order of arrival; ideal in that a unit can be used by the very next request. */
export class NodeSharing {
  readonly #arrangements: readonly Arrangement[];
  #requests = 0;
  #hasSessions = false;

  constructor(options: NodeSharingOptions) {
    const { nodeCounts, capacityTokensPerNode: capacity = Infinity } = options;
    this.#arrangements = nodeCounts.map((nodes) => {
      if (!(Number.isInteger(nodes) && nodes >= 1)) throw new RangeError(`number of nodes is ${nodes}: expected a whole number of at least 1`);
      return { nodes, independent: new Fleet(nodes, capacity), bySession: new Fleet(nodes, capacity), shared: new Fleet(1, capacity * nodes) };
    });
  }

  add(request: Request): void {
    const turn = this.#requests++;
    if (request.session !== undefined) this.#hasSessions = true;
    for (const { independent, bySession, shared } of this.#arrangements) {
      independent.serve(request, turn);
      // Requests of no session are dealt out in turn here too.
      bySession.serve(request, request.session ?? turn);
      shared.serve(request, 0);
    }
  }

  rows(): NodeSharingRow[] {
    return this.#arrangements.map(({ nodes, independent, bySession, shared }) => ({
      nodes,
      independent: independent.counts,
      ...(this.#hasSessions ? { bySession: bySession.counts } : {}),
      shared: shared.counts,
    }));
  }
}
