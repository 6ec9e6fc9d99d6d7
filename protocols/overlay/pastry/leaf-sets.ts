import type { Id, IdSpace } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';

/**
 * The leaf set of every node: the L/2 peers that follow it clockwise around the ring and the L/2 that precede it, nearest first.
 *
 * Where fewer than L peers exist a peer lies on both sides. That is also how a node knows that its leaf set covers the whole ring: a
 * side that is short for lack of repair shares nobody with the other side.
 */
export class LeafSets {
  /** Peers on either side, L/2. */
  readonly half: number;
  private readonly space: IdSpace;
  private readonly ids: Uint32Array;
  /** L entries a node: larger side, then smaller side, −1 after the last of each. */
  private readonly leaves: Int32Array;
  /** 1 where both sides share a peer, so that the leaf set covers the ring. */
  private readonly wraps: Uint8Array;

  constructor(space: IdSpace, ids: Uint32Array, nodeCount: number, leafSet: number) {
    this.space = space;
    this.ids = ids;
    this.half = leafSet / 2;
    this.leaves = new Int32Array(nodeCount * leafSet).fill(-1);
    this.wraps = new Uint8Array(nodeCount);
  }

  clear(node: NodeIndex): void {
    this.leaves.fill(-1, 2 * node * this.half, 2 * (node + 1) * this.half);
    this.wraps[node] = 0;
  }

  /** The i-th nearest peer clockwise; −1 where there is none. */
  larger(node: NodeIndex, i: number): NodeIndex {
    return i < this.half ? this.leaves[2 * node * this.half + i] : -1;
  }

  /** The i-th nearest peer anticlockwise; −1 where there is none. */
  smaller(node: NodeIndex, i: number): NodeIndex {
    return i < this.half ? this.leaves[(2 * node + 1) * this.half + i] : -1;
  }

  side(node: NodeIndex, larger: boolean): NodeIndex[] {
    const base = (2 * node + (larger ? 0 : 1)) * this.half;
    const peers: NodeIndex[] = [];
    for (let i = base; i < base + this.half && this.leaves[i] >= 0; i++) peers.push(this.leaves[i]);
    return peers;
  }

  /** All leaves, each once. */
  peers(node: NodeIndex): NodeIndex[] {
    const larger = this.side(node, true);
    const smaller = this.side(node, false);
    return this.wraps[node] === 0 ? [...larger, ...smaller] : [...new Set([...larger, ...smaller])];
  }

  isEmpty(node: NodeIndex): boolean {
    return this.larger(node, 0) < 0 && this.smaller(node, 0) < 0;
  }

  has(node: NodeIndex, peer: NodeIndex): boolean {
    const base = 2 * node * this.half;
    for (let i = base; i < base + 2 * this.half; i++) if (this.leaves[i] === peer) return true;
    return false;
  }

  /** Would this peer enter the leaf set? */
  wants(node: NodeIndex, peer: NodeIndex): boolean {
    return peer !== node && !this.has(node, peer) && (this.placeOn(node, peer, true) < this.half || this.placeOn(node, peer, false) < this.half);
  }

  /** Puts a peer in its place on both sides. False where it belongs on neither, or is there already. */
  insert(node: NodeIndex, peer: NodeIndex): boolean {
    if (peer === node || this.has(node, peer)) return false;
    const entered = this.insertOn(node, peer, true);
    return this.insertOn(node, peer, false) || entered;
  }

  /** False where it was no leaf. */
  remove(node: NodeIndex, peer: NodeIndex): boolean {
    const { leaves, half } = this;
    let found = false;
    for (let base = 2 * node * half; base < 2 * (node + 1) * half; base += half) {
      for (let i = base; i < base + half; i++) {
        if (leaves[i] !== peer) continue;
        leaves.copyWithin(i, i + 1, base + half);
        leaves[base + half - 1] = -1;
        found = true;
        break;
      }
    }
    if (found) this.noteWrap(node);
    return found;
  }

