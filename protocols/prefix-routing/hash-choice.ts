import type { Request } from '../../sim/serving/request.ts';
import type { FrontEnd } from '../systems/front-end.ts';
import type { PeerNode } from '../systems/peer-node.ts';

/** Places of a node on the ring: enough that shares differ by some ten per cent. */
const PLACES = 128;

/** 32 bits of two numbers (finaliser of MurmurHash3, Appleby, public domain). */
function hash(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Consistent hashing of a prompt's first block (Karger et al., STOC 1997): prompts that begin alike meet at one node, and nobody has to know
 * what is cached where. A dead node's prompts go to the next on the ring; with `spill` so do those of a node that has so many requests more than the
 * least loaded (after consistent hashing with bounded loads: Mirrokni, Thorup & Zadimoghaddam, SODA 2018). The front end does the hashing.
 */
export class HashChoice {
  readonly #frontEnd: FrontEnd;
  readonly #nodes: readonly PeerNode[];
  readonly #spill: number;
  /** Places on the ring in order. */
  readonly #ring: readonly { readonly at: number; readonly node: PeerNode }[];

  constructor(frontEnd: FrontEnd, nodes: readonly PeerNode[], spill = Infinity) {
    this.#spill = spill;
    this.#frontEnd = frontEnd;
    this.#nodes = nodes;
    this.#ring = nodes
      .flatMap((node) => Array.from({ length: PLACES }, (_, place) => ({ at: hash(node.host + 1, place + 1), node })))
      .sort((a, b) => a.at - b.at || a.node.host - b.node.host);
  }

  /** The node for a request, counted as sent there. */
  choose(request: Request): PeerNode | undefined {
    const node = this.#nodeFor(request);
    if (node !== undefined) this.#frontEnd.count(node);
    return node;
  }

  /** The first living node from the block's place on; prompts without blocks are spread by their number. */
  #nodeFor(request: Request): PeerNode | undefined {
    const key = hash(request.units.length === 0 ? request.id : request.units[0].id, 0x5bd1e995);
    let low = 0;
    let high = this.#ring.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ring[middle].at < key) low = middle + 1;
      else high = middle;
    }
    let least = Infinity;
    for (const node of this.#nodes) if (this.#frontEnd.isAlive(node)) least = Math.min(least, this.#frontEnd.openAt(node));
    if (least === Infinity) return undefined;
    for (let i = 0; ; i++) {
      const { node } = this.#ring[(low + i) % this.#ring.length];
      if (this.#frontEnd.isAlive(node) && this.#frontEnd.openAt(node) <= least + this.#spill) return node;
    }
  }
}
