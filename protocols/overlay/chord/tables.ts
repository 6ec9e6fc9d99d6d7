import type { Id, IdSpace } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';
import type { Router } from '../walk/router.ts';

const NOBODY: readonly NodeIndex[] = [];

/**
 * The routing state of every Chord node, in flat arrays, and the routing decision, which reads the state of one node only.
 *
 * −1 stands for "none". Finger i of node n, where there is one, was the successor of n + 2^i when it was written, so its clockwise
 * distance from n is at least 2^i: that is what lets the search for the closest preceding finger start at log2(distance to the key).
 */
export class ChordTables implements Router {
  readonly space: IdSpace;
  readonly ids: Uint32Array;
  /** Does the successor list take part in routing (ChordOptions.routing)? */
  readonly withList: boolean;
  /** Length r of successor lists. */
  readonly listLength: number;
  readonly predecessor: Int32Array;
  /** r entries a node, nearest first, −1 after the last. */
  readonly successors: Int32Array;
  /** `space.bits` entries a node. */
  readonly fingers: Int32Array;

  /** The latest decision of `route`: has it ended at a node that knows the owner? */
  done = false;
  /** Where `done`: the owner. Otherwise the next hop, or −1 where every way is excluded. */
  next: NodeIndex = -1;
  /** Where `done`: the owner's place in the list; −1 where the node itself is the owner. */
  place = -1;
  /** Entries passed over because they were excluded. */
  passedOver = 0;

  constructor(space: IdSpace, ids: Uint32Array, nodeCount: number, listLength: number, withList: boolean) {
    this.space = space;
    this.ids = ids;
    this.listLength = listLength;
    this.withList = withList;
    this.predecessor = new Int32Array(nodeCount).fill(-1);
    this.successors = new Int32Array(nodeCount * listLength).fill(-1);
    this.fingers = new Int32Array(nodeCount * space.bits).fill(-1);
  }

  successor(node: NodeIndex): NodeIndex {
    return this.successors[node * this.listLength];
  }

  successorList(node: NodeIndex): NodeIndex[] {
    const list: NodeIndex[] = [];
    const base = node * this.listLength;
    for (let s = 0; s < this.listLength && this.successors[base + s] >= 0; s++) list.push(this.successors[base + s]);
    return list;
  }

  /** Writes a successor list: ends before the node itself or at r entries. */
  setSuccessors(node: NodeIndex, list: readonly NodeIndex[]): void {
    const base = node * this.listLength;
    let length = 0;
    for (let i = 0; i < list.length && length < this.listLength; i++) {
      if (list[i] === node) break;
      this.successors[base + length++] = list[i];
    }
    this.successors.fill(-1, base + length, base + this.listLength);
  }

  clear(node: NodeIndex): void {
    this.predecessor[node] = -1;
    this.successors.fill(-1, node * this.listLength, (node + 1) * this.listLength);
    this.fingers.fill(-1, node * this.space.bits, (node + 1) * this.space.bits);
  }

  /** Removes every pointer of `node` to `peer`. False where there was none. */
  remove(node: NodeIndex, peer: NodeIndex): boolean {
    let found = false;
    if (this.predecessor[node] === peer) {
      this.predecessor[node] = -1;
      found = true;
    }
    const list = this.successorList(node);
    if (list.includes(peer)) {
      this.setSuccessors(
        node,
        list.filter((s) => s !== peer),
      );
      found = true;
    }
    const base = node * this.space.bits;
    for (let i = base; i < base + this.space.bits; i++) {
      if (this.fingers[i] !== peer) continue;
      this.fingers[i] = -1;
      found = true;
    }
    return found;
  }

  /** Is x strictly between low and high, clockwise? */
  between(x: NodeIndex, low: NodeIndex, high: NodeIndex): boolean {
    const w = this.space.words;
    return this.space.inOpenArc(this.ids, x * w, this.ids, low * w, this.ids, high * w);
  }

  /** Does the node, by its own predecessor pointer, own the key? */
  owns(node: NodeIndex, key: Id): boolean {
    const w = this.space.words;
    const predecessor = this.predecessor[node];
    return predecessor >= 0 && this.space.inArc(key, 0, this.ids, predecessor * w, this.ids, node * w);
  }

  ownReplicas(node: NodeIndex): readonly NodeIndex[] {
    return [node, ...this.successorList(node)];
  }

  nearerOwner(node: NodeIndex, key: Id): NodeIndex {
    const predecessor = this.predecessor[node];
    return predecessor >= 0 && predecessor !== node && !this.owns(node, key) ? predecessor : -1;
  }

  /**
   * One routing decision of `node`; the outcome is left in `done`, `next`, `place` and `passedOver`.
   *
   * @param exclude peers that this lookup found dead
   */
  route(node: NodeIndex, key: Id, exclude: readonly NodeIndex[], withList = this.withList): void {
    const { space, ids, successors } = this;
    const w = space.words;
    const base = node * this.listLength;
    this.passedOver = 0;
    this.place = -1;
    let last = -1;
    for (let s = 0; s < this.listLength; s++) {
      const successor = successors[base + s];
      if (successor < 0) break;
      if (exclude.length > 0 && exclude.includes(successor)) {
        this.passedOver++;
        continue;
      }
      if (space.inArc(key, 0, ids, node * w, ids, successor * w)) {
        this.done = true;
        this.next = successor;
        this.place = s;
        return;
      }
      last = successor;
      if (!withList) break;
    }
    if (successors[base] < 0) {
      // A node that knows no successor is alone in the ring it knows of.
      this.done = true;
      this.next = node;
      return;
    }
    this.done = false;
    const finger = this.closestPrecedingFinger(node, key, exclude);
    if (finger < 0) this.next = last;
    else if (last >= 0 && space.compareClockwise(ids, last * w, ids, finger * w, ids, node * w) > 0) this.next = last;
    else this.next = finger;
  }

  /** Owner and followers in the order of the ring, after a `route` that was done. */
  owners(node: NodeIndex): readonly NodeIndex[] {
    const { successors, listLength, place } = this;
    if (place < 0) return this.ownReplicas(node);
    const base = node * listLength;
    const contacts: NodeIndex[] = [];
    for (let s = place; s < listLength && successors[base + s] >= 0; s++) contacts.push(successors[base + s]);
    return contacts.length > 0 ? contacts : NOBODY;
  }

  private closestPrecedingFinger(node: NodeIndex, key: Id, exclude: readonly NodeIndex[]): NodeIndex {
    const { space, ids, fingers } = this;
    const w = space.words;
    const base = node * space.bits;
    const log = space.logDistance(ids, node * w, key, 0);
    let judged = node;
    for (let i = log < 0 ? space.bits - 1 : log; i >= 0; i--) {
      const finger = fingers[base + i];
      if (finger < 0) continue;
      if (finger === judged) {
        if (exclude.length > 0 && exclude.includes(finger)) this.passedOver++;
        continue;
      }
      judged = finger;
      if (!space.inOpenArc(ids, finger * w, ids, node * w, key, 0)) continue;
      if (exclude.length === 0 || !exclude.includes(finger)) return finger;
      this.passedOver++;
    }
    return -1;
  }
}
