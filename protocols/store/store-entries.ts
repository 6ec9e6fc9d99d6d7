/** Names the entry that a pin was taken on, among all that come in under its id. */
export type PinTicket = number;

/** The entries of one store, each in a slot of its own as long as it is there; slots are used again. */
export class StoreEntries {
  // By slot.
  readonly ids: number[] = [];
  readonly sizes: number[] = [];
  /** What getting an entry again would cost, in any unit. */
  readonly costs: number[] = [];
  /** Bit t is set while tier t holds a copy. */
  readonly copies: number[] = [];
  /** Pins on the entry. */
  readonly pins: number[] = [];
  /** Reads since it came into its fastest tier. */
  readonly reads: number[] = [];
  /** Which of the entries that ever came in the slot holds, so that a pin does not outlive what it was taken on. */
  readonly incarnations: PinTicket[] = [];
  readonly #slots = new Map<number, number>();
  readonly #free: number[] = [];
  #lastIncarnation = 0;

  get count(): number {
    return this.#slots.size;
  }

  has(id: number): boolean {
    return this.#slots.has(id);
  }

  slotOf(id: number): number | undefined {
    return this.#slots.get(id);
  }

  /** Ids of all entries, in the order in which they came. */
  allIds(): IterableIterator<number> {
    return this.#slots.keys();
  }

  /** Slots of all entries, in the order in which they came. */
  allSlots(): IterableIterator<number> {
    return this.#slots.values();
  }

  /** A slot for a new entry, which lies in no tier yet. */
  add(id: number, sizeBytes: number, cost: number): number {
    const slot = this.#free.pop() ?? this.ids.length;
    this.ids[slot] = id;
    this.sizes[slot] = sizeBytes;
    this.costs[slot] = cost;
    this.copies[slot] = 0;
    this.pins[slot] = 0;
    this.incarnations[slot] = ++this.#lastIncarnation;
    this.reads[slot] = 0;
    this.#slots.set(id, slot);
    return slot;
  }

  /** Forgets an entry, its pins with it. */
  remove(slot: number): void {
    this.pins[slot] = 0;
    this.#slots.delete(this.ids[slot]);
    this.#free.push(slot);
  }

  isIn(slot: number, tier: number): boolean {
    return (this.copies[slot] & (1 << tier)) !== 0;
  }

  /** Index of the fastest tier that holds a copy, fastest 0. */
  fastestTier(slot: number): number {
    const copies = this.copies[slot];
    return 31 - Math.clz32(copies & -copies);
  }
}
