import type { AdmissionPolicy } from './admission.ts';
import type { EvictionPolicy, SlotFilter } from './eviction-policy.ts';
import { type PinTicket, StoreEntries } from './store-entries.ts';
import { type PlacedEffect, PROMOTIONS, type ReadEffect, type TieringOptions, type TierSpec, WRITE_POLICIES, type WriteEffect } from './tiering.ts';

const TIERS_MAX = 8;

/**
 * The contents of one node's storage: which segment lies in which tier. It keeps the books only; time on the devices
 * is charged by whoever reads and writes. Entries that do not fit anywhere are refused; pinned ones are neither evicted nor moved. A store without
 * tiers refuses everything.
 */
export class TieredStore {
  readonly #tiers: readonly TierSpec[];
  readonly #policies: readonly EvictionPolicy[];
  /** Policies that count reads of absent entries too. */
  readonly #observers: readonly { observe(id: number): void }[];
  readonly #usedBytes: number[];
  readonly #pinnedBytes: number[];
  readonly #onEvict: ((id: number, sizeBytes: number) => void) | undefined;
  readonly #through: boolean;
  /** Reads in a lower tier that bring an entry up; 0 for never. */
  readonly #promoteAtReads: number;
  readonly #admission: AdmissionPolicy | undefined;
  readonly #onWritten: TieringOptions['onWritten'];
  readonly #isPinned: SlotFilter;
  readonly #entries = new StoreEntries();
  #pinnedEntries = 0;
  #pinsOut = 0;
  #refusedWrites = 0;
  #refusedForPins = 0;
  /** Bit t is set while tier t takes nothing. */
  #failedTiers = 0;

