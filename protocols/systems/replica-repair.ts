import type { Handler } from '../../sim/kernel/handler.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { NodeIndex, Overlay } from '../overlay/overlay.ts';
import { BelievedReplicas } from '../placement/believed-replicas.ts';
import type { PlacementKeys } from '../placement/placement-keys.ts';
import type { PinTicket } from '../store/store-entries.ts';
import type { TieredStore } from '../store/tiered-store.ts';
import type { StorageNode } from './storage-node.ts';

export interface RepairOptions {
  readonly replicas: number;
  /** Mean time between two looks of a node at its neighbours; each wait is uniform within half of it either way. */
  readonly periodNs: Nanoseconds;
  /** Greatest rate of one repair flow, in bits per second; Infinity for none. */
  readonly capBps: number;
}

export interface RepairWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly overlay: Overlay;
  readonly keys: PlacementKeys;
  /** Segments of a unit, at most: an entry's id is unit · maxSegments + segment. */
  readonly maxSegments: number;
  /** By host: peers only. */
  readonly nodes: readonly (StorageNode & { readonly holdings: TieredStore })[];
  /** Overlay nodes of a host. */
  readonly membersOf: (host: HostId) => readonly NodeIndex[];
  /** Told of each replica that has been brought to a host. */
  readonly kept?: ((host: HostId, id: number) => void) | undefined;
}

export interface RepairCounts {
  /** Segments that a holder had been found to lack, and got. */
  segmentsRepaired: number;
  bytesSent: number;
}

interface OfferMessage {
  readonly segments: readonly number[];
}

interface Shipment {
  readonly from: HostId;
  readonly to: HostId;
  readonly segments: readonly ShippedSegment[];
}

interface ShippedSegment {
  readonly id: number;
  readonly sizeBytes: number;
  /** It cannot be evicted while it is read and sent. */
  readonly ticket: PinTicket;
}

/** Most segments that one offer names, so that its message stays within some tens of kilobytes. */
const OFFERED_AT_ONCE = 4096;

/**
 * Keeps r replicas of what is stored, by each node's own belief about its neighbours and nothing else. When the peers in a node's tables have
 * changed since it last looked, it goes through what it holds: of what it believes to own it offers the ids to the replicas after it, and of what
 * the node right before it owns, to that owner. Who is offered answers with the ids that it lacks, and gets them as one flow.
 * Of what it owned before and does not now, it looks up the new owner and offers it. So a crash is repaired by the new owner, and a join by the old
 * one. Extra copies stay until they are evicted, or their lease ends.
 */
export class ReplicaRepair {
  readonly counts: RepairCounts = { segmentsRepaired: 0, bytesSent: 0 };
  /** Segments that are being sent. */
  #onTheWay = 0;
  readonly #world: RepairWorld;
  readonly #options: RepairOptions;
  readonly #random: RandomStream;
  readonly #believed: BelievedReplicas;
  readonly #look: Handler<HostId>;
  readonly #offer: MessageType<OfferMessage>;
  readonly #want: MessageType<OfferMessage>;
  /** The peers each host knew when it last looked. */
  readonly #seen: string[] = [];
  /** Groups of keys that each host believed to own when it last looked. */
  readonly #owned: ReadonlySet<number>[] = [];

