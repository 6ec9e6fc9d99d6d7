import type { HashChain } from './hash-chain.ts';

/** The difference between two versions of a cache's contents. */
export interface Changes {
  /** Blocks that came, cut into runs: each begins behind a block that is there already, or at the start of a prompt. */
  readonly added: readonly (readonly number[])[];
  /** Blocks that went; what lay behind them went too and is not named. */
  readonly removed: readonly number[];
}

/** Differences remembered: many peers ask for the same one. */
const MOST_WORKED = 64;
/** Entries kept beyond twice what is cached; who is further behind gets everything. */
const SPARE_ENTRIES = 1024;

/**
 * What one node says it has cached, as numbered changes. An epoch is one life of the cache: a node that comes back with an empty one counts
 * versions from 0 again, under the next epoch.
 */
export class CacheLog {
  epoch = 1;
  readonly #chain: HashChain;
  readonly #depth: number;
  readonly #held = new Set<number>();
  /** Block ids; a removal is −1 − id. */
  #entries: number[] = [];
  /** Version before the first entry kept. */
  #base = 0;
  readonly #worked = new Map<string, Changes>();

  /** @param depth blocks deeper than this are not spoken of */
  constructor(chain: HashChain, depth: number) {
    this.#chain = chain;
    this.#depth = depth;
  }

  get version(): number {
    return this.#base + this.#entries.length;
  }

  /** Blocks said to be cached. */
  get blocks(): number {
    return this.#held.size;
  }

  ids(): IterableIterator<number> {
    return this.#held.values();
  }

  add(id: number): void {
    if (this.#held.has(id) || this.#chain.depth(id) >= this.#depth) return;
    this.#held.add(id);
    this.#append(id);
  }

  remove(id: number): void {
    if (this.#held.delete(id)) this.#append(-1 - id);
  }

  /** The cache is empty, and a new life of it begins. */
  restart(): void {
    this.epoch++;
    this.#held.clear();
    this.#entries = [];
    this.#base = 0;
    this.#worked.clear();
  }

  /** What changed from one version of this epoch to another; undefined where that is no longer known. */
  between(from: number, to: number): Changes | undefined {
    if (from < this.#base) return undefined;
    const key = `${from} ${to}`;
    let changes = this.#worked.get(key);
    if (changes === undefined) {
      changes = this.#difference(from, to);
      if (this.#worked.size >= MOST_WORKED) this.#worked.clear();
      this.#worked.set(key, changes);
    }
    return changes;
  }

  #difference(from: number, to: number): Changes {
    const first = new Map<number, boolean>();
    const last = new Map<number, boolean>();
    for (let i = from - this.#base; i < to - this.#base; i++) {
      const entry = this.#entries[i];
      const id = entry < 0 ? -1 - entry : entry;
      if (!first.has(id)) first.set(id, entry >= 0);
      last.set(id, entry >= 0);
    }
    const added: number[] = [];
    const removed = new Set<number>();
    for (const [id, here] of last) {
      if (here !== first.get(id)) continue;
      if (here) added.push(id);
      else removed.add(id);
    }
    return { added: this.#runs(added), removed: [...removed].filter((id) => !removed.has(this.#chain.previous(id))) };
  }

  /** Everything, as changes to nothing. */
  everything(): Changes {
    return { added: this.#runs([...this.#held]), removed: [] };
  }

  #append(entry: number): void {
    this.#entries.push(entry);
    if (this.#entries.length <= 2 * (2 * this.#held.size + SPARE_ENTRIES)) return;
    const drop = this.#entries.length >> 1;
    this.#entries = this.#entries.slice(drop);
    this.#base += drop;
  }

  #runs(ids: readonly number[]): number[][] {
    const byDepth = ids.map((id) => ({ id, depth: this.#chain.depth(id) })).sort((a, b) => a.depth - b.depth || a.id - b.id);
    const runs = new Map<number, number[]>();
    const all: number[][] = [];
    for (const { id } of byDepth) {
      const previous = this.#chain.previous(id);
      const run = runs.get(previous);
      if (run === undefined) {
        const begun = [id];
        all.push(begun);
        runs.set(id, begun);
      } else {
        // A second branch off the same block begins a run of its own.
        runs.delete(previous);
        run.push(id);
        runs.set(id, run);
      }
    }
    return all;
  }
}