  /**
   * @param policy makes the eviction policy of a tier
   * @param onEvict told of each entry that leaves the node for want of room
   */
  constructor(
    tiers: readonly TierSpec[],
    policy: (tier: TierSpec) => EvictionPolicy,
    onEvict?: (id: number, sizeBytes: number) => void,
    options: TieringOptions = {},
  ) {
    if (tiers.length > TIERS_MAX) throw new RangeError(`tiered store: ${tiers.length} tiers; expected at most ${TIERS_MAX}`);
    for (const tier of tiers) {
      if (!(tier.capacityBytes >= 0)) {
        throw new RangeError(`tiered store: capacity of ${tier.name} must be 0 or more bytes, not ${tier.capacityBytes}`);
      }
    }
    const { writes = 'back', promotion = 'never', admission } = options;
    if (!WRITE_POLICIES.includes(writes)) throw new RangeError(`tiered store: writes is ${writes as string}; expected one of ${WRITE_POLICIES.join(', ')}`);
    if (!PROMOTIONS.includes(promotion)) throw new RangeError(`tiered store: promotion is ${promotion as string}; expected one of ${PROMOTIONS.join(', ')}`);
    this.#tiers = tiers;
    this.#policies = tiers.map(policy);
    const observers = [...this.#policies, ...(admission === undefined ? [] : [admission])];
    this.#observers = observers.filter((observer): observer is typeof observer & { observe(id: number): void } => observer.observe !== undefined);
    this.#usedBytes = tiers.map(() => 0);
    this.#pinnedBytes = tiers.map(() => 0);
    this.#onEvict = onEvict;
    this.#through = writes === 'through';
    this.#promoteAtReads = PROMOTIONS.indexOf(promotion);
    this.#admission = admission;
    this.#onWritten = options.onWritten;
    this.#isPinned = (slot) => this.#entries.pins[slot] > 0;
  }

  /** Index of the fastest tier that holds the entry, fastest 0; -1 when the node lacks it. */
  tierOf(id: number): number {
    const slot = this.#entries.slotOf(id);
    return slot === undefined ? -1 : this.#entries.fastestTier(slot);
  }

  has(id: number): boolean {
    return this.#entries.has(id);
  }

  /** Whether this very tier holds a copy. */
  holds(id: number, tier: number): boolean {
    const slot = this.#entries.slotOf(id);
    return slot !== undefined && this.#entries.isIn(slot, tier);
  }

  /** Bytes of an entry that is here; 0 when it is not. */
  sizeOf(id: number): number {
    const slot = this.#entries.slotOf(id);
    return slot === undefined ? 0 : this.#entries.sizes[slot];
  }

  /** Every entry, in the order in which they came. */
  ids(): number[] {
    return this.#entries.allIds();
  }

  get size(): number {
    return this.#entries.count;
  }

  /** Writes that admission refused. */
  get refusedWrites(): number {
    return this.#refusedWrites;
  }

  /** Writes refused for want of room beside what was pinned, though the tier is large enough. */
  get refusedForPins(): number {
    return this.#refusedForPins;
  }

  /** Pins taken and not given back, those on entries that have gone since included. */
  get pinsOut(): number {
    return this.#pinsOut;
  }

  /** Bytes that may not leave this tier at present. */
  pinnedBytes(tier: number): number {
    return this.#pinnedBytes[tier];
  }

  usedBytes(tier: number): number {
    return this.#usedBytes[tier];
  }

  freeBytes(tier: number): number {
    return this.#tiers[tier].capacityBytes - this.#usedBytes[tier];
  }

  /** Notes a read, and moves nothing. Returns the tier it was served from, -1 when absent. */
  touch(id: number): number {
    for (const observer of this.#observers) observer.observe(id);
    const slot = this.#entries.slotOf(id);
    return slot === undefined ? -1 : this.#touchSlot(slot);
  }

  /** Notes a read, and brings the entry up where the promotion policy says so. */
  read(id: number): ReadEffect {
    for (const observer of this.#observers) observer.observe(id);
    const slot = this.#entries.slotOf(id);
    const effect = { tier: slot === undefined ? -1 : this.#touchSlot(slot), promotedBytes: 0, demotedBytes: 0, evictedBytes: 0 };
    if (slot === undefined || effect.tier === 0 || this.#promoteAtReads === 0) return effect;
    // One that is always being read is counted all the same: it goes up at the first read that finds it free.
    if (++this.#entries.reads[slot] < this.#promoteAtReads || this.#entries.pins[slot] > 0) return effect;
    for (let tier = 0; tier < effect.tier; tier++) {
      if (!this.#canHold(tier, this.#entries.sizes[slot])) continue;
      this.#promote(slot, effect.tier, tier, effect);
      break;
    }
    return effect;
  }

  /** Keeps the entry where it is until `unpin`; pins nest. Its owner may still remove it, and a crash still takes it. Returns what `unpin` wants to know. */
  pin(id: number): PinTicket {
    const slot = this.#entries.slotOf(id);
    if (slot === undefined) throw new RangeError(`tiered store: cannot pin absent entry ${id}`);
    if (this.#entries.pins[slot]++ === 0) this.#countPinned(slot, 1);
    this.#pinsOut++;
    return this.#entries.incarnations[slot];
  }

  /**
   * Gives one pin back. If the entry has gone since, by a crash or its owner's hand, its pins have gone with it, and one that came in its place
   * keeps its own.
   *
   * @param ticket what `pin` returned; without it the entry must be here, and pinned
   * @throws RangeError when the very entry is here without a pin, or no pin is out
   */
  unpin(id: number, ticket?: PinTicket): void {
    const slot = this.#entries.slotOf(id);
    const isSame = slot !== undefined && (ticket === undefined || this.#entries.incarnations[slot] === ticket);
    if (this.#pinsOut === 0 || (isSame ? this.#entries.pins[slot] === 0 : ticket === undefined)) throw new RangeError(`tiered store: entry ${id} is not pinned`);
    this.#pinsOut--;
    if (isSame && --this.#entries.pins[slot] === 0) this.#countPinned(slot, -1);
  }

  /**
   * Puts an entry into the fastest tier that can hold it and admits it, demoting and evicting others as needed. Writing an entry
   * that is present is a touch. Returns undefined when it fits nowhere or is not admitted.
   *
   * @param cost what getting the entry again would cost, in any unit, for policies that weigh it
   * @throws RangeError unless `sizeBytes` is a whole number of at least 0 and `cost` is finite and at least 0
   */
  write(id: number, sizeBytes: number, cost = 1): PlacedEffect | undefined {
    checkEntry(id, sizeBytes, cost);
    const known = this.#entries.slotOf(id);
    if (known !== undefined) return { demotedBytes: 0, evictedBytes: 0, throughBytes: 0, tier: this.#touchSlot(known) };
    let refused = false;
    let crowded = false;
    for (let tier = 0; tier < this.#tiers.length; tier++) {
      if (!this.#canHold(tier, sizeBytes)) {
        crowded ||= !this.#hasFailed(tier) && sizeBytes <= this.#tiers[tier].capacityBytes;
        continue;
      }
      this.#policies[tier].expect?.(id, sizeBytes);
      if (!this.#admits(id, sizeBytes, tier)) {
        refused = true;
        continue;
      }
      const effect = { demotedBytes: 0, evictedBytes: 0, throughBytes: 0, tier };
      this.#makeRoom(tier, sizeBytes, effect);
      const slot = this.#entries.add(id, sizeBytes, cost);
      this.#attach(slot, tier);
      this.#onWritten?.(tier, sizeBytes, 'entry');
      if (this.#through) this.#writeThrough(slot, tier, effect);
      this.#admission?.expectEntries?.(this.#entries.count);
      return effect;
    }
    if (refused) this.#refusedWrites++;
    else if (crowded) this.#refusedForPins++;
    return undefined;
  }

  /**
   * Puts an entry into exactly this tier if it has room now; evicts nothing. For contents placed before time 0. An entry that is here already gets a
   * further copy where writes go through, and none where they do not.
   */
  preload(id: number, sizeBytes: number, tier: number, cost = 1): boolean {
    checkEntry(id, sizeBytes, cost);
    const known = this.#entries.slotOf(id);
    if (known !== undefined && (!this.#through || this.#entries.isIn(known, tier))) return true;
    if (this.freeBytes(tier) < sizeBytes) return false;
    this.#attach(known ?? this.#entries.add(id, sizeBytes, cost), tier);
    return true;
  }

  remove(id: number): boolean {
    const slot = this.#entries.slotOf(id);
    if (slot === undefined) return false;
    for (let tier = 0; tier < this.#tiers.length; tier++) if (this.#entries.isIn(slot, tier)) this.#takeOut(slot, tier);
    this.#forget(slot);
    return true;
  }

  /** Loses everything. */
  clear(): void {
    for (let tier = 0; tier < this.#tiers.length; tier++) this.clearTier(tier);
  }

  /** Loses one tier, as a crashed node loses its memory. Entries with a copy in another tier live on. */
  clearTier(tier: number): void {
    for (const slot of this.#entries.allSlots()) {
      if (!this.#entries.isIn(slot, tier)) continue;
      this.#takeOut(slot, tier);
      if (this.#entries.copies[slot] === 0) this.#forget(slot);
    }
  }

  /** A tier's device fails: what lay there is lost, and nothing comes to lie there until it is replaced. */
  failTier(tier: number): void {
    this.clearTier(tier);
    this.#failedTiers |= 1 << tier;
  }

  /** The device has been replaced by an empty one. */
  replaceTier(tier: number): void {
    this.#failedTiers &= ~(1 << tier);
  }

  #touchSlot(slot: number): number {
    const tier = this.#entries.fastestTier(slot);
    this.#policies[tier].touch(slot);
    return tier;
  }

  #hasFailed(tier: number): boolean {
    return (this.#failedTiers & (1 << tier)) !== 0;
  }

  /** Could the tier hold so many bytes, if everything that is not pinned left it? */
  #canHold(tier: number, sizeBytes: number): boolean {
    return !this.#hasFailed(tier) && sizeBytes <= this.#tiers[tier].capacityBytes - this.#pinnedBytes[tier];
  }

  #admits(id: number, sizeBytes: number, tier: number): boolean {
    if (this.#admission === undefined) return true;
    const victim = this.freeBytes(tier) < sizeBytes ? this.#victim(tier) : -1;
    return this.#admission.admit(id, victim < 0 ? -1 : this.#entries.ids[victim]);
  }

  #victim(tier: number): number {
    return this.#policies[tier].victim(this.#pinnedEntries === 0 ? undefined : this.#isPinned);
  }

  /** Only for what the tier can hold. */
  #makeRoom(tier: number, sizeBytes: number, effect: WriteEffect): void {
    while (this.freeBytes(tier) < sizeBytes) {
      const victim = this.#victim(tier);
      if (victim < 0) throw new Error(`tiered store: ${this.#tiers[tier].name} lacks ${sizeBytes} bytes, and its policy names no victim`);
      this.#giveUp(victim, tier, effect);
    }
  }

  /** A copy goes down a tier if none is below and there can be room; an entry whose last copy goes leaves the node. */
  #giveUp(slot: number, tier: number, effect: WriteEffect): void {
    const sizeBytes = this.#entries.sizes[slot];
    const below = tier + 1;
    this.#policies[tier].evict(slot);
    this.#detach(slot, tier);
    if (this.#entries.copies[slot] >> below !== 0) return;
    if (below < this.#tiers.length && this.#canHold(below, sizeBytes)) {
      this.#policies[below].expect?.(this.#entries.ids[slot], sizeBytes);
      this.#makeRoom(below, sizeBytes, effect);
      this.#attach(slot, below);
      effect.demotedBytes += sizeBytes;
      this.#onWritten?.(below, sizeBytes, 'demotion');
      return;
    }
    if (this.#entries.copies[slot] !== 0) return;
    const id = this.#entries.ids[slot];
    this.#forget(slot);
    effect.evictedBytes += sizeBytes;
    this.#onEvict?.(id, sizeBytes);
  }

  /** Copies a new entry to every lower tier that can hold it. */
  #writeThrough(slot: number, from: number, effect: PlacedEffect): void {
    const sizeBytes = this.#entries.sizes[slot];
    // What makes room in one tier must not push the entry itself out of another.
    const ticket = this.pin(this.#entries.ids[slot]);
    for (let tier = from + 1; tier < this.#tiers.length; tier++) {
      if (this.#entries.isIn(slot, tier) || !this.#canHold(tier, sizeBytes)) continue;
      this.#policies[tier].expect?.(this.#entries.ids[slot], sizeBytes);
      this.#makeRoom(tier, sizeBytes, effect);
      this.#attach(slot, tier);
      effect.throughBytes += sizeBytes;
      this.#onWritten?.(tier, sizeBytes, 'through');
    }
    this.unpin(this.#entries.ids[slot], ticket);
  }

  /** Write-back moves the entry, so that its old place takes what has to go down for it; write-through copies it. */
  #promote(slot: number, from: number, to: number, effect: ReadEffect): void {
    const id = this.#entries.ids[slot];
    const sizeBytes = this.#entries.sizes[slot];
    this.#policies[to].expect?.(id, sizeBytes);
    if (this.#through) {
      const ticket = this.pin(id);
      this.#makeRoom(to, sizeBytes, effect);
      this.unpin(id, ticket);
    } else {
      this.#takeOut(slot, from);
      this.#makeRoom(to, sizeBytes, effect);
    }
    this.#attach(slot, to);
    effect.promotedBytes = sizeBytes;
    this.#onWritten?.(to, sizeBytes, 'promotion');
  }

  #attach(slot: number, tier: number): void {
    const sizeBytes = this.#entries.sizes[slot];
    this.#entries.copies[slot] |= 1 << tier;
    this.#usedBytes[tier] += sizeBytes;
    if (this.#entries.pins[slot] > 0) this.#pinnedBytes[tier] += sizeBytes;
    this.#entries.reads[slot] = 0;
    this.#policies[tier].insert(slot, this.#entries.ids[slot], sizeBytes, this.#entries.costs[slot]);
  }

  /** The owner takes a copy out of a tier. */
  #takeOut(slot: number, tier: number): void {
    this.#policies[tier].remove(slot);
    this.#detach(slot, tier);
  }

  #detach(slot: number, tier: number): void {
    const sizeBytes = this.#entries.sizes[slot];
    this.#entries.copies[slot] &= ~(1 << tier);
    this.#usedBytes[tier] -= sizeBytes;
    if (this.#entries.pins[slot] > 0) this.#pinnedBytes[tier] -= sizeBytes;
  }

  #countPinned(slot: number, sign: 1 | -1): void {
    this.#pinnedEntries += sign;
    for (let tier = 0; tier < this.#tiers.length; tier++) if (this.#entries.isIn(slot, tier)) this.#pinnedBytes[tier] += sign * this.#entries.sizes[slot];
  }

  #forget(slot: number): void {
    if (this.#entries.pins[slot] > 0) this.#pinnedEntries--;
    this.#entries.remove(slot);
  }
}

function checkEntry(id: number, sizeBytes: number, cost: number): void {
  if (!(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0)) throw new RangeError(`tiered store: size of entry ${id} is ${sizeBytes}; expected a whole number of bytes, at least 0`);
  if (!(cost >= 0 && cost < Infinity)) throw new RangeError(`tiered store: cost of entry ${id} is ${cost}; expected a finite number of at least 0`);
}
