import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { BlockFilter } from './block-filter.ts';
import type { Changes } from './cache-log.ts';
import type { HashChain } from './hash-chain.ts';
import { RadixTree } from './radix-tree.ts';

/** What a node says of itself at one moment. */
export interface Status {
  readonly epoch: number;
  readonly version: number;
  /** When it said so, by its own clock. */
  readonly atNs: Nanoseconds;
  /** Requests it has, waiting or running. */
  readonly load: number;
  /** Wait that a request sent there would have expected. */
  readonly waitNs: Nanoseconds;
}

/** News of one node's cache: changes from a version to that of the status, or everything. */
export interface Update {
  readonly origin: number;
  readonly status: Status;
  /** Version that the changes follow; −1 where they are everything. */
  readonly from: number;
  readonly changes?: Changes;
  readonly filter?: BlockFilter;
}

/** Of the claims that a peer was taken at its word for, each newer one weighs this much more. */
const TRUST_DECAY = 0.9;
/** Claims before a peer can be distrusted: one or two may be out of date. */
const FEWEST_CLAIMS = 3;

/** What one node believes about one peer. It knows only what messages told it, and may be wrong in both directions. */
export class PeerView {
  status: Status = { epoch: 0, version: 0, atNs: -1, load: 0, waitNs: 0 };
  readonly #chain: HashChain;
  #tree: RadixTree | undefined;
  #filter: BlockFilter | undefined;
  /** Times of requests that were sent there and that its status cannot tell of yet. */
  #sentNs: Nanoseconds[] = [];
  #downSinceNs: Nanoseconds = -1;
  #claims = 0;
  #claimed = 0;
  #kept = 0;
  #distrustedUntilNs: Nanoseconds = -1;

  constructor(chain: HashChain) {
    this.#chain = chain;
  }

  /** Bytes of the estimate. */
  get byteLength(): number {
    return (this.#tree?.byteLength ?? 0) + (this.#filter?.sizeBytes ?? 0);
  }

  /** Leading blocks of the path that the peer is thought to have cached. */
  match(path: Float64Array): number {
    if (this.#tree !== undefined) return this.#tree.match(path);
    if (this.#filter === undefined) return 0;
    let depth = 0;
    while (depth < path.length && this.#filter.has(path[depth])) depth++;
    return depth;
  }

  /** Whether this status tells of contents that the view lacks. */
  isBehind(status: Status): boolean {
    return status.epoch > this.status.epoch || (status.epoch === this.status.epoch && status.version > this.status.version);
  }

  /** A later word about contents that are known: only time and load are new. */
  hear(status: Status): void {
    if (status.epoch !== this.status.epoch || status.version !== this.status.version || status.atNs <= this.status.atNs) return;
    this.#adopt(status);
  }

  /** Applies news; those that do not follow what is known are left for a later exchange. */
  apply({ status, from, changes, filter }: Update): void {
    if (!this.isBehind(status)) {
      this.hear(status);
      return;
    }
    if (filter !== undefined) {
      this.#filter = filter;
    } else if (changes !== undefined) {
      if (from >= 0 && (status.epoch !== this.status.epoch || from !== this.status.version)) return;
      if (from < 0 || this.#tree === undefined) this.#tree = new RadixTree({ chained: true });
      for (const id of changes.removed) {
        const path = this.#chain.path(id);
        this.#tree.remove(path, path.length - 1);
      }
      for (const run of changes.added) this.#tree.insert(this.#chain.path(run[run.length - 1]));
    }
    this.#adopt(status);
  }

  /** All that is thought to be cached there, by the last block of each prompt. */
  leaves(): number[] {
    return this.#tree === undefined ? [] : Array.from(this.#tree.paths(), (path) => path[path.length - 1]);
  }

  get filter(): BlockFilter | undefined {
    return this.#filter;
  }

  /** Requests sent there that its own word cannot tell of yet. */
  get unheard(): number {
    return this.#sentNs.length;
  }

  /** Requests that it has, as far as is known: its own word, and what was sent there since. */
  load(): number {
    return this.status.load + this.unheard;
  }

  sent(nowNs: Nanoseconds): void {
    this.#sentNs.push(nowNs);
  }

  /** Nothing reached it at that time, as this node or another found: it is left out until it is heard of from later. */
  failed(atNs: Nanoseconds): void {
    this.#downSinceNs = Math.max(this.#downSinceNs, atNs);
  }

  /** When it was last found unreachable, if it has not been heard of since. */
  get downNs(): Nanoseconds | undefined {
    return this.#downSinceNs >= this.status.atNs && this.#downSinceNs >= 0 ? this.#downSinceNs : undefined;
  }

  /** What it said was cached of a request's blocks, and what was. Returns true where this is the moment it loses all trust. */
  judge(claimed: number, kept: number, leastTrust: number, nowNs: Nanoseconds, distrustNs: Nanoseconds): boolean {
    this.#claims++;
    this.#claimed = this.#claimed * TRUST_DECAY + claimed;
    this.#kept = this.#kept * TRUST_DECAY + Math.min(claimed, kept);
    if (this.#claims < FEWEST_CLAIMS || this.#kept >= leastTrust * this.#claimed) return false;
    this.#distrustedUntilNs = nowNs + distrustNs;
    this.#claims = 0;
    this.#claimed = 0;
    this.#kept = 0;
    return true;
  }

  /** Whether requests may be sent there on the strength of what is known. */
  isUsable(nowNs: Nanoseconds, stalestNs: Nanoseconds): boolean {
    const { atNs } = this.status;
    return atNs >= 0 && atNs > this.#downSinceNs && nowNs - atNs <= stalestNs && nowNs >= this.#distrustedUntilNs;
  }

  #adopt(status: Status): void {
    this.status = status;
    if (this.#sentNs.length > 0) this.#sentNs = this.#sentNs.filter((sentNs) => sentNs > status.atNs);
  }
}
