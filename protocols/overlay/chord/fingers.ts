import { JOIN, MAINTENANCE } from '../ledger.ts';
import type { NodeSet } from '../node-set.ts';
import type { LookupResult, NodeIndex } from '../overlay.ts';
import type { RememberedPeers } from '../remembered-peers.ts';
import type { WalkLookups } from '../walk/lookups.ts';
import type { ChordTables } from './tables.ts';

/**
 * Refreshes fingers by looking up their starts.
 *
 * Fingers whose start lies at or before the successor are the successor, at no cost. The node found for one finger serves every further
 * finger whose start it covers, so a whole round costs about log2 N lookups, whatever the length of identifiers.
 */
export class FingerRepair {
  private readonly nodes: NodeSet;
  private readonly tables: ChordTables;
  private readonly lookups: WalkLookups;
  /** Where peers go that a finger no longer points to: after a split, one of them may live in the other ring. */
  private readonly former: RememberedPeers;
  /** Exponent that each node refreshes next. */
  private readonly next: Uint8Array;

  constructor(nodes: NodeSet, tables: ChordTables, lookups: WalkLookups, former: RememberedPeers) {
    this.nodes = nodes;
    this.tables = tables;
    this.lookups = lookups;
    this.former = former;
    this.next = new Uint8Array(nodes.count);
  }

  /** Refreshes the node's next finger; with `all`, every finger from the first on, one after the other. */
  fix(node: NodeIndex, all: boolean, purpose: number): void {
    const { tables } = this;
    const { space, ids } = this.nodes;
    const w = space.words;
    const successor = tables.successor(node);
    if (successor < 0) return;
    const trivial = space.logDistance(ids, node * w, ids, successor * w);
    this.point(node, 0, trivial, successor);
    let exponent = all ? 0 : this.next[node];
    if (exponent <= trivial || exponent >= space.bits) exponent = trivial + 1;
    if (exponent >= space.bits) return;
    this.lookUp(node, exponent, all, purpose);
  }

  private lookUp(node: NodeIndex, exponent: number, all: boolean, purpose: number): void {
    const { space, ids } = this.nodes;
    const start = new Uint32Array(space.words);
    space.addPowerOfTwo(ids, node * space.words, exponent, start);
    const found = !all ? this.foundOne : purpose === JOIN ? this.foundOneOfJoin : this.foundOneOfAll;
    this.lookups.start(node, start, purpose, found, exponent);
  }

  private readonly foundOne = (result: LookupResult, exponent: number): void => {
    const node = result.origin;
    this.next[node] = this.write(node, exponent, result) % this.nodes.space.bits;
  };

  private readonly foundOneOfAll = (result: LookupResult, exponent: number): void => {
    this.goOn(result, exponent, MAINTENANCE);
  };

  private readonly foundOneOfJoin = (result: LookupResult, exponent: number): void => {
    this.goOn(result, exponent, JOIN);
  };

  private goOn(result: LookupResult, exponent: number, purpose: number): void {
    const node = result.origin;
    const following = this.write(node, exponent, result);
    if (following < this.nodes.space.bits && this.nodes.isMember(node)) this.lookUp(node, following, true, purpose);
  }

  /** Writes what was found to all fingers that it covers; returns the first exponent that it does not. */
  private write(node: NodeIndex, exponent: number, result: LookupResult): number {
    const { space, ids } = this.nodes;
    if (!this.nodes.isMember(node) || !result.ok) return exponent + 1;
    if (result.owner === node) {
      // No node lies between this start and the node itself, nor any farther start.
      this.point(node, exponent, space.bits - 1, -1);
      return space.bits;
    }
    const reach = space.logDistance(ids, node * space.words, ids, result.owner * space.words);
    const last = Math.max(reach, exponent);
    this.point(node, exponent, last, result.owner);
    return last + 1;
  }

  /** Points fingers `first` to `last` at a peer, or at none. */
  private point(node: NodeIndex, first: number, last: number, peer: NodeIndex): void {
    const { fingers } = this.tables;
    const base = node * this.nodes.space.bits;
    for (let i = base + first; i <= base + last; i++) {
      const before = fingers[i];
      if (before === peer) continue;
      fingers[i] = peer;
      if (before >= 0) this.former.add(node, before);
    }
  }
}
