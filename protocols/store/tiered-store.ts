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
 * is charged by whoever reads and writes. Entries that do not fit anywhere are refused; pinned ones never leave. A store without
 * tiers refuses everything.
 */
export class TieredStore {
  readonly #tiers: readonly TierSpec[];
  readonly #policies: readonly EvictionPolicy[];
  readonly #usedBytes: number[];
  readonly #onEvict: ((id: number, sizeBytes: number) => void) | undefined;
  readonly #slotOf = new Map<number, number>();
  readonly #freeSlots: number[] = [];
  // By slot.
  readonly #ids: number[] = [];
  readonly #sizes: number[] = [];
  readonly #tierAt: number[] = [];
  readonly #pins: number[] = [];
  #pinned = 0;

  constructor(tiers: readonly TierSpec[], policy: () => EvictionPolicy, onEvict?: (id: number, sizeBytes: number) => void) {
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
    const slot = this.#slotOf.get(id);
    return slot === undefined ? -1 : this.#tierAt[slot];
  }

  has(id: number): boolean {
    return this.#slotOf.has(id);
  }

  get size(): number {
    return this.#slotOf.size;
  }

  usedBytes(tier: number): number {
    return this.#usedBytes[tier];
  }

  freeBytes(tier: number): number {
    return this.#tiers[tier].capacityBytes - this.#usedBytes[tier];
  }

  /** Notes a read. Returns the tier it was served from, -1 when absent. */
  touch(id: number): number {
    const slot = this.#slotOf.get(id);
    if (slot === undefined) return -1;
    const tier = this.#tierAt[slot];
    this.#policies[tier].touch(slot);
    return tier;
  }

  /** Keeps the entry where it is until `unpin`; pins nest. */
  pin(id: number): void {
    const slot = this.#slotOf.get(id);
    if (slot === undefined) throw new RangeError(`tiered store: cannot pin absent entry ${id}`);
    if (this.#pins[slot]++ === 0) this.#pinned++;
  }

  unpin(id: number): void {
    const slot = this.#slotOf.get(id);
    if (slot === undefined || this.#pins[slot] === 0) throw new RangeError(`tiered store: entry ${id} is not pinned`);
    if (--this.#pins[slot] === 0) this.#pinned--;
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
        this.#attach(this.#takeSlot(id, sizeBytes), tier);
        return effect;
      }
    }
    return undefined;
  }

  /** Puts an entry into exactly this tier if it has room now; evicts nothing. For contents placed before time 0. */
  preload(id: number, sizeBytes: number, tier: number): boolean {
    if (this.#slotOf.has(id)) return true;
    if (this.freeBytes(tier) < sizeBytes) return false;
    this.#attach(this.#takeSlot(id, sizeBytes), tier);
    return true;
  }

  remove(id: number): boolean {
    const slot = this.#slotOf.get(id);
    if (slot === undefined) return false;
    this.#detach(slot);
    this.#releaseSlot(slot);
    return true;
  }

  /** Loses everything. */
  clear(): void {
    for (let tier = 0; tier < this.#tiers.length; tier++) this.clearTier(tier);
  }

  /** Loses one tier, as a crashed node loses its memory. */
  clearTier(tier: number): void {
    for (const [id, slot] of [...this.#slotOf]) if (this.#tierAt[slot] === tier) this.remove(id);
  }

  #makeRoom(tier: number, sizeBytes: number, effect: WriteEffect): boolean {
    if (sizeBytes > this.#tiers[tier].capacityBytes) return false;
    while (this.freeBytes(tier) < sizeBytes) {
      const victim = this.#unpinnedVictim(tier);
      if (victim < 0) return false;
      this.#giveUp(victim, effect);
    }
    return true;
  }

  /** Pinned entries found at the head of the order are touched, so that the search moves on; each at most once. */
  #unpinnedVictim(tier: number): number {
    const policy = this.#policies[tier];
    for (let tries = this.#pinned; tries >= 0; tries--) {
      const victim = policy.victim();
      if (victim < 0 || this.#pins[victim] === 0) return victim;
      policy.touch(victim);
    }
    return -1;
  }

  /** An entry goes down a tier if there can be room, and leaves the node otherwise. */
  #giveUp(slot: number, effect: WriteEffect): void {
    const sizeBytes = this.#sizes[slot];
    const below = this.#tierAt[slot] + 1;
    this.#detach(slot);
    if (below < this.#tiers.length && this.#makeRoom(below, sizeBytes, effect)) {
      this.#attach(slot, below);
      effect.demotedBytes += sizeBytes;
      return;
    }
    const id = this.#ids[slot];
    this.#releaseSlot(slot);
    effect.evictedBytes += sizeBytes;
    this.#onEvict?.(id, sizeBytes);
  }

  #attach(slot: number, tier: number): void {
    this.#tierAt[slot] = tier;
    this.#usedBytes[tier] += this.#sizes[slot];
    this.#policies[tier].insert(slot);
  }

  #detach(slot: number): void {
    const tier = this.#tierAt[slot];
    this.#usedBytes[tier] -= this.#sizes[slot];
    this.#policies[tier].remove(slot);
  }

  #takeSlot(id: number, sizeBytes: number): number {
    const slot = this.#freeSlots.pop() ?? this.#ids.length;
    this.#ids[slot] = id;
    this.#sizes[slot] = sizeBytes;
    this.#pins[slot] = 0;
    this.#slotOf.set(id, slot);
    return slot;
  }

  #releaseSlot(slot: number): void {
    if (this.#pins[slot] > 0) this.#pinned--;
    this.#slotOf.delete(this.#ids[slot]);
    this.#freeSlots.push(slot);
  }
}
