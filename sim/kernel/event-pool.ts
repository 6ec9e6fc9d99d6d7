import type { EventHandle } from './handler.ts';
import type { Nanoseconds } from './time.ts';

/** A handle is generation · 2^26 + slot, an integer below 2^53. */
const SLOT_SPAN = 67_108_864;
const INITIAL_CAPACITY = 256;
/** Fresh slots are added to the free list in portions, each within memory the last one has drawn into the cache. */
const SLOTS_AT_ONCE = 64;
/** What is left of a task once its event is cancelled. Tasks are at least 0. */
const CANCELLED = -1;

/**
 * Where pending events live: fixed-size records in one buffer, addressed by slot, reused last in first out so that the hottest memory serves next.
 *
 * Slot 0 is never given out, so 0 can mean "none" in every list; its time is later than any event's, and it has no next. A record's generation grows
 * whenever its event ends, which is what makes a stale handle harmless; a record whose generations are used up is retired rather than wrapped round.
 *
 * A record takes 32 bytes, half a cache line, so that touching an event costs one miss:
 *
 * | bytes | view | content |
 * |---|---|---|
 * | 0–7 | cells 4s | time |
 * | 8–15 | cells 4s + 1 | payload, when it is a number |
 * | 16–19 | words 8s + 4 | next slot in a list |
 * | 20–23 | words 8s + 5 | task: what to run |
 * | 24–31 | cells 4s + 3 | handle of the event, or of the next one to take the slot |
 *
 * Offsets and bounds are written as literals here, in the simulator and in the queues: the compiler does not fold constants imported from other
 * modules, and these lines run for every event.
 */
export class EventPool {
  cells: Float64Array;
  words: Int32Array;
  /** Head of the list of free slots; 0 when it is empty. */
  freeSlot = 0;
  /** Cancelled events whose slots their queue still holds. */
  cancelledHeld = 0;
  /** Payloads that are not numbers, by slot. */
  private readonly objects: unknown[] = [undefined];
  /** Functions scheduled without a registered handler, by slot. */
  private readonly functions: unknown[] = [undefined];
  private unusedSlot = 1;
  private capacity = INITIAL_CAPACITY;

  constructor() {
    const memory = new ArrayBuffer(INITIAL_CAPACITY * 32);
    this.cells = new Float64Array(memory);
    this.words = new Int32Array(memory);
    this.cells[0] = Infinity;
  }

  /** A slot for a new event; its time and task are the caller's to write. */
  take(): number {
    const slot = this.freeSlot === 0 ? this.extend() : this.freeSlot;
    this.freeSlot = this.words[(slot << 3) | 4];
    return slot;
  }

  /** Adds slots never used before to the list of free ones, which is empty, and returns its head. */
  private extend(): number {
    if (this.unusedSlot === this.capacity) this.grow();
    const { cells, words, unusedSlot } = this;
    const end = Math.min(unusedSlot + SLOTS_AT_ONCE, this.capacity);
    for (let slot = unusedSlot; slot < end; slot++) {
      words[(slot << 3) | 4] = slot + 1 < end ? slot + 1 : 0;
      cells[(slot << 2) | 3] = slot;
    }
    this.unusedSlot = end;
    this.freeSlot = unusedSlot;
    return unusedSlot;
  }

  /** Ends an event no queue holds any more: its handle goes stale, its slot can be taken again. */
  release(slot: number): void {
    const { cells } = this;
    const handle = cells[(slot << 2) | 3] + 67_108_864;
    cells[(slot << 2) | 3] = handle;
    // From here on a handle might pass 2^53.
    if (handle >= 9_007_199_187_632_128) return;
    this.words[(slot << 3) | 4] = this.freeSlot;
    this.freeSlot = slot;
  }

  /** Gives back a cancelled event's slot, once no queue holds it. */
  releaseCancelled(slot: number): void {
    this.cancelledHeld--;
    this.release(slot);
  }

  /** Marks a live event cancelled and forgets its payload. The queue that holds it drops it later. */
  cancel(slot: number): void {
    this.words[(slot << 3) | 5] = CANCELLED;
    this.cells[(slot << 2) | 3] += SLOT_SPAN;
    if (slot < this.objects.length) this.objects[slot] = undefined;
    if (slot < this.functions.length) this.functions[slot] = undefined;
    this.cancelledHeld++;
  }

  isCancelled(slot: number): boolean {
    return this.words[(slot << 3) | 5] < 0;
  }

  handleOf(slot: number): EventHandle {
    return this.cells[(slot << 2) | 3];
  }

  /** The slot of a live event, or 0 when the handle is stale or no handle at all. */
  slotOf(handle: EventHandle): number {
    const slot = handle % SLOT_SPAN;
    // Of slot 0, of slots never used, and outside the buffer, no handle is found.
    return this.cells[(slot << 2) | 3] === handle ? slot : 0;
  }

  timeOf(slot: number): Nanoseconds {
    return this.cells[slot << 2];
  }

  setObject(slot: number, payload: unknown): void {
    const { objects } = this;
    while (objects.length <= slot) objects.push(undefined);
    objects[slot] = payload;
  }

  /** The payload kept for an event, which the pool forgets. */
  takeObject(slot: number): unknown {
    const payload = this.objects[slot];
    this.objects[slot] = undefined;
    return payload;
  }

  setFunction(slot: number, run: unknown): void {
    const { functions } = this;
    while (functions.length <= slot) functions.push(undefined);
    functions[slot] = run;
  }

  takeFunction(slot: number): unknown {
    const run = this.functions[slot];
    this.functions[slot] = undefined;
    return run;
  }

  /** Memory of the records, in use or not. */
  get sizeBytes(): number {
    return this.cells.byteLength;
  }

  private grow(): void {
    if (this.capacity >= SLOT_SPAN) throw new RangeError(`pending events exceed ${SLOT_SPAN - 1}: the most a simulator holds`);
    this.capacity *= 2;
    const memory = new ArrayBuffer(this.capacity * 32);
    const cells = new Float64Array(memory);
    cells.set(this.cells);
    this.cells = cells;
    this.words = new Int32Array(memory);
  }
}
