/** What the table needs to know of a node: its parent and the first block of its edge. */
export interface ChildKeys {
  parentOf(node: number): number;
  firstBlockOf(node: number): number;
}

const EMPTY = -1;

/**
 * Children of all nodes of a tree by (parent, first block): one open-addressing hash table with linear probing, so that a node's fan-out
 * costs nothing. A slot holds a node and the hash of its key; the key itself is in the tree, and read only where the hashes agree: in a
 * large tree every look at a wrong node would be two cache misses.
 */
export class ChildTable {
  readonly #keys: ChildKeys;
  /** Node and hash of each slot. */
  #slots = new Int32Array(64).fill(EMPTY);
  #size = 0;

  constructor(keys: ChildKeys) {
    this.#keys = keys;
  }

  get byteLength(): number {
    return this.#slots.byteLength;
  }

  /**
   * The child whose edge begins with this block; −1 where there is none.
   *
   * @param byHash looks at parent and hash alone, for who compares the edge next anyway and asks again where not even its first block agrees
   */
  find(parent: number, block: number, byHash = false): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const key = hash(parent, block);
    for (let slot = (key << 1) & mask; ; slot = (slot + 2) & mask) {
      const node = slots[slot];
      if (node === EMPTY) return EMPTY;
      if (slots[slot + 1] === key && this.#keys.parentOf(node) === parent && (byHash || this.#keys.firstBlockOf(node) === block)) return node;
    }
  }

  add(node: number): void {
    if (4 * (this.#size + 1) > this.#slots.length) this.#rebuild();
    this.#size++;
    this.#place(node, this.#hashOf(node));
  }

  /** Takes a node out; its key must still be the one it was put in with. */
  remove(node: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = (this.#hashOf(node) << 1) & mask;
    while (slots[hole] !== node) hole = (hole + 2) & mask;
    this.#size--;
    // Later entries of the run move up where their own place allows it, so that no probe ends too early.
    for (let slot = (hole + 2) & mask; slots[slot] !== EMPTY; slot = (slot + 2) & mask) {
      const home = (slots[slot + 1] << 1) & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        slots[hole] = slots[slot];
        slots[hole + 1] = slots[slot + 1];
        hole = slot;
      }
    }
    slots[hole] = EMPTY;
  }

  #hashOf(node: number): number {
    return hash(this.#keys.parentOf(node), this.#keys.firstBlockOf(node));
  }

  #place(node: number, key: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (key << 1) & mask;
    while (slots[slot] !== EMPTY) slot = (slot + 2) & mask;
    slots[slot] = node;
    slots[slot + 1] = key;
  }

  #rebuild(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(2 * before.length).fill(EMPTY);
    for (let slot = 0; slot < before.length; slot += 2) if (before[slot] !== EMPTY) this.#place(before[slot], before[slot + 1]);
  }
}

/** Finaliser of MurmurHash3 (Appleby, public domain) over parent and both halves of the block id. */
function hash(parent: number, block: number): number {
  let h = Math.imul(parent, 0x9e3779b1) ^ Math.imul(block | 0, 0x85ebca6b) ^ Math.imul((block / 0x1_0000_0000) | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
