/**
 * Identifiers of 16 to 160 bits, held as big-endian words of 32 bits.
 *
 * An identifier is `words` consecutive entries of a Uint32Array, the most significant first, right-aligned: an identifier of
 * 40 bits is two words, the first of which uses its low 8 bits. Tables of identifiers are one flat array, and every operation
 * takes (array, offset), so that a million identifiers cost one allocation. Bit 0 is the least significant.
 */
export type Id = Uint32Array;

export const ID_BITS_MIN = 16;
export const ID_BITS_MAX = 160;

export class IdSpace {
  readonly bits: number;
  /** Words of 32 bits per identifier. */
  readonly words: number;
  /** Bytes of an identifier on the wire. */
  readonly bytes: number;
  private readonly topMask: number;

  constructor(bits: number) {
    if (!Number.isInteger(bits) || bits < ID_BITS_MIN || bits > ID_BITS_MAX) {
      throw new RangeError(`idBits: ${bits} given, expected a whole number from ${ID_BITS_MIN} to ${ID_BITS_MAX}`);
    }
    this.bits = bits;
    this.words = (bits + 31) >>> 5;
    this.bytes = (bits + 7) >>> 3;
    const topBits = bits - 32 * (this.words - 1);
    this.topMask = topBits === 32 ? 0xffffffff : ((1 << topBits) >>> 0) - 1;
  }

  /** The identifier at `index` of a flat table, as a view that shares its memory. */
  at(table: Uint32Array, index: number): Id {
    return table.subarray(index * this.words, (index + 1) * this.words);
  }

  /** Reads big-endian bytes as a number modulo 2^bits. */
  fromBytes(bytes: Uint8Array, into: Uint32Array = new Uint32Array(this.words), offset = 0): Id {
    for (let word = 0; word < this.words; word++) {
      let value = 0;
      const end = bytes.length - 4 * (this.words - 1 - word);
      for (let b = end - 4; b < end; b++) value = (value << 8) | (b >= 0 ? bytes[b] : 0);
      into[offset + word] = value >>> 0;
    }
    into[offset] = (into[offset] & this.topMask) >>> 0;
    return into;
  }

