/**
 * Peers that each node once had in its tables, a bounded list a node, probed slowly.
 *
 * Two halves of a network that was partitioned have no pointer to each other left once every timeout has expired; unless somebody
 * remembers, the halves stay two overlays for ever. A list of peers given up as dead is also why none of them is taken back on hearsay.
 */
import type { NodeIndex } from './overlay.ts';

export class RememberedPeers {
  /** Longest list; 0 remembers nobody. */
  readonly capacity: number;
  private readonly lists = new Map<NodeIndex, NodeIndex[]>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Remembers `peer`; the longest remembered makes room. */
  add(node: NodeIndex, peer: NodeIndex): void {
    if (this.capacity === 0 || node === peer) return;
    const list = this.lists.get(node);
    if (list === undefined) {
      this.lists.set(node, [peer]);
      return;
    }
    if (list.includes(peer)) return;
    if (list.length === this.capacity) list.shift();
    list.push(peer);
  }

  has(node: NodeIndex, peer: NodeIndex): boolean {
    return this.lists.get(node)?.includes(peer) ?? false;
  }

  /** The peer has been heard from. */
  remove(node: NodeIndex, peer: NodeIndex): void {
    const list = this.lists.get(node);
    const at = list?.indexOf(peer) ?? -1;
    if (list === undefined || at < 0) return;
    list.splice(at, 1);
    if (list.length === 0) this.lists.delete(node);
  }

  /** The next one to probe, which goes to the end of the list; undefined where none is remembered. */
  next(node: NodeIndex): NodeIndex | undefined {
    const list = this.lists.get(node);
    if (list === undefined) return undefined;
    const peer = list.shift()!;
    list.push(peer);
    return peer;
  }

  list(node: NodeIndex): readonly NodeIndex[] {
    return this.lists.get(node) ?? [];
  }

  forgetAll(node: NodeIndex): void {
    this.lists.delete(node);
  }
}
