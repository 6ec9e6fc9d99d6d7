/**
 * Prefix cache of one engine: computed units that stay in KV memory after their sequence has gone.
 *
 * A unit's id stands for its tokens *and* everything before them (a hashed prefix), so only requests with `prefix` reuse
 * take part, and a match is a leading run of units. Each unit has blocks of its own, its last block possibly part
 * full. Referenced units stay; the others are evicted least recently used first, and of one sequence the last
 * unit first, because without the units before it a unit is useless (vLLM frees a request's blocks in reverse for that).
 */
import type { ContextUnit } from './request.ts';
import type { KvBlockMemory } from './kv-block-memory.ts';

interface Entry {
  readonly id: number;
  readonly blocks: number;
  references: number;
  /** Neighbours among the unreferenced entries, oldest first. */
  older: Entry | undefined;
  newer: Entry | undefined;
}

/** Told when a unit enters or leaves the cache, for directories of who holds what. */
export interface PrefixCacheListener {
  readonly partitions?: CachePartitions;
  /** @param previousId the unit before it in its prompt, −1 for a first one; it is cached too */
  onCached?(unitId: number, previousId: number): void;
  onEvicted?(unitId: number): void;
}

/** Cuts a cache into parts with equal shares of the memory: what one part holds, another cannot evict. */
export interface CachePartitions {
  readonly count: number;
  readonly partOf: (unitId: number) => number;
}

const UNDIVIDED: CachePartitions = { count: 1, partOf: () => 0 };

/** The unreferenced entries of one part, oldest first, and what the part holds in all. */
interface Part {
  oldest: Entry | undefined;
  newest: Entry | undefined;
  cachedBlocks: number;
}

export class PrefixCache {
  /** Units and tokens looked up and found so far. */
  unitsLookedUp = 0;
  unitsHit = 0;
  readonly #memory: KvBlockMemory;
  readonly #listener: PrefixCacheListener;
  readonly #entries = new Map<number, Entry>();
  readonly #partOf: (unitId: number) => number;
  readonly #parts: readonly Part[];
  /** Most blocks that a part holds while it can do without. */
  readonly #shareBlocks: number;
  #evictableBlocks = 0;

  constructor(memory: KvBlockMemory, listener: PrefixCacheListener = {}) {
    this.#memory = memory;
    this.#listener = listener;
    const { count, partOf } = listener.partitions ?? UNDIVIDED;
    this.#partOf = partOf;
    this.#parts = Array.from({ length: count }, () => ({ oldest: undefined, newest: undefined, cachedBlocks: 0 }));
    this.#shareBlocks = Math.floor(memory.totalBlocks / count);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Blocks of unreferenced units. */
  get evictableBlocks(): number {
    return this.#evictableBlocks;
  }

  has(unitId: number): boolean {
    return this.#entries.has(unitId);
  }

  /** How many leading units are cached. */
  match(units: readonly ContextUnit[]): number {
    let found = 0;
    while (found < units.length && this.#entries.has(units[found].id)) found += 1;
    return found;
  }

  /** Blocks that referencing the first `count` units would take out of the evictable ones. */
  pinnedBlocks(units: readonly ContextUnit[], count: number): number {
    let blocks = 0;
    for (let index = 0; index < count; index += 1) {
      const entry = this.#entries.get(units[index].id);
      if (entry?.references === 0) blocks += entry.blocks;
    }
    return blocks;
  }

  /** References a cached unit, which keeps it. */
  reference(unit: ContextUnit): void {
    const entry = this.#entries.get(unit.id);
    if (entry === undefined) throw new Error(`unit ${unit.id} is not in the prefix cache`);
    if (entry.references === 0) this.#unlink(entry);
    entry.references += 1;
  }

  /**
   * Publishes a computed unit whose blocks a sequence holds, and references it for that sequence. False where another
   * sequence published it first: then the blocks stay the sequence's own.
   */
  publish(unit: ContextUnit, previousId: number): boolean {
    if (this.#entries.has(unit.id)) return false;
    const blocks = this.#memory.blocksFor(unit.tokens);
    this.#memory.publish(blocks);
    const part = this.#parts[this.#partOf(unit.id)];
    part.cachedBlocks += blocks;
    while (part.cachedBlocks > this.#shareBlocks && part.oldest !== undefined) this.#evict(part, part.oldest);
    this.#entries.set(unit.id, { id: unit.id, blocks, references: 1, older: undefined, newer: undefined });
    this.#listener.onCached?.(unit.id, previousId);
    return true;
  }

  /**
   * Takes in units whose KV another node has computed and sent: each behind the one before it, which must be cached. Nobody references
   * them. @returns how many found room
   */
  adopt(units: readonly ContextUnit[], previousId: number): number {
    const adopted: ContextUnit[] = [];
    let previous = previousId;
    for (const unit of units) {
      const blocks = this.#memory.blocksFor(unit.tokens);
      if (!this.#entries.has(unit.id)) {
        if (!this.makeRoom(blocks)) break;
        this.#memory.take(blocks);
        this.publish(unit, previous);
      } else {
        this.reference(unit);
      }
      adopted.push(unit);
      previous = unit.id;
    }
    this.release(adopted);
    return adopted.length;
  }

  /** Drops references, last unit first. */
  release(units: readonly ContextUnit[]): void {
    for (let index = units.length - 1; index >= 0; index -= 1) {
      const entry = this.#entries.get(units[index].id);
      if (entry === undefined || entry.references === 0) throw new Error(`unit ${units[index].id} is not referenced`);
      entry.references -= 1;
      if (entry.references === 0) this.#link(entry);
    }
  }

  /** Evicts unreferenced units until at least `blocks` blocks are free. False where that cannot be. */
  makeRoom(blocks: number): boolean {
    if (this.#memory.freeBlocks + this.#evictableBlocks < blocks) return false;
    while (this.#memory.freeBlocks < blocks) {
      // The part that holds most gives first.
      let from: Part | undefined;
      for (const part of this.#parts) if (part.oldest !== undefined && (from === undefined || part.cachedBlocks > from.cachedBlocks)) from = part;
      if (from?.oldest === undefined) throw new Error('evictable blocks without an evictable unit');
      this.#evict(from, from.oldest);
    }
    return true;
  }

  #evict(part: Part, entry: Entry): void {
    this.#unlink(entry);
    part.cachedBlocks -= entry.blocks;
    this.#entries.delete(entry.id);
    this.#memory.evict(entry.blocks);
    this.#listener.onEvicted?.(entry.id);
  }

  #link(entry: Entry): void {
    const part = this.#parts[this.#partOf(entry.id)];
    entry.older = part.newest;
    entry.newer = undefined;
    if (part.newest === undefined) part.oldest = entry;
    else part.newest.newer = entry;
    part.newest = entry;
    this.#evictableBlocks += entry.blocks;
  }

  #unlink(entry: Entry): void {
    const part = this.#parts[this.#partOf(entry.id)];
    if (entry.older === undefined) part.oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) part.newest = entry.older;
    else entry.newer.older = entry.older;
    entry.older = undefined;
    entry.newer = undefined;
    this.#evictableBlocks -= entry.blocks;
  }
}
