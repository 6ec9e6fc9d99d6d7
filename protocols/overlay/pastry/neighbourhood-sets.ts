import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { NodeIndex } from '../overlay.ts';

/** The neighbourhood set of every node: the peers with the shortest round-trip times that it has measured, nearest first. */
export class NeighbourhoodSets {
  readonly length: number;
  private readonly members: Int32Array;
  private readonly rtts: Float32Array;

  constructor(nodeCount: number, length: number) {
    this.length = length;
    this.members = new Int32Array(nodeCount * length).fill(-1);
    this.rtts = new Float32Array(nodeCount * length);
  }

  peers(node: NodeIndex): NodeIndex[] {
    const peers: NodeIndex[] = [];
    const base = node * this.length;
    for (let i = base; i < base + this.length && this.members[i] >= 0; i++) peers.push(this.members[i]);
    return peers;
  }

  /** Takes a peer that is nearer than the farthest member, or where there is room. */
  offer(node: NodeIndex, peer: NodeIndex, rttNs: Nanoseconds): void {
    const { members, rtts, length } = this;
    const base = node * length;
    let size = 0;
    while (size < length && members[base + size] >= 0) {
      if (members[base + size] === peer) return;
      size++;
    }
    let at = size;
    while (at > 0 && rtts[base + at - 1] > rttNs) at--;
    if (at >= length) return;
    members.copyWithin(base + at + 1, base + at, base + length - 1);
    rtts.copyWithin(base + at + 1, base + at, base + length - 1);
    members[base + at] = peer;
    rtts[base + at] = rttNs;
  }

  remove(node: NodeIndex, peer: NodeIndex): void {
    const { members, rtts, length } = this;
    const base = node * length;
    for (let i = base; i < base + length; i++) {
      if (members[i] !== peer) continue;
      members.copyWithin(i, i + 1, base + length);
      rtts.copyWithin(i, i + 1, base + length);
      members[base + length - 1] = -1;
      return;
    }
  }

  clear(node: NodeIndex): void {
    this.members.fill(-1, node * this.length, (node + 1) * this.length);
  }
}
