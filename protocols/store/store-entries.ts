import { enlarged } from '../../sim/kernel/growth.ts';
import { NumberMap } from '../../sim/kernel/number-map.ts';

/** Entries there is room for at first: few stores stay below it, and growing from less was a thirtieth of a trial. */
const LEAST_SLOTS = 1024;

/** Names the entry that a pin was taken on, among all that come in under its id. */
export type PinTicket = number;

/** The entries of one store, each in a slot of its own as long as it is there; slots are used again. */
export class StoreEntries {
  // By slot.
  ids = new Float64Array(LEAST_SLOTS);
  sizes = new Float64Array(LEAST_SLOTS);
  /** What getting an entry again would cost, in any unit. */
  costs = new Float64Array(LEAST_SLOTS);
  /** Bit t is set while tier t holds a copy. */
  copies = new Uint8Array(LEAST_SLOTS);
  /** Pins on the entry. */
  pins = new Int32Array(LEAST_SLOTS);
  /** Reads since it came into its fastest tier. */
  reads = new Int32Array(LEAST_SLOTS);
  /** Which of the entries that ever came in the slot holds, so that a pin does not outlive what it was taken on. */
  incarnations = new Float64Array(LEAST_SLOTS);
  readonly #slots = new NumberMap<number>();
  readonly #free: number[] = [];
  #unusedSlot = 0;
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
  allIds(): number[] {
    return this.allSlots().map((slot) => this.ids[slot]);
  }

  /** Slots of all entries, in the order in which they came. */
  allSlots(): number[] {
    return this.#slots.values().sort((a, b) => this.incarnations[a] - this.incarnations[b]);
  }

  /** A slot for a new entry, which lies in no tier yet. */
  add(id: number, sizeBytes: number, cost: number): number {
    const slot = this.#free.pop() ?? this.#unusedSlot++;
    if (slot === this.ids.length) this.#grow();
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

  #grow(): void {
    const slots = 2 * this.ids.length;
    this.ids = enlarged(this.ids, new Float64Array(slots));
    this.sizes = enlarged(this.sizes, new Float64Array(slots));
    this.costs = enlarged(this.costs, new Float64Array(slots));
    this.copies = enlarged(this.copies, new Uint8Array(slots));
    this.pins = enlarged(this.pins, new Int32Array(slots));
    this.reads = enlarged(this.reads, new Int32Array(slots));
    this.incarnations = enlarged(this.incarnations, new Float64Array(slots));
  }
}
