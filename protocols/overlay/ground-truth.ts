/**
 * Who really owns a key, by omniscience. The protocols never see this class: it is the judge of their lookups.
 */
import type { Id, IdSpace } from './id-space.ts';
import type { NodeIndex, Protocol } from './overlay.ts';

export class GroundTruth {
  private readonly protocol: Protocol;
  private readonly space: IdSpace;
  private readonly ids: Uint32Array;
  /** Members by ascending identifier. */
  private ring: NodeIndex[] = [];
  /** Chord: replica sets of `setSize` members by the owner's place in the ring, as they are asked for. */
  private sets: NodeIndex[][] = [];
  private setSize = 0;

  constructor(protocol: Protocol, space: IdSpace, ids: Uint32Array, members: readonly NodeIndex[] = []) {
    this.protocol = protocol;
    this.space = space;
    this.ids = ids;
    this.ring = [...members].sort((a, b) => this.order(a, b));
  }

  get members(): readonly NodeIndex[] {
    return this.ring;
  }

  add(node: NodeIndex): void {
    const at = this.position(this.ids, node * this.space.words);
    if (this.ring[at] === node) return;
    this.ring.splice(at, 0, node);
    this.setSize = 0;
  }

  /** Adds many at once, in O(n log n). */
  addAll(nodes: readonly NodeIndex[]): void {
    this.ring = [...new Set([...this.ring, ...nodes])].sort((a, b) => this.order(a, b));
    this.setSize = 0;
  }

  remove(node: NodeIndex): void {
    const at = this.position(this.ids, node * this.space.words);
    if (this.ring[at] !== node) return;
    this.ring.splice(at, 1);
    this.setSize = 0;
  }

  /** The member responsible for `key`: Chord its successor, Kademlia the XOR-closest, Pastry the numerically closest. −1 where there is no member. */
  owner(key: Id): NodeIndex {
    return this.replicaSet(key, 1)[0] ?? -1;
  }

  /** The r members that hold a key replicated r times, nearest first: successors, XOR-closest, or numerically closest. */
  replicaSet(key: Id, r: number): readonly NodeIndex[] {
    const { ring } = this;
    const count = Math.min(r, ring.length);
    if (count === 0) return [];
    const at = this.position(key, 0);
    switch (this.protocol) {
      case 'chord':
        return this.successors(at % ring.length, count);
      case 'pastry':
        return this.numericallyClosest(key, at, count);
      case 'kademlia':
        return this.xorClosest(key, count);
    }
  }

  private successors(at: number, count: number): readonly NodeIndex[] {
    const { ring } = this;
    if (this.setSize !== count) {
      this.setSize = count;
      this.sets = [];
    }
    return (this.sets[at] ??= Array.from({ length: count }, (_, i) => ring[(at + i) % ring.length]));
  }

  private numericallyClosest(key: Id, at: number, count: number): NodeIndex[] {
    const { ring, space, ids } = this;
    const found: NodeIndex[] = [];
    let above = at % ring.length;
    let below = (at - 1 + ring.length) % ring.length;
    while (found.length < count) {
      const a = ring[above];
      const b = ring[below];
      if (space.compareRing(ids, a * space.words, ids, b * space.words, key, 0) <= 0) {
        found.push(a);
        above = (above + 1) % ring.length;
      } else {
        found.push(b);
        below = (below - 1 + ring.length) % ring.length;
      }
    }
    return found;
  }

  /**
   * Members sharing a prefix are neighbours in the sorted ring. Walking the key's bits from the most significant, the half that agrees
   * is entered; the halves left aside are farther the earlier they were left.
   */
  private xorClosest(key: Id, count: number): NodeIndex[] {
    const { ring, space } = this;
    const found: NodeIndex[] = [];
    const take = (low: number, high: number, bit: number): void => {
      if (low === high || found.length >= count) return;
      if (high - low === 1 || bit < 0) {
        for (let i = low; i < high && found.length < count; i++) found.push(ring[i]);
        return;
      }
      let split = low;
      let end = high;
      while (split < end) {
        const middle = (split + end) >>> 1;
        if (space.bit(this.ids, ring[middle] * space.words, bit) === 0) split = middle + 1;
        else end = middle;
      }
      if (space.bit(key, 0, bit) === 0) {
        take(low, split, bit - 1);
        take(split, high, bit - 1);
      } else {
        take(split, high, bit - 1);
        take(low, split, bit - 1);
      }
    };
    take(0, ring.length, space.bits - 1);
    return found;
  }

  /** The first position whose identifier is at or after the given one; `ring.length` where none is. */
  private position(a: Uint32Array, i: number): number {
    let low = 0;
    let high = this.ring.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.space.compare(this.ids, this.ring[middle] * this.space.words, a, i) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private order(a: NodeIndex, b: NodeIndex): number {
    return this.space.compare(this.ids, a * this.space.words, this.ids, b * this.space.words);
  }
}
