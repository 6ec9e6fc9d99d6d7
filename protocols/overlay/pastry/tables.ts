import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { Id, IdSpace } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';
import type { Router } from '../walk/router.ts';
import { LeafSets } from './leaf-sets.ts';
import { NeighbourhoodSets } from './neighbourhood-sets.ts';
import type { PastryOptions } from './options.ts';
import { RoutingRows } from './routing-rows.ts';

const NOBODY: readonly NodeIndex[] = [];

/** Leaf set, routing table and neighbourhood set of every node, and the routing decision [P 2.2, Table 1]. */
export class PastryTables implements Router {
  readonly space: IdSpace;
  readonly ids: Uint32Array;
  readonly leaves: LeafSets;
  readonly rows: RoutingRows;
  readonly neighbourhood: NeighbourhoodSets;
  private readonly measured: boolean;
  /** What the latest `route` left out. */
  private excluded: readonly NodeIndex[] = NOBODY;

  done = false;
  next: NodeIndex = -1;
  passedOver = 0;

  constructor(space: IdSpace, ids: Uint32Array, nodeCount: number, options: PastryOptions) {
    this.space = space;
    this.ids = ids;
    this.measured = options.proximity;
    this.leaves = new LeafSets(space, ids, nodeCount, options.leafSet);
    this.rows = new RoutingRows(space, ids, nodeCount, options.digitBits, options.proximity);
    this.neighbourhood = new NeighbourhoodSets(nodeCount, options.neighbourhood);
  }

  /**
   * Within the range of the leaf set: the numerically closest leaf, or the end. Otherwise the routing entry that shares one digit more;
   * where that is empty or dead, any peer that shares as many digits and is numerically closer.
   */
  route(node: NodeIndex, key: Id, exclude: readonly NodeIndex[]): void {
    const { space, ids, leaves, rows } = this;
    const w = space.words;
    this.passedOver = 0;
    this.done = false;
    this.excluded = exclude;
    if (leaves.isEmpty(node) || leaves.covers(node, key)) {
      this.next = leaves.closest(node, key, exclude);
      this.done = this.next === node;
      if (exclude.length > 0) for (const peer of exclude) if (leaves.has(node, peer)) this.passedOver++;
      return;
    }
    const row = space.sharedDigits(ids, node * w, key, 0, rows.digitBits);
    if (row < rows.rows) {
      const entry = rows.get(node, row, space.digit(key, 0, row, rows.digitBits));
      if (entry >= 0) {
        if (exclude.length === 0 || !exclude.includes(entry)) {
          this.next = entry;
          return;
        }
        this.passedOver++;
      }
    }
    // Beyond its leaf set a node is never the owner: with nobody closer left, there is no way from here.
    const closer = this.rareCase(node, key, row, exclude);
    this.next = closer === node ? -1 : closer;
  }

  /** Without the peers that this lookup has found dead: a node whose closest leaf is dead is the owner itself. */
  owners(node: NodeIndex, key: Id): readonly NodeIndex[] {
    const { excluded, leaves } = this;
    const wanted = leaves.half + 1;
    if (excluded.length === 0) return leaves.ordered(node, key, wanted);
    return leaves.ordered(node, key, wanted + excluded.length).filter((peer) => !excluded.includes(peer)).slice(0, wanted);
  }

  owns(node: NodeIndex, key: Id): boolean {
    return this.leaves.closest(node, key, NOBODY) === node && (this.leaves.isEmpty(node) || this.leaves.covers(node, key));
  }

  ownReplicas(node: NodeIndex, key: Id): readonly NodeIndex[] {
    return this.leaves.ordered(node, key, this.leaves.half + 1);
  }

  /** Forwards go to the owner itself, which decides: nothing is left to confirm. */
  nearerOwner(): NodeIndex {
    return -1;
  }

  /** The node has heard from the peer, `rttNs` away where it was measured. True where its leaf set changed. */
  learn(node: NodeIndex, peer: NodeIndex, rttNs: Nanoseconds): boolean {
    if (node === peer) return false;
    this.rows.offer(node, peer, rttNs);
    if (this.measured && rttNs < Infinity) this.neighbourhood.offer(node, peer, rttNs);
    return this.leaves.insert(node, peer);
  }

  knows(node: NodeIndex, peer: NodeIndex): boolean {
    return this.leaves.has(node, peer) || this.rows.has(node, peer);
  }

  clear(node: NodeIndex): void {
    this.leaves.clear(node);
    this.rows.clear(node);
    this.neighbourhood.clear(node);
  }

  /** Every peer in any of the three, each once. */
  peers(node: NodeIndex): NodeIndex[] {
    return [...new Set([...this.leaves.peers(node), ...this.rows.peers(node), ...this.neighbourhood.peers(node)])];
  }

  private rareCase(node: NodeIndex, key: Id, shared: number, exclude: readonly NodeIndex[]): NodeIndex {
    const { space, ids, rows } = this;
    const w = space.words;
    let best = node;
    const consider = (peer: NodeIndex): void => {
      if (space.compareRing(ids, peer * w, ids, best * w, key, 0) >= 0) return;
      if (space.sharedDigits(ids, peer * w, key, 0, rows.digitBits) < shared || exclude.includes(peer)) return;
      best = peer;
    };
    for (let row = shared; row < rows.rows; row++) for (const peer of rows.row(node, row)) consider(peer);
    for (const peer of this.leaves.peers(node)) consider(peer);
    for (const peer of this.neighbourhood.peers(node)) consider(peer);
    return best;
  }
}
