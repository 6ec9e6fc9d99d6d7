/**
 * Objects in flight, found by a number that a message can carry.
 *
 * Numbers count up and are not given out again for 2^30 openings, so that the answer to a call that ended long ago never meets a new
 * one. An entry lies at its number modulo the capacity; numbers whose place is occupied are skipped.
 */
const NUMBER_SPAN = 0x40000000;

export class SlotTable<T> {
  private values: (T | undefined)[];
  private numbers: Int32Array;
  private mask: number;
  private nextNumber = 1;
  private count = 0;

  constructor(capacity = 64) {
    this.values = new Array<T | undefined>(capacity).fill(undefined);
    this.numbers = new Int32Array(capacity).fill(-1);
    this.mask = capacity - 1;
  }

  get size(): number {
    return this.count;
  }

  open(value: T): number {
    if (2 * this.count > this.mask) this.grow();
    let number = this.nextNumber;
    while (this.numbers[number & this.mask] >= 0) number = (number + 1) % NUMBER_SPAN;
    this.nextNumber = (number + 1) % NUMBER_SPAN;
    const slot = number & this.mask;
    this.numbers[slot] = number;
    this.values[slot] = value;
    this.count++;
    return number;
  }

  get(number: number): T | undefined {
    const slot = number & this.mask;
    return this.numbers[slot] === number ? this.values[slot] : undefined;
  }

  /** False where the number is not open. */
  close(number: number): boolean {
    const slot = number & this.mask;
    if (this.numbers[slot] !== number) return false;
    this.numbers[slot] = -1;
    this.values[slot] = undefined;
    this.count--;
    return true;
  }

  private grow(): void {
    const { values, numbers } = this;
    let capacity = numbers.length;
    // Two open numbers may fall on one place of the doubled table only if they did before, so doubling once always fits.
    capacity *= 2;
    this.mask = capacity - 1;
    this.values = new Array<T | undefined>(capacity).fill(undefined);
    this.numbers = new Int32Array(capacity).fill(-1);
    for (let slot = 0; slot < numbers.length; slot++) {
      if (numbers[slot] < 0) continue;
      this.numbers[numbers[slot] & this.mask] = numbers[slot];
      this.values[numbers[slot] & this.mask] = values[slot];
    }
  }
}
