import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { PeerNode } from './peer-node.ts';

/** How the front end picks a node for a request. */
export const ROUTING_POLICIES = ['round-robin', 'random', 'least-loaded', 'power-of-two'] as const;
export type RoutingPolicy = (typeof ROUTING_POLICIES)[number];

/**
 * Spreads requests over the nodes that it believes alive. Load is what the front end itself knows: requests sent and not yet
 * answered.
 */
export class FrontEnd {
  readonly #nodes: readonly PeerNode[];
  readonly #policy: RoutingPolicy;
  readonly #random: RandomStream;
  readonly #open: Int32Array;
  readonly #alive: boolean[];
  #turn = 0;

  constructor(nodes: readonly PeerNode[], policy: RoutingPolicy, random: RandomStream) {
    this.#nodes = nodes;
    this.#policy = policy;
    this.#random = random;
    this.#open = new Int32Array(nodes.length);
    this.#alive = nodes.map(() => true);
  }

  /** Picks a node and counts the request as open there; undefined when no node is believed alive. */
  send(): PeerNode | undefined {
    const index = this.#choose();
    if (index === undefined) return undefined;
    this.#open[index]++;
    return this.#nodes[index];
  }

  /** Counts a request as open at a node that somebody else picked. */
  count(node: PeerNode): void {
    this.#open[node.host]++;
  }

  /** Requests sent to a node and not answered. */
  openAt(node: PeerNode): number {
    return this.#open[node.host];
  }

  isAlive(node: PeerNode): boolean {
    return this.#alive[node.host];
  }

  /** A request sent to this node has ended, one way or another. */
  ended(node: PeerNode): void {
    this.#open[node.host]--;
  }

  setAlive(node: PeerNode, alive: boolean): void {
    this.#alive[node.host] = alive;
  }

  #choose(): number | undefined {
    const alive: number[] = [];
    for (let i = 0; i < this.#nodes.length; i++) if (this.#alive[i]) alive.push(i);
    if (alive.length === 0) return undefined;
    switch (this.#policy) {
      case 'round-robin':
        return alive[this.#turn++ % alive.length];
      case 'random':
        return alive[this.#random.integer(alive.length)];
      case 'power-of-two': {
        const a = alive[this.#random.integer(alive.length)];
        const b = alive[this.#random.integer(alive.length)];
        return this.#open[b] < this.#open[a] ? b : a;
      }
      case 'least-loaded': {
        // Among equals the turn decides, so that an idle cluster is still used evenly.
        const start = this.#turn++;
        let best = alive[start % alive.length];
        for (let i = 1; i < alive.length; i++) {
          const candidate = alive[(start + i) % alive.length];
          if (this.#open[candidate] < this.#open[best]) best = candidate;
        }
        return best;
      }
    }
  }
}
