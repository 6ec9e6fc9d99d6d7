/**
 * Identities of nodes and keys: the SHA-1 of a name, modulo 2^bits.
 *
 * Node i of seed s is `node-{s}-{i}`; where its identifier is taken it hashes `node-{s}-{i}#1`, then `#2`, and so on. Key i is
 * `key-{s}-{i}`; keys may coincide.
 */
import type { Id, IdSpace } from './id-space.ts';
import { sha1 } from './sha1.ts';

/** Identifiers of `count` nodes, flat, in node order, all distinct. */
export function nodeIds(space: IdSpace, seed: string | number, count: number): Uint32Array {
  return distinctIds(space, count, (i, attempt) => (attempt === 0 ? `node-${seed}-${i}` : `node-${seed}-${i}#${attempt}`));
}

/** Identifiers of `count` names, each name retried with a growing attempt number while its identifier is taken. */
export function distinctIds(space: IdSpace, count: number, nameOf: (index: number, attempt: number) => string): Uint32Array {
  requireRoom(space.bits, count);
  const ids = new Uint32Array(count * space.words);
  const taken = new IdIndex(space, ids, count);
  for (let i = 0; i < count; i++) {
    let attempt = 0;
    do {
      space.fromBytes(sha1(nameOf(i, attempt)), ids, i * space.words);
      attempt++;
    } while (!taken.add(i));
  }
  return ids;
}

/** The identifier of any name. */
export function hashToId(space: IdSpace, name: string | Uint8Array): Id {
  return space.fromBytes(sha1(name));
}

/** The identifier of key `index` of `seed`. */
export function keyId(space: IdSpace, seed: string | number, index: number): Id {
  return hashToId(space, `key-${seed}-${index}`);
}

/** Refuses overlays that would fill more than a quarter of the identifier space: their hop counts would measure collisions. */
export function requireRoom(bits: number, nodes: number): void {
  if (!Number.isInteger(nodes) || nodes < 0) throw new RangeError(`nodes: ${nodes} given, expected a whole number, 0 or more`);
  const most = bits - 2 >= 31 ? 0x7fffffff : (1 << (bits - 2)) >>> 0;
  if (nodes > most) {
    throw new RangeError(`nodes: ${nodes} given, expected at most 2^(idBits − 2) = ${most} for idBits = ${bits}; use longer identifiers`);
  }
}

/** An open-addressing set of entries of a flat identifier table. */
class IdIndex {
  private readonly slots: Int32Array;
  private readonly space: IdSpace;
  private readonly ids: Uint32Array;

  constructor(space: IdSpace, ids: Uint32Array, count: number) {
    this.space = space;
    this.ids = ids;
    let capacity = 16;
    while (capacity < 2 * count) capacity *= 2;
    this.slots = new Int32Array(capacity).fill(-1);
  }

  /** False where an equal identifier is in the set already. */
  add(index: number): boolean {
    const words = this.space.words;
    const mask = this.slots.length - 1;
    let hash = 0;
    for (let word = 0; word < words; word++) hash = Math.imul(hash ^ this.ids[index * words + word], 0x9e3779b1);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.slots[slot] >= 0) {
      if (this.space.equal(this.ids, this.slots[slot] * words, this.ids, index * words)) return false;
      slot = (slot + 1) & mask;
    }
    this.slots[slot] = index;
    return true;
  }
}