  /** A small number as an identifier; for tests and examples. */
  fromNumber(value: number): Id {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`id: ${value} given, expected a whole number from 0 to 2^53 - 1`);
    const id = new Uint32Array(this.words);
    id[this.words - 1] = value % 0x100000000;
    if (this.words > 1) id[this.words - 2] = Math.floor(value / 0x100000000);
    id[0] = (id[0] & this.topMask) >>> 0;
    return id;
  }

  /** `2 * bytes` hexadecimal digits. */
  toHex(a: Uint32Array, i = 0): string {
    let text = '';
    for (let word = 0; word < this.words; word++) text += a[i + word].toString(16).padStart(8, '0');
    return text.slice(text.length - 2 * this.bytes);
  }

  compare(a: Uint32Array, i: number, b: Uint32Array, j: number): number {
    for (let word = 0; word < this.words; word++) {
      const x = a[i + word];
      const y = b[j + word];
      if (x !== y) return x < y ? -1 : 1;
    }
    return 0;
  }

  equal(a: Uint32Array, i: number, b: Uint32Array, j: number): boolean {
    for (let word = this.words - 1; word >= 0; word--) if (a[i + word] !== b[j + word]) return false;
    return true;
  }

  /** Is x inside the open arc (low, high), clockwise? Where low = high the arc is the whole ring but that point. */
  inOpenArc(x: Uint32Array, xi: number, low: Uint32Array, lowi: number, high: Uint32Array, highi: number): boolean {
    const above = this.compare(x, xi, low, lowi);
    if (above === 0) return false;
    const below = this.compare(x, xi, high, highi);
    if (below === 0) return false;
    return this.compare(low, lowi, high, highi) < 0 ? above > 0 && below < 0 : above > 0 || below < 0;
  }

  /** Is x inside the arc (low, high], clockwise? Where low = high the arc is the whole ring. */
  inArc(x: Uint32Array, xi: number, low: Uint32Array, lowi: number, high: Uint32Array, highi: number): boolean {
    const order = this.compare(low, lowi, high, highi);
    if (order === 0) return true;
    const above = this.compare(x, xi, low, lowi) > 0;
    const within = this.compare(x, xi, high, highi) <= 0;
    return order < 0 ? above && within : above || within;
  }

  /** out = (a + 2^exponent) mod 2^bits. */
  addPowerOfTwo(a: Uint32Array, i: number, exponent: number, out: Uint32Array): void {
    for (let w = 0; w < this.words; w++) out[w] = a[i + w];
    let word = this.words - 1 - (exponent >>> 5);
    let carry = (1 << (exponent & 31)) >>> 0;
    while (word >= 0 && carry > 0) {
      const sum = out[word] + carry;
      out[word] = sum;
      carry = sum > 0xffffffff ? 1 : 0;
      word--;
    }
    out[0] = (out[0] & this.topMask) >>> 0;
  }

  /** out = (b − a) mod 2^bits, the clockwise distance from a to b. */
  subtract(b: Uint32Array, j: number, a: Uint32Array, i: number, out: Uint32Array): void {
    let borrow = 0;
    for (let word = this.words - 1; word >= 0; word--) {
      const difference = b[j + word] - a[i + word] - borrow;
      borrow = difference < 0 ? 1 : 0;
      out[word] = difference;
    }
    out[0] = (out[0] & this.topMask) >>> 0;
  }

  /** floor(log2(clockwise distance from a to b)), or −1 where they are equal. */
  logDistance(a: Uint32Array, i: number, b: Uint32Array, j: number): number {
    if (this.words === 1) return 31 - Math.clz32((b[j] - a[i]) & this.topMask);
    let borrow = 0;
    let log = -1;
    for (let word = this.words - 1; word >= 0; word--) {
      const difference = b[j + word] - a[i + word] - borrow;
      borrow = difference < 0 ? 1 : 0;
      const value = word === 0 ? difference & this.topMask : difference | 0;
      if (value !== 0) log = 32 * (this.words - 1 - word) + 31 - Math.clz32(value);
    }
    return log;
  }

  /** floor(log2(a XOR b)), or −1 where they are equal: the index of the Kademlia bucket of one seen from the other. */
  logXor(a: Uint32Array, i: number, b: Uint32Array, j: number): number {
    for (let word = 0; word < this.words; word++) {
      const x = a[i + word] ^ b[j + word];
      if (x !== 0) return 32 * (this.words - 1 - word) + 31 - Math.clz32(x);
    }
    return -1;
  }

  /** Orders a and b by XOR distance to `target`: negative where a is closer. */
  compareXor(a: Uint32Array, i: number, b: Uint32Array, j: number, target: Uint32Array, t: number): number {
    for (let word = 0; word < this.words; word++) {
      const x = (a[i + word] ^ target[t + word]) >>> 0;
      const y = (b[j + word] ^ target[t + word]) >>> 0;
      if (x !== y) return x < y ? -1 : 1;
    }
    return 0;
  }

  /** out = the shorter way around the ring between a and b: min(b − a, a − b). */
  ringDistance(a: Uint32Array, i: number, b: Uint32Array, j: number, out: Uint32Array): void {
    this.subtract(b, j, a, i, out);
    const half = (this.topMask >>> 1) + 1;
    if (out[0] >= half) {
      // Negate modulo 2^bits: the other way around is shorter (or, at exactly half, the same length).
      let carry = 1;
      for (let word = this.words - 1; word >= 0; word--) {
        const sum = (~out[word] >>> 0) + carry;
        out[word] = sum;
        carry = sum > 0xffffffff ? 1 : 0;
      }
      out[0] = (out[0] & this.topMask) >>> 0;
    }
  }

  private readonly scratchA = new Uint32Array(5);
  private readonly scratchB = new Uint32Array(5);

  /** Orders a and b by numerical distance to `target` around the ring; of two equally far, the lower identifier is closer. */
  compareRing(a: Uint32Array, i: number, b: Uint32Array, j: number, target: Uint32Array, t: number): number {
    this.ringDistance(a, i, target, t, this.scratchA);
    this.ringDistance(b, j, target, t, this.scratchB);
    const order = this.compare(this.scratchA, 0, this.scratchB, 0);
    return order !== 0 ? order : this.compare(a, i, b, j);
  }

  /** Orders a and b by clockwise distance from `origin`. */
  compareClockwise(a: Uint32Array, i: number, b: Uint32Array, j: number, origin: Uint32Array, o: number): number {
    const aWraps = this.compare(a, i, origin, o) < 0;
    const bWraps = this.compare(b, j, origin, o) < 0;
    if (aWraps !== bWraps) return aWraps ? 1 : -1;
    return this.compare(a, i, b, j);
  }

  /** Bit `bit` (0 = least significant). */
  bit(a: Uint32Array, i: number, bit: number): number {
    return (a[i + this.words - 1 - (bit >>> 5)] >>> (bit & 31)) & 1;
  }

  /** Digits of `digitBits` bits that an identifier has; the last is narrower where digitBits does not divide bits. */
  digits(digitBits: number): number {
    return Math.ceil(this.bits / digitBits);
  }

  /** Digit `index` counted from the most significant, 0 … 2^digitBits − 1. */
  digit(a: Uint32Array, i: number, index: number, digitBits: number): number {
    let low = this.bits - (index + 1) * digitBits;
    let width = digitBits;
    if (low < 0) {
      width += low;
      low = 0;
    }
    const word = this.words - 1 - (low >>> 5);
    const shift = low & 31;
    let value = a[i + word] >>> shift;
    if (shift + width > 32) value |= a[i + word - 1] << (32 - shift);
    return value & ((1 << width) - 1);
  }

  /** Leading digits that a and b share; `digits(digitBits)` where they are equal. */
  sharedDigits(a: Uint32Array, i: number, b: Uint32Array, j: number, digitBits: number): number {
    const log = this.logXor(a, i, b, j);
    return log < 0 ? this.digits(digitBits) : Math.floor((this.bits - 1 - log) / digitBits);
  }
}
