import type { Simulator } from '../../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import type { Network } from '../../../sim/network/network.ts';
import type { HostId } from '../../../sim/network/topology.ts';
import { announce } from './messages.ts';
import type { PeerLinks, PeerMessage } from './peer-links.ts';

export interface DiscoveryOptions {
  /** How often a node announces itself to its LAN; undefined never does. */
  readonly announceIntervalNs: Nanoseconds | undefined;
  /** Each node is given the addresses of so many nodes after it. */
  readonly staticPeers: number;
  /** Peers have found each other before time 0. */
  readonly settled: boolean;
  readonly model: string;
  readonly gpuOf: (host: HostId) => string;
  readonly cacheBytes: number;
  readonly isProducer: (host: HostId) => boolean;
}

/** A neighbour on the LAN that has missed so many announcements is gone. */
const MISSED_ANNOUNCEMENTS = 3;
/** How often static peers that are not connected are dialled, where nothing is announced. */
const REDIAL_NS = 10 * SECOND;

/**
 * Who knows whom. Multicast reaches the own zone (mDNS is link-local, RFC 6762, section 3); peers elsewhere have to be given by address. Who hears of a
 * peer opens a connection to it, and both know each other from then on. A peer that lets a lookup time out is dropped until it is heard
 * of, or dialled, again.
 */
export class Discovery {
  readonly #sim: Simulator;
  readonly #network: Network;
  readonly #links: PeerLinks;
  readonly #options: DiscoveryOptions;
  readonly #nodes: number;
  /** By host: its peers, with when each was last heard of. */
  readonly #tables: Map<HostId, Nanoseconds>[];
  readonly #announce: PeerMessage<undefined>;

  constructor(sim: Simulator, network: Network, links: PeerLinks, nodes: number, options: DiscoveryOptions) {
    this.#sim = sim;
    this.#network = network;
    this.#links = links;
    this.#nodes = nodes;
    this.#options = options;
    this.#tables = Array.from({ length: nodes }, () => new Map<HostId, Nanoseconds>());
    this.#announce = links.kind<undefined>('announce', (to, from) => { this.#heard(to, from); });
    network.watchHosts((host, alive) => {
      if (host >= nodes) return;
      if (alive) this.#speak(host);
      else this.#tables[host].clear();
    });
  }

  /** The peers that a node knows, in the order in which it met them. */
  peers(host: HostId): readonly HostId[] {
    return [...this.#tables[host].keys()];
  }

  /** Mean number of peers known. */
  meanPeers(): number {
    return this.#tables.reduce((sum, { size }) => sum + size, 0) / this.#nodes;
  }

  start(): void {
    const { settled, announceIntervalNs, staticPeers } = this.#options;
    const periodNs = announceIntervalNs ?? REDIAL_NS;
    const phases = this.#sim.random.stream('kv-cache-p2p/announce');
    for (let host = 0; host < this.#nodes; host++) {
      if (settled) {
        for (const peer of [...this.#lan(host), ...this.#static(host)]) if (this.#links.preopen(host, peer)) this.#met(host, peer);
      }
      if (announceIntervalNs === undefined && staticPeers === 0) continue;
      const tick = (): void => {
        this.#speak(host);
        this.#sim.schedule(periodNs, tick);
      };
      if (!settled) this.#sim.schedule(0, () => { this.#speak(host); });
      // Nodes were not started at the same instant: each keeps its own phase.
      this.#sim.schedule(phases.integer(periodNs) + 1, tick);
    }
  }

  /** A peer has not answered. */
  suspect(host: HostId, peer: HostId): void {
    if (!this.#tables[host].delete(peer)) return;
    this.#tables[peer].delete(host);
    this.#links.close(host, peer);
  }

  #speak(host: HostId): void {
    if (!this.#network.isAlive(host)) return;
    this.#forgetSilent(host);
    const { announceIntervalNs, model, gpuOf, cacheBytes, isProducer } = this.#options;
    if (announceIntervalNs !== undefined) {
      const wire = announce({ host, external: this.#links.nat.hasExternalAddress(host), model, gpu: gpuOf(host), cacheBytes, producer: isProducer(host) });
      for (const peer of this.#lan(host)) this.#links.multicast(host, peer, this.#announce, wire, undefined);
    }
    for (const peer of this.#static(host)) if (!this.#tables[host].has(peer)) this.#dial(host, peer);
  }

  #heard(host: HostId, peer: HostId): void {
    if (this.#links.isOpen(host, peer)) this.#met(host, peer);
    else this.#dial(host, peer);
  }

  #dial(host: HostId, peer: HostId): void {
    this.#links.connect(host, peer, (open) => { if (open) this.#met(host, peer); });
  }

  #met(a: HostId, b: HostId): void {
    this.#tables[a].set(b, this.#sim.now);
    if (!this.#tables[b].has(a)) this.#tables[b].set(a, this.#sim.now);
  }

  #forgetSilent(host: HostId): void {
    const { announceIntervalNs } = this.#options;
    if (announceIntervalNs === undefined) return;
    const { zone } = this.#network.topology;
    const oldestNs = this.#sim.now - MISSED_ANNOUNCEMENTS * announceIntervalNs;
    for (const [peer, heardNs] of this.#tables[host]) if (zone[peer] === zone[host] && heardNs < oldestNs) this.suspect(host, peer);
  }

  /** The other nodes of its zone, where nodes announce themselves. */
  #lan(host: HostId): HostId[] {
    if (this.#options.announceIntervalNs === undefined) return [];
    const { zone } = this.#network.topology;
    const neighbours: HostId[] = [];
    for (let other = 0; other < this.#nodes; other++) if (other !== host && zone[other] === zone[host]) neighbours.push(other);
    return neighbours;
  }

  #static(host: HostId): HostId[] {
    const count = Math.min(this.#options.staticPeers, this.#nodes - 1);
    return Array.from({ length: count }, (_, i) => (host + 1 + i) % this.#nodes);
  }
}
