import type { EvictionPolicy, SlotFilter } from './eviction-policy.ts';
import { FrequencySketch } from './frequency-sketch.ts';
import { SlotQueues } from './slot-queues.ts';
import type { UseFrequency } from './use-frequency.ts';

const WINDOW = 0;
const PROBATION = 1;
const PROTECTED = 2;

export interface WTinyLfuOptions {
  readonly capacityBytes: number;
  /** Share of the capacity that new entries pass through. 0.01 in the paper. */
  readonly windowShare?: number;
  /** Share of the rest for entries read again there. 0.8 in the paper. */
  readonly protectedShare?: number;
  readonly frequency?: UseFrequency;
}

/**
 * W-TinyLFU (Einziger, Friedman and Manes, *TinyLFU: a highly efficient cache admission policy*, ACM ToS 13(4), 2017): new entries
 * stand in a small LRU window; what the window pushes out is a candidate for the main part, a segmented LRU, and stays if it was used more
 * often than the entry that would leave for it, by a fading estimate. Ties go to the resident.
 *
 * Parts are measured in bytes; the window keeps the entry that came in last even where it is larger than the window. Candidates of one
 * admission meet one resident each, oldest candidate first.
 */
export class WTinyLfu implements EvictionPolicy {
  readonly name = 'w-tinylfu';
  readonly #parts = new SlotQueues('w-tinylfu', 3);
  readonly #frequency: UseFrequency;
  readonly #windowBytes: number;
  readonly #protectedBytes: number;
  readonly #ids: number[] = [];
  /** What the entry about to come in pushed out of the window, oldest first. */
  #candidates: number[] = [];

  constructor({ capacityBytes, windowShare = 0.01, protectedShare = 0.8, frequency = new FrequencySketch() }: WTinyLfuOptions) {
    if (!(windowShare > 0 && windowShare < 1)) throw new RangeError(`w-tinylfu: windowShare is ${windowShare}; expected more than 0 and less than 1`);
    if (!(protectedShare > 0 && protectedShare < 1)) throw new RangeError(`w-tinylfu: protectedShare is ${protectedShare}; expected more than 0 and less than 1`);
    this.#windowBytes = windowShare * capacityBytes;
    this.#protectedBytes = protectedShare * (1 - windowShare) * capacityBytes;
    this.#frequency = frequency;
  }

  observe(id: number): void {
    this.#frequency.observe(id);
  }

  expect(_id: number, sizeBytes: number): void {
    this.#candidates = this.#shrinkWindow(sizeBytes);
  }

  insert(slot: number, id: number, sizeBytes: number): void {
    this.#shrinkWindow(sizeBytes);
    this.#candidates = [];
    this.#ids[slot] = id;
    this.#parts.add(WINDOW, slot, sizeBytes);
    this.#frequency.expectEntries?.(this.#parts.count(WINDOW) + this.#parts.count(PROBATION) + this.#parts.count(PROTECTED));
  }

  touch(slot: number): void {
    const part = this.#parts.queueOf(slot);
    this.#parts.move(part === WINDOW ? WINDOW : PROTECTED, slot);
    while (this.#parts.bytes(PROTECTED) > this.#protectedBytes && this.#parts.count(PROTECTED) > 1) {
      this.#parts.move(PROBATION, this.#parts.oldest(PROTECTED));
    }
  }

  remove(slot: number): void {
    this.#parts.remove(slot);
    this.#candidates = this.#candidates.filter((candidate) => candidate !== slot);
  }

  /** A candidate that won against the resident given up has its place; one that lost is gone. */
  evict(slot: number): void {
    const lost = this.#candidates.includes(slot);
    this.#parts.remove(slot);
    if (lost) this.#candidates = this.#candidates.filter((candidate) => candidate !== slot);
    else this.#candidates.shift();
  }

  victim(held?: SlotFilter): number {
    const resident = this.#oldestResident(held);
    while (this.#candidates.length > 0) {
      const candidate = this.#candidates[0];
      if (this.#parts.queueOf(candidate) !== PROBATION || held?.(candidate) === true) {
        this.#candidates.shift();
        continue;
      }
      const wins = candidate !== resident && this.#frequency.estimate(this.#ids[candidate]) > this.#frequency.estimate(this.#ids[resident]);
      return wins ? resident : candidate;
    }
    return resident;
  }

  #oldestResident(held: SlotFilter | undefined): number {
    for (const part of [PROBATION, PROTECTED, WINDOW]) {
      const slot = this.#parts.oldest(part, held);
      if (slot >= 0) return slot;
    }
    return -1;
  }

  /** Makes the window ready for an entry; returns what left it, oldest first. */
  #shrinkWindow(sizeBytes: number): number[] {
    const pushed: number[] = [];
    while (this.#parts.count(WINDOW) > 0 && this.#parts.bytes(WINDOW) + sizeBytes > this.#windowBytes) {
      const slot = this.#parts.oldest(WINDOW);
      this.#parts.move(PROBATION, slot);
      pushed.push(slot);
    }
    return pushed;
  }
}
