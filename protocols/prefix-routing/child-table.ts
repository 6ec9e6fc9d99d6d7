/** What the table needs to know of a node: its parent and the first block of its edge. */
export interface ChildKeys {
  parentOf(node: number): number;
  firstBlockOf(node: number): number;
}

const EMPTY = -1;

/**
 * Children of all nodes of a tree by (parent, first block): one open-addressing hash table with linear probing, so that a node's fan-out
 * costs nothing and a lookup is one probe or two. It holds node numbers only; keys are read from the tree.
 */
export class ChildTable {
  readonly #keys: ChildKeys;
  #slots = new Int32Array(32).fill(EMPTY);
  #size = 0;

  constructor(keys: ChildKeys) {
    this.#keys = keys;
  }

  get byteLength(): number {
    return this.#slots.byteLength;
  }

  /** The child whose edge begins with this block; −1 where there is none. */
  find(parent: number, block: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash(parent, block) & mask; ; slot = (slot + 1) & mask) {
      const node = slots[slot];
      if (node === EMPTY) return EMPTY;
      if (this.#keys.parentOf(node) === parent && this.#keys.firstBlockOf(node) === block) return node;
    }
  }

  add(node: number): void {
    if (2 * (this.#size + 1) > this.#slots.length) this.#rebuild();
    this.#size++;
    this.#place(node);
  }

  /** Takes a node out; its key must still be the one it was put in with. */
  remove(node: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#home(node) & mask;
    while (slots[hole] !== node) hole = (hole + 1) & mask;
    this.#size--;
    // Later entries of the run move up where their own place allows it, so that no probe ends too early.
    for (let slot = (hole + 1) & mask; slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const home = this.#home(slots[slot]) & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        slots[hole] = slots[slot];
        hole = slot;
      }
    }
    slots[hole] = EMPTY;
  }

  #home(node: number): number {
    return hash(this.#keys.parentOf(node), this.#keys.firstBlockOf(node));
  }

  #place(node: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#home(node) & mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#slots[slot] = node;
  }

  #rebuild(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(2 * before.length).fill(EMPTY);
    for (const node of before) if (node !== EMPTY) this.#place(node);
  }
}

/** Finaliser of MurmurHash3 (Appleby, public domain) over parent and both halves of the block id. */
function hash(parent: number, block: number): number {
  let h = Math.imul(parent, 0x9e3779b1) ^ Math.imul(block | 0, 0x85ebca6b) ^ Math.imul((block / 0x1_0000_0000) | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
