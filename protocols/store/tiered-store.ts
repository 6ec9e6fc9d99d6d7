import type { EvictionPolicy } from './eviction-policy.ts';

/** One level of a node's storage, fastest first. */
export interface TierSpec {
  readonly name: string;
  readonly capacityBytes: number;
}

/** What a write moved, so that the caller can charge the devices for it. */
export interface WriteEffect {
  /** Bytes that went down a tier to make room (each was read from the tier above and written below). */
  demotedBytes: number;
  /** Bytes that left the node. */
  evictedBytes: number;
}

/**
 * The contents of one node's storage: which segment lies in which tier. It keeps the books only; time on the devices
 * is charged by whoever reads and writes. Entries that do not fit anywhere are refused; pinned ones never leave.
 */
export class TieredStore {
  readonly #tiers: readonly TierSpec[];
  readonly #policies: readonly EvictionPolicy[];
  readonly #usedBytes: number[];
  readonly #tierOf = new Map<number, number>();
  readonly #sizeOf = new Map<number, number>();
  readonly #pins = new Map<number, number>();
  readonly #onEvict: ((id: number, sizeBytes: number) => void) | undefined;

  constructor(tiers: readonly TierSpec[], policy: () => EvictionPolicy, onEvict?: (id: number, sizeBytes: number) => void) {
    if (tiers.length === 0) throw new RangeError('tiered store: needs at least one tier');
    for (const tier of tiers) {
      if (!(tier.capacityBytes >= 0)) {
        throw new RangeError(`tiered store: capacity of ${tier.name} must be 0 or more bytes, not ${tier.capacityBytes}`);
      }
    }
    this.#tiers = tiers;
    this.#policies = tiers.map(policy);
    this.#usedBytes = tiers.map(() => 0);
    this.#onEvict = onEvict;
  }

  /** Index of the tier that holds the entry, fastest 0; -1 when the node lacks it. */
  tierOf(id: number): number {
    return this.#tierOf.get(id) ?? -1;
  }

  has(id: number): boolean {
    return this.#tierOf.has(id);
  }

  get size(): number {
    return this.#tierOf.size;
  }

  usedBytes(tier: number): number {
    return this.#usedBytes[tier];
  }

  freeBytes(tier: number): number {
    return this.#tiers[tier].capacityBytes - this.#usedBytes[tier];
  }

  /** Notes a read. Returns the tier it was served from, -1 when absent. */
  touch(id: number): number {
    const tier = this.#tierOf.get(id);
    if (tier === undefined) return -1;
    this.#policies[tier].touch(id);
    return tier;
  }

  /** Keeps the entry where it is until `unpin`; pins nest. */
  pin(id: number): void {
    if (!this.#tierOf.has(id)) throw new RangeError(`tiered store: cannot pin absent entry ${id}`);
    this.#pins.set(id, (this.#pins.get(id) ?? 0) + 1);
  }

  unpin(id: number): void {
    const pins = this.#pins.get(id);
    if (pins === undefined) throw new RangeError(`tiered store: entry ${id} is not pinned`);
    if (pins === 1) this.#pins.delete(id);
    else this.#pins.set(id, pins - 1);
  }

  /**
   * Puts an entry into the fastest tier that can hold it, demoting and evicting others as needed. Writing an entry
   * that is present is a touch. Returns undefined when it fits nowhere.
   */
  write(id: number, sizeBytes: number): WriteEffect | undefined {
    const effect = { demotedBytes: 0, evictedBytes: 0 };
    if (this.touch(id) >= 0) return effect;
    for (let tier = 0; tier < this.#tiers.length; tier++) {
      if (this.#makeRoom(tier, sizeBytes, effect)) {
        this.#place(id, sizeBytes, tier);
        return effect;
      }
    }
    return undefined;
  }

  /** Puts an entry into exactly this tier if it has room now; evicts nothing. For contents placed before time 0. */
  preload(id: number, sizeBytes: number, tier: number): boolean {
    if (this.#tierOf.has(id)) return true;
    if (this.freeBytes(tier) < sizeBytes) return false;
    this.#place(id, sizeBytes, tier);
    return true;
  }

  remove(id: number): boolean {
    const tier = this.#tierOf.get(id);
    if (tier === undefined) return false;
    this.#detach(id, tier);
    this.#sizeOf.delete(id);
    this.#tierOf.delete(id);
    this.#pins.delete(id);
    return true;
  }

  /** Loses everything. */
  clear(): void {
    for (let tier = 0; tier < this.#tiers.length; tier++) this.clearTier(tier);
  }

  /** Loses one tier, as a crashed node loses its memory. */
  clearTier(tier: number): void {
    for (const [id, at] of [...this.#tierOf]) if (at === tier) this.remove(id);
  }

  #makeRoom(tier: number, sizeBytes: number, effect: WriteEffect): boolean {
    if (sizeBytes > this.#tiers[tier].capacityBytes) return false;
    while (this.freeBytes(tier) < sizeBytes) {
      const victim = this.#unpinnedVictim(tier);
      if (victim === undefined) return false;
      this.#giveUp(victim, tier, effect);
    }
    return true;
  }

  /** Pinned entries found at the head of the order are touched, so that the search moves on; each at most once. */
  #unpinnedVictim(tier: number): number | undefined {
    const policy = this.#policies[tier];
    for (let tries = this.#pins.size; tries >= 0; tries--) {
      const victim = policy.victim();
      if (victim === undefined || !this.#pins.has(victim)) return victim;
      policy.touch(victim);
    }
    return undefined;
  }

  #giveUp(id: number, tier: number, effect: WriteEffect): void {
    const sizeBytes = this.#sizeOf.get(id)!;
    this.#detach(id, tier);
    const below = tier + 1;
    if (below < this.#tiers.length && this.#makeRoom(below, sizeBytes, effect)) {
      this.#attach(id, sizeBytes, below);
      effect.demotedBytes += sizeBytes;
      return;
    }
    this.#tierOf.delete(id);
    this.#sizeOf.delete(id);
    effect.evictedBytes += sizeBytes;
    this.#onEvict?.(id, sizeBytes);
  }

  #place(id: number, sizeBytes: number, tier: number): void {
    this.#sizeOf.set(id, sizeBytes);
    this.#attach(id, sizeBytes, tier);
  }

  #attach(id: number, sizeBytes: number, tier: number): void {
    this.#tierOf.set(id, tier);
    this.#usedBytes[tier] += sizeBytes;
    this.#policies[tier].insert(id);
  }

  #detach(id: number, tier: number): void {
    this.#usedBytes[tier] -= this.#sizeOf.get(id)!;
    this.#policies[tier].remove(id);
  }
}