  /** Writes both sides at once, nearest first; for tables that are built directly. */
  write(node: NodeIndex, larger: readonly NodeIndex[], smaller: readonly NodeIndex[]): void {
    this.clear(node);
    for (let i = 0; i < Math.min(larger.length, this.half); i++) this.leaves[2 * node * this.half + i] = larger[i];
    for (let i = 0; i < Math.min(smaller.length, this.half); i++) this.leaves[(2 * node + 1) * this.half + i] = smaller[i];
    this.noteWrap(node);
  }

  /** Does the key lie between the outermost leaves? */
  covers(node: NodeIndex, key: Id): boolean {
    if (this.wraps[node] === 1) return true;
    const { space, ids } = this;
    const w = space.words;
    const first = this.outermost(node, false);
    const last = this.outermost(node, true);
    if (first === last) return false;
    return space.equal(key, 0, ids, first * w) || space.inArc(key, 0, ids, first * w, ids, last * w);
  }

  /** Of the node and its leaves, the one numerically closest to the key, without the excluded. */
  closest(node: NodeIndex, key: Id, exclude: readonly NodeIndex[]): NodeIndex {
    const { space, ids } = this;
    const w = space.words;
    let best = node;
    for (let base = 2 * node * this.half; base < 2 * (node + 1) * this.half; base += this.half) {
      let nearing = false;
      for (let i = base; i < base + this.half; i++) {
        const leaf = this.leaves[i];
        if (leaf < 0) break;
        if (exclude.length > 0 && exclude.includes(leaf)) continue;
        if (space.compareRing(ids, leaf * w, ids, best * w, key, 0) < 0) {
          best = leaf;
          nearing = true;
        } else if (nearing) {
          // Each side runs away from the node: past the key it only gets farther.
          break;
        }
      }
    }
    return best;
  }

  /** The node and its leaves by numerical distance to the key, at most `count`. */
  ordered(node: NodeIndex, key: Id, count: number): NodeIndex[] {
    const { space, ids } = this;
    const w = space.words;
    const all = [node, ...this.peers(node)];
    return all.sort((a, b) => space.compareRing(ids, a * w, ids, b * w, key, 0)).slice(0, count);
  }

  /** The farthest leaf of a side; the node itself where that side is empty. */
  outermost(node: NodeIndex, larger: boolean): NodeIndex {
    const base = (2 * node + (larger ? 0 : 1)) * this.half;
    let outermost = node;
    for (let i = base; i < base + this.half && this.leaves[i] >= 0; i++) outermost = this.leaves[i];
    return outermost;
  }

  private placeOn(node: NodeIndex, peer: NodeIndex, larger: boolean): number {
    const { space, ids, leaves, half } = this;
    const w = space.words;
    const base = (2 * node + (larger ? 0 : 1)) * half;
    let place = 0;
    while (place < half && leaves[base + place] >= 0) {
      const order = space.compareClockwise(ids, peer * w, ids, leaves[base + place] * w, ids, node * w);
      if (larger ? order < 0 : order > 0) break;
      place++;
    }
    return place;
  }

  private insertOn(node: NodeIndex, peer: NodeIndex, larger: boolean): boolean {
    const { leaves, half } = this;
    const place = this.placeOn(node, peer, larger);
    if (place >= half) return false;
    const base = (2 * node + (larger ? 0 : 1)) * half;
    leaves.copyWithin(base + place + 1, base + place, base + half - 1);
    leaves[base + place] = peer;
    this.noteWrap(node);
    return true;
  }

  private noteWrap(node: NodeIndex): void {
    const larger = this.side(node, true);
    let wraps = 0;
    const base = (2 * node + 1) * this.half;
    for (let i = base; i < base + this.half && this.leaves[i] >= 0; i++) {
      if (!larger.includes(this.leaves[i])) continue;
      wraps = 1;
      break;
    }
    this.wraps[node] = wraps;
  }
}
