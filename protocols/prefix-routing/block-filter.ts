/** Sets of block ids in few bits: they may claim a block that is not there, never deny one that is. */
export interface BlockFilter {
  has(id: number): boolean;
  /** Bytes on the wire. */
  readonly sizeBytes: number;
}

/** Two independent 32-bit hashes of a block id (finaliser of MurmurHash3, Appleby, public domain, with two seeds). */
function hash(id: number, seed: number): number {
  let h = Math.imul((id | 0) ^ seed, 0x9e3779b1) ^ Math.imul((id / 0x1_0000_0000) | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13(7), 1970; k = ln 2 · bits a block, its probes from two hashes
 * (Kirsch & Mitzenmacher, ESA 2006). A false claim has probability 0.6185^(bits a block).
 */
export class BloomFilter implements BlockFilter {
  readonly #bits: Uint8Array;
  readonly #probes: number;

  constructor(ids: Iterable<number>, count: number, bitsPerBlock: number) {
    this.#bits = new Uint8Array(Math.max(1, Math.ceil((count * bitsPerBlock) / 8)));
    this.#probes = Math.max(1, Math.round(Math.LN2 * bitsPerBlock));
    for (const id of ids) {
      this.#visit(id, (byte, bit) => {
        this.#bits[byte] |= bit;
        return true;
      });
    }
  }

  get sizeBytes(): number {
    return this.#bits.length;
  }

  has(id: number): boolean {
    return this.#visit(id, (byte, bit) => (this.#bits[byte] & bit) !== 0);
  }

  #visit(id: number, each: (byte: number, bit: number) => boolean): boolean {
    const size = this.#bits.length * 8;
    const a = hash(id, 1);
    const b = (hash(id, 2) | 1) >>> 0;
    for (let i = 0; i < this.#probes; i++) {
      const at = (a + i * b) % size;
      if (!each(at >>> 3, 1 << (at & 7))) return false;
    }
    return true;
  }
}

/** Fingerprints a bucket: with four, tables fill to 95 % (Fan et al., table 2). */
const BUCKET = 4;
/** Share of the places that a filter is made for: clear of 95 %, so that blocks that come later fit too. */
const LOAD = 0.84;
/** Moves before an insertion counts as failed, as in the authors' implementation. */
const MOST_KICKS = 500;

/**
 * Fan et al., "Cuckoo filter: practically better than Bloom", CoNEXT 2014: buckets of four fingerprints, two buckets a block. A false claim has
 * probability about 8 · load ÷ 2^(fingerprint bits).
 */
export class CuckooFilter implements BlockFilter {
  readonly #fingerprintBits: number;
  #buckets = 1;
  #slots = new Uint32Array(BUCKET);

  constructor(ids: Iterable<number>, count: number, bitsPerBlock: number) {
    this.#fingerprintBits = Math.max(2, Math.min(30, Math.floor(bitsPerBlock * LOAD)));
    const all = [...ids];
    let buckets = 1;
    while (buckets * BUCKET * LOAD < count) buckets *= 2;
    while (!this.#fill(all, buckets)) buckets *= 2;
  }

  get sizeBytes(): number {
    return Math.ceil((this.#slots.length * this.#fingerprintBits) / 8);
  }

  has(id: number): boolean {
    const print = this.#fingerprint(id);
    const home = hash(id, 1) & (this.#buckets - 1);
    return this.#holds(home, print) || this.#holds(this.#other(home, print), print);
  }

  #fill(ids: readonly number[], buckets: number): boolean {
    this.#buckets = buckets;
    this.#slots = new Uint32Array(buckets * BUCKET);
    return ids.every((id) => this.#insert(id));
  }

  #insert(id: number): boolean {
    let print = this.#fingerprint(id);
    let bucket = hash(id, 1) & (this.#buckets - 1);
    for (let kick = 0; kick < MOST_KICKS; kick++) {
      for (const candidate of [bucket, this.#other(bucket, print)]) {
        const free = this.#slots.indexOf(0, candidate * BUCKET);
        if (free >= 0 && free < (candidate + 1) * BUCKET) {
          this.#slots[free] = print;
          return true;
        }
      }
      // Somebody moves to its other bucket: whose turn it is by count, so that no randomness is needed.
      const slot = bucket * BUCKET + (kick % BUCKET);
      [print, this.#slots[slot]] = [this.#slots[slot], print];
      bucket = this.#other(bucket, print);
    }
    return false;
  }

  /** 1 to 2^bits − 1: zero is an empty slot. */
  #fingerprint(id: number): number {
    return 1 + (hash(id, 3) % ((1 << this.#fingerprintBits) - 1));
  }

  #other(bucket: number, print: number): number {
    return (bucket ^ hash(print, 4)) & (this.#buckets - 1);
  }

  #holds(bucket: number, print: number): boolean {
    for (let i = bucket * BUCKET; i < (bucket + 1) * BUCKET; i++) if (this.#slots[i] === print) return true;
    return false;
  }
}
