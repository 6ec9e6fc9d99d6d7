import type { EventHandle } from '../../sim/kernel/handler.ts';
import type { Handler } from '../../sim/kernel/handler.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import { arrayHeaderBytes } from '../overlay/wire-format.ts';
import type { BelievedReplicas } from '../placement/believed-replicas.ts';
import type { PlacementKeys } from '../placement/placement-keys.ts';
import type { TieredStore } from '../store/tiered-store.ts';

export interface LeaseOptions {
  /** How long a replica may be served after it was stored or last renewed. */
  readonly leaseNs: Nanoseconds;
  /** How often a node renews what it holds; Infinity never. */
  readonly renewNs: Nanoseconds;
}

export interface LeaseWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly believed: BelievedReplicas;
  readonly keys: PlacementKeys;
  /** Segments of a unit, at most: an entry's id is unit · maxSegments + segment. */
  readonly maxSegments: number;
  /** By host: peers only. */
  readonly nodes: readonly { readonly host: HostId; readonly holdings: TieredStore }[];
}

export interface LeaseCounts {
  segmentsExpired: number;
  /** Leases that a message from another holder has prolonged. */
  segmentsRenewed: number;
}

interface RenewMessage {
  readonly segments: readonly number[];
}

/** Array header and type code; then each segment as a key of 8 bytes: bin 8 header and bytes (MessagePack specification). */
const renewBytes = ({ segments }: RenewMessage): number => 1 + 1 + arrayHeaderBytes(segments.length) + 10 * segments.length;

/** Most segments that one message names, so that it stays within some tens of kilobytes. */
const RENEWED_AT_ONCE = 4096;

/**
 * Replicas that are held for a time, as Kademlia holds values (Maymounkov and Mazières, IPTPS 2002, section 2.5): what nobody renews is given up when its lease ends. Every
 * holder renews what it believes to belong to it, with the other replicas, once a period; who has heard of a renewal within the last period does not send
 * one, so that each segment is renewed by one holder, whoever is left. What lies where it does not belong, after a join or a leave, is renewed by nobody.
 * Copies that nodes keep for themselves have no lease.
 */
export class ReplicaLeases {
  readonly counts: LeaseCounts = { segmentsExpired: 0, segmentsRenewed: 0 };
  readonly #world: LeaseWorld;
  readonly #options: LeaseOptions;
  readonly #random: RandomStream;
  readonly #renew: MessageType<RenewMessage>;
  readonly #round: Handler<HostId>;
  readonly #expire: Handler<HostId>;
  /** By host: when the lease of each segment ends, the earliest first. */
  readonly #ends: readonly Map<number, Nanoseconds>[];
  /** By host: the event at which the earliest lease may end; 0 where none is due. */
  readonly #timers: EventHandle[];

  constructor(world: LeaseWorld, options: LeaseOptions) {
    this.#world = world;
    this.#options = options;
    const { sim, network, nodes } = world;
    this.#random = sim.random.stream('leases');
    this.#ends = nodes.map(() => new Map());
    this.#timers = nodes.map(() => 0);
    this.#round = sim.handler('lease.round', this.#onRound.bind(this));
    this.#expire = sim.handler('lease.expire', this.#onExpire.bind(this));
    this.#renew = network.messageType<RenewMessage>('lease.renew', (to, _from, { segments }) => { this.#onRenew(to, segments); }, renewBytes);
  }

  /** What lies in the stores counts as stored now. */
  start(): void {
    const { sim, nodes } = this.#world;
    const { renewNs } = this.#options;
    for (const { host, holdings } of nodes) {
      for (const id of holdings.ids()) this.grant(host, id);
      if (renewNs < Infinity) sim.schedule(Math.round(renewNs * this.#random.next()), this.#round, host);
    }
  }

  /** A replica has been stored, or renewed: its lease begins again. */
  grant(host: HostId, id: number): void {
    const ends = this.#ends[host];
    const endNs = this.#world.sim.now + this.#options.leaseNs;
    // All leases are equally long, so the latest one ends last.
    ends.delete(id);
    ends.set(id, endNs);
    if (this.#timers[host] === 0) this.#timers[host] = this.#world.sim.scheduleAt(endNs, this.#expire, host);
  }

  #onExpire(host: HostId): void {
    const { sim, nodes } = this.#world;
    const ends = this.#ends[host];
    this.#timers[host] = 0;
    for (const [id, endNs] of ends) {
      if (endNs > sim.now) {
        this.#timers[host] = sim.scheduleAt(endNs, this.#expire, host);
        return;
      }
      ends.delete(id);
      if (nodes[host].holdings.remove(id)) this.counts.segmentsExpired++;
    }
  }

  #onRound(host: HostId): void {
    const { sim, network, nodes, believed, keys, maxSegments } = this.#world;
    const { leaseNs, renewNs } = this.#options;
    sim.schedule(renewNs, this.#round, host);
    if (!network.isAlive(host)) return;
    const ends = this.#ends[host];
    const due: number[] = [];
    for (const [id, endNs] of ends) {
      // The rest has been renewed within the last period.
      if (endNs - leaseNs > sim.now - renewNs) break;
      if (nodes[host].holdings.has(id)) due.push(id);
      else ends.delete(id);
    }
    const setOf = new Map<number, readonly HostId[]>();
    const byHost = new Map<HostId, number[]>();
    for (const id of due) {
      const unit = Math.floor(id / maxSegments);
      const group = keys.group(unit, id % maxSegments);
      let set = setOf.get(group);
      if (set === undefined) setOf.set(group, (set = believed.of(host, unit, id % maxSegments)));
      if (set.length === 0) continue;
      this.grant(host, id);
      for (const other of set) {
        if (other === host) continue;
        const segments = byHost.get(other);
        if (segments === undefined) byHost.set(other, [id]);
        else segments.push(id);
      }
    }
    for (const [to, segments] of byHost) {
      for (let i = 0; i < segments.length; i += RENEWED_AT_ONCE) network.send(host, to, this.#renew, { segments: segments.slice(i, i + RENEWED_AT_ONCE) });
    }
  }

  #onRenew(to: HostId, segments: readonly number[]): void {
    const { holdings } = this.#world.nodes[to];
    for (const id of segments) {
      // Only what has a lease: a copy that a node keeps for itself does not become a replica.
      if (!this.#ends[to].has(id) || !holdings.has(id)) continue;
      this.grant(to, id);
      this.counts.segmentsRenewed++;
    }
  }
}