  constructor(world: RepairWorld, options: RepairOptions) {
    this.#world = world;
    this.#options = options;
    const { sim, network } = world;
    this.#random = sim.random.stream('repair');
    this.#believed = new BelievedReplicas(world.overlay, world.keys, world.membersOf, options.replicas);
    this.#look = sim.handler('repair.look', this.#onLook.bind(this));
    this.#offer = network.messageType<OfferMessage>('repair.offer', (to, from, { segments }) => {
      const { holdings } = world.nodes[to];
      const lacking = segments.filter((id) => !holdings.has(id));
      if (lacking.length > 0) network.send(to, from, this.#want, { segments: lacking });
    });
    this.#want = network.messageType<OfferMessage>('repair.want', (to, from, { segments }) => { this.#ship(to, from, segments); });
  }

  /** Segments that are being sent. */
  get segmentsOnTheWay(): number {
    return this.#onTheWay;
  }

  /** Begins at the present belief of every node: what it has lost so far counts as placed. */
  start(): void {
    for (const { host } of this.#world.nodes) {
      this.#seen[host] = this.#peersOf(host);
      this.#offersOf(host);
      this.#scheduleLook(host);
    }
  }

  #scheduleLook(host: HostId): void {
    this.#world.sim.schedule(Math.round(this.#options.periodNs * (0.5 + this.#random.next())), this.#look, host);
  }

  #onLook(host: HostId): void {
    this.#scheduleLook(host);
    const { network } = this.#world;
    if (!network.isAlive(host)) return;
    const peers = this.#peersOf(host);
    if (peers === this.#seen[host]) return;
    this.#seen[host] = peers;
    for (const [to, segments] of this.#offersOf(host)) this.#send(host, to, segments);
  }

  #send(host: HostId, to: HostId, segments: readonly number[]): void {
    const { network } = this.#world;
    for (let i = 0; i < segments.length; i += OFFERED_AT_ONCE) network.send(host, to, this.#offer, { segments: segments.slice(i, i + OFFERED_AT_ONCE) });
  }

  #peersOf(host: HostId): string {
    const { overlay, membersOf } = this.#world;
    return membersOf(host).map((node) => [...overlay.peers(node)].sort((a, b) => a - b).join()).join(';');
  }

  /** What a host would have others hold, by the host that should; notes what it owns now. */
  #offersOf(host: HostId): Map<HostId, number[]> {
    const { nodes, keys, maxSegments } = this.#world;
    const before = this.#owned[host] as ReadonlySet<number> | undefined;
    const owned = new Set<number>();
    const handedOver = new Map<number, number[]>();
    const offers = new Map<HostId, number[]>();
    const setOf = new Map<number, readonly HostId[]>();
    for (const id of nodes[host].holdings.ids()) {
      const unit = Math.floor(id / maxSegments);
      const group = keys.group(unit, id % maxSegments);
      let set = setOf.get(group);
      if (set === undefined) setOf.set(group, (set = this.#believed.of(host, unit, id % maxSegments)));
      const place = set.indexOf(host);
      if (place === 0) owned.add(group);
      else if (place < 0 && before?.has(group) === true) {
        const ids = handedOver.get(group);
        if (ids === undefined) handedOver.set(group, [id]);
        else ids.push(id);
      }
      const others = place === 0 ? set.slice(1) : place === 1 ? set.slice(0, 1) : [];
      for (const other of others) {
        const offered = offers.get(other);
        if (offered === undefined) offers.set(other, [id]);
        else offered.push(id);
      }
    }
    this.#owned[host] = owned;
    for (const ids of handedOver.values()) this.#handOver(host, ids);
    return offers;
  }

  /** Segments that somebody else owns now, and the host's own tables cannot tell who: it looks the new owner up. */
  #handOver(host: HostId, ids: readonly number[]): void {
    const { overlay, keys, maxSegments, membersOf } = this.#world;
    overlay.lookup(membersOf(host)[0], keys.key(Math.floor(ids[0] / maxSegments), ids[0] % maxSegments), ({ ok, owner }) => {
      if (ok && overlay.hostOf(owner) !== host) this.#send(host, overlay.hostOf(owner), ids);
    });
  }

  #ship(from: HostId, to: HostId, ids: readonly number[]): void {
    const { network, nodes } = this.#world;
    const { holdings, tiers } = nodes[from];
    const byTier = new Map<number, ShippedSegment[]>();
    for (const id of ids) {
      const tier = holdings.tierOf(id);
      if (tier < 0) continue;
      const segment = { id, sizeBytes: holdings.sizeOf(id), ticket: holdings.pin(id) };
      const segments = byTier.get(tier);
      if (segments === undefined) byTier.set(tier, [segment]);
      else segments.push(segment);
    }
    for (const [tier, segments] of byTier) {
      let sizeBytes = 0;
      for (const segment of segments) sizeBytes += segment.sizeBytes;
      this.counts.bytesSent += sizeBytes;
      this.#onTheWay += segments.length;
      network.transfer(
        { from, to, sizeBytes, extraLinks: [tiers[tier].readLink], extraLatencyNs: tiers[tier].latencyNs, ...(this.#options.capBps < Infinity ? { capBps: this.#options.capBps } : {}) },
        this.#onShipped,
        { from, to, segments },
      );
    }
  }

  readonly #onShipped = (outcome: TransferOutcome, { from, to, segments }: Shipment): void => {
    this.#onTheWay -= segments.length;
    for (const { id, ticket } of segments) this.#world.nodes[from].holdings.unpin(id, ticket);
    if (outcome !== 'done') return;
    const { holdings } = this.#world.nodes[to];
    for (const { id, sizeBytes } of segments) {
      // Nobody copies a bad segment on: it is verified as it is read.
      if (this.#world.nodes[from].corruption.isBad(id) || holdings.has(id)) continue;
      if (holdings.write(id, sizeBytes) === undefined) continue;
      this.counts.segmentsRepaired++;
      this.#world.kept?.(to, id);
    }
  };
}
