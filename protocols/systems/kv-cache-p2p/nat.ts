import type { RandomStreams } from '../../../sim/kernel/random-streams.ts';
import type { HostId } from '../../../sim/network/topology.ts';

export interface NatOptions {
  /** Share of nodes behind a NAT. */
  readonly share: number;
  /** Share of those whose NAT forwards an external address that they announce. */
  readonly externalShare: number;
  /** Probability that hole punching between two nodes behind NATs succeeds. */
  readonly holePunch: number;
}

/** How two nodes reach each other, and what opening the way costs. */
export type Route =
  | { readonly kind: 'direct'; readonly signals: number }
  | { readonly kind: 'relayed'; readonly via: HostId; readonly signals: number };

/** Connection reversal: the node that is reachable is asked, through the relay, to be dialled. */
const REVERSAL_SIGNALS = 1;
/** DCUtR: CONNECT and its answer measure the round trip, SYNC starts both sides half of one later (libp2p specification, relay/DCUtR). */
const PUNCH_SIGNALS = 2;

/**
 * Who is behind a NAT, and how pairs of nodes reach each other. Nodes of one zone share a LAN and meet directly. Between zones a node that is
 * public, or has an external address, can be dialled; towards one that is not, it dials back (connection reversal); two that are
 * not punch a hole or stay with the relay. Drawn once per node and once per pair, by name, so that no order of events changes them.
 */
export class Nat {
  readonly #random: RandomStreams;
  readonly #options: NatOptions;
  readonly #zoneOf: (host: HostId) => number;
  readonly #hidden: Uint8Array;
  readonly #external: Uint8Array;
  /** The public node with the lowest number; -1 for none. */
  readonly relay: HostId;
  readonly #punched = new Map<string, boolean>();

  constructor(random: RandomStreams, nodes: number, zoneOf: (host: HostId) => number, options: NatOptions) {
    this.#random = random;
    this.#options = options;
    this.#zoneOf = zoneOf;
    const stream = random.stream('kv-cache-p2p/nat');
    this.#hidden = new Uint8Array(nodes);
    this.#external = new Uint8Array(nodes);
    for (let host = 0; host < nodes; host++) {
      // Both drawn for every node, so that one share does not shift the draws of the other.
      this.#hidden[host] = stream.bernoulli(options.share) ? 1 : 0;
      this.#external[host] = stream.bernoulli(options.externalShare) ? 1 : 0;
    }
    this.relay = this.#hidden.indexOf(0);
  }

  /** Announces an address that its NAT forwards. */
  hasExternalAddress(host: HostId): boolean {
    return this.#hidden[host] === 1 && this.#external[host] === 1;
  }

  /** Whether others can dial it from outside its LAN. */
  isReachable(host: HostId): boolean {
    return this.#hidden[host] === 0 || this.#external[host] === 1;
  }

  /** The way between two nodes; undefined where there is none (both hidden, the punch failed, and no public node to relay). */
  route(from: HostId, to: HostId): Route | undefined {
    if (this.#zoneOf(from) === this.#zoneOf(to) || this.isReachable(to)) return { kind: 'direct', signals: 0 };
    if (this.relay < 0) return undefined;
    if (this.isReachable(from)) return { kind: 'direct', signals: REVERSAL_SIGNALS };
    if (this.#punches(from, to)) return { kind: 'direct', signals: PUNCH_SIGNALS };
    return { kind: 'relayed', via: this.relay, signals: PUNCH_SIGNALS };
  }

  #punches(a: HostId, b: HostId): boolean {
    const pair = a < b ? `${a}-${b}` : `${b}-${a}`;
    let outcome = this.#punched.get(pair);
    if (outcome === undefined) {
      outcome = this.#random.stream(`kv-cache-p2p/punch/${pair}`).bernoulli(this.#options.holePunch);
      this.#punched.set(pair, outcome);
    }
    return outcome;
  }
}
