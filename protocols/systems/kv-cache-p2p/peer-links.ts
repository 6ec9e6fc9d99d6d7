import type { Simulator } from '../../../sim/kernel/simulator.ts';
import type { EventHandle } from '../../../sim/kernel/handler.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import type { LinkId } from '../../../sim/network/flow-engine.ts';
import type { MessageType } from '../../../sim/network/message.ts';
import { msgpackSize } from '../../../sim/network/msgpack-size.ts';
import type { Network } from '../../../sim/network/network.ts';
import type { HostId } from '../../../sim/network/topology.ts';
import type { TransferEnd, TransferId } from '../../../sim/network/transfers.ts';
import type { PeerNode } from '../peer-node.ts';
import { connect as connectMessage, relayedBytes } from './messages.ts';
import type { Nat, Route } from './nat.ts';

/** A message as it is sent, and what its receiver is to do with it. */
interface Envelope<B> {
  readonly wire: object;
  readonly body: B;
}

interface Relayed {
  readonly from: HostId;
  readonly to: HostId;
  readonly kind: PeerMessage<unknown>;
  readonly envelope: Envelope<unknown>;
}

/** A kind of message between peers, with what was sent of it: each leg through a relay counts. */
export interface PeerMessage<B> {
  readonly type: MessageType<Envelope<B>>;
  readonly handle: (to: HostId, from: HostId, body: B) => void;
  messages: number;
  bytes: number;
}

export interface LinkOptions {
  /** Round trips of opening a connection, encryption not counted. */
  readonly handshakeRoundTrips: number;
  readonly encrypted: boolean;
}

/** Noise XX: three messages, and protocol negotiation before it, rounded up to whole round trips (libp2p noise and connection specifications). */
const NOISE_ROUND_TRIPS = 2;
/**
 * Core time of one end of Noise XX: an ephemeral key and three Diffie–Hellman operations of about 33 µs, one Ed25519 signature of about 40 µs and
 * one verification of about 110 µs (OpenSSL speed on a current x86 core).
 */
const HANDSHAKE_CORE_NS = 282_000;
/** A handshake that has not ended by then has failed. */
const CONNECT_TIMEOUT_NS = 5 * SECOND;

/** A connection being opened. */
interface Dial {
  readonly from: HostId;
  readonly to: HostId;
  readonly route: Route;
  /** Round trips made so far, and in all. */
  trips: number;
  readonly tripsInAll: number;
  /** Ended, one way or another. */
  over: boolean;
  readonly timer: EventHandle;
  readonly waiting: ((open: boolean) => void)[];
}

/** Connections between peers, opened once and kept, and what goes over them: straight, or through the relay. */
export class PeerLinks {
  readonly nat: Nat;
  readonly #sim: Simulator;
  readonly #network: Network;
  readonly #nodes: readonly PeerNode[];
  readonly #options: LinkOptions;
  readonly #open: Set<HostId>[];
  readonly #dials = new Map<number, Dial>();
  readonly #connect: PeerMessage<{ readonly dial: Dial; readonly back: boolean }>;
  readonly #toRelay: MessageType<Relayed>;
  readonly #fromRelay: MessageType<Relayed>;
  readonly #relayLink: LinkId;
  /** Connections opened so far, by what they cost. */
  readonly counts = { opened: 0, relayed: 0, failed: 0 };

  constructor(sim: Simulator, network: Network, nodes: readonly PeerNode[], nat: Nat, relayBps: number, options: LinkOptions) {
    this.#sim = sim;
    this.#network = network;
    this.#nodes = nodes;
    this.nat = nat;
    this.#options = options;
    this.#open = nodes.map(() => new Set<HostId>());
    this.#relayLink = network.addLink(relayBps);
    const bytes = ({ kind, envelope }: Relayed): number => relayedBytes(kind.type.sizeBytes(envelope));
    this.#toRelay = network.messageType<Relayed>('kv-cache-p2p.to-relay', (relay, _, message) => { this.#forward(relay, message); }, bytes);
    this.#fromRelay = network.messageType<Relayed>('kv-cache-p2p.from-relay', (to, _, { from, kind, envelope }) => { kind.handle(to, from, envelope.body); }, bytes);
    this.#connect = this.kind('connect', (to, from, { dial, back }) => {
      if (dial.over) return;
      if (back) this.#nextTrip(dial);
      else this.#sendTrip(dial, to, from, true);
    });
    network.watchHosts((host, alive) => {
      if (!alive && host < nodes.length) this.#dropHost(host);
    });
  }

  /** Registers a kind of message. */
  kind<B>(name: string, handle: PeerMessage<B>['handle']): PeerMessage<B> {
    const message: PeerMessage<B> = {
      type: this.#network.messageType<Envelope<B>>(`kv-cache-p2p.${name}`, (to, from, { body }) => { message.handle(to, from, body); }, ({ wire }) => msgpackSize(wire)),
      handle,
      messages: 0,
      bytes: 0,
    };
    return message;
  }

  isOpen(a: HostId, b: HostId): boolean {
    return this.#open[a].has(b);
  }

  isRelayed(a: HostId, b: HostId): boolean {
    return this.nat.route(a, b)?.kind === 'relayed';
  }

  /** Sends over an open connection; what is sent where there is none is lost. */
  send<B>(from: HostId, to: HostId, kind: PeerMessage<B>, wire: object, body: B): void {
    const route = this.nat.route(from, to);
    if (route === undefined) return;
    this.#sendBy(route, from, to, kind, { wire, body });
  }

  /** Sends to a neighbour on the LAN by multicast: no connection is needed. */
  multicast<B>(from: HostId, to: HostId, kind: PeerMessage<B>, wire: object, body: B): void {
    this.#sendBy({ kind: 'direct', signals: 0 }, from, to, kind, { wire, body });
  }

  /** Moves bytes over an open connection, through the relay where the pair has no other way. */
  transfer<P>(from: HostId, to: HostId, sizeBytes: number, extraLinks: readonly LinkId[], end: TransferEnd<P>, payload: P): TransferId {
    const route = this.nat.route(from, to);
    if (route?.kind !== 'relayed') return this.#network.transfer({ from, to, sizeBytes, extraLinks }, end, payload);
    const detour = this.#network.latencyNs(from, route.via) + this.#network.latencyNs(route.via, to) - this.#network.latencyNs(from, to);
    return this.#network.transfer({ from, to, sizeBytes, extraLinks: [...extraLinks, this.#relayLink], extraLatencyNs: Math.max(0, detour) }, end, payload);
  }

  /** Opens a connection unless there is one; `done` is never called inside this call. */
  connect(from: HostId, to: HostId, done: (open: boolean) => void): void {
    const route = this.nat.route(from, to);
    if (this.isOpen(from, to) || route === undefined) {
      const open = route !== undefined;
      this.#sim.schedule(0, () => { done(open); });
      return;
    }
    const pair = this.#pair(from, to);
    const running = this.#dials.get(pair);
    if (running !== undefined) {
      running.waiting.push(done);
      return;
    }
    const dial: Dial = {
      from, to, route, trips: -1, over: false, waiting: [done],
      tripsInAll: route.signals + this.#options.handshakeRoundTrips + (this.#options.encrypted ? NOISE_ROUND_TRIPS : 0),
      timer: this.#sim.schedule(CONNECT_TIMEOUT_NS, () => { this.#end(dial, false); }),
    };
    this.#dials.set(pair, dial);
    this.#sim.schedule(0, () => { this.#nextTrip(dial); });
  }

  /** A connection that was opened before the simulation began. */
  preopen(a: HostId, b: HostId): boolean {
    const route = this.nat.route(a, b);
    if (route === undefined || this.isOpen(a, b)) return route !== undefined;
    this.#opened(a, b, route);
    return true;
  }

  /** Gives a connection up: the next contact opens a new one. */
  close(a: HostId, b: HostId): void {
    this.#open[a].delete(b);
    this.#open[b].delete(a);
  }

  #nextTrip(dial: Dial): void {
    if (dial.over) return;
    dial.trips++;
    if (dial.trips < dial.tripsInAll) {
      this.#sendTrip(dial, dial.from, dial.to, false);
      return;
    }
    if (!this.#options.encrypted) {
      this.#end(dial, true);
      return;
    }
    // Both ends compute; the later of the two opens the connection.
    let left = 2;
    for (const host of [dial.from, dial.to]) this.#nodes[host].cpu.charge(HANDSHAKE_CORE_NS, () => { if (--left === 0) this.#end(dial, true); }, undefined);
  }

  #sendTrip(dial: Dial, from: HostId, to: HostId, back: boolean): void {
    const { route } = dial;
    const isSignal = dial.trips < route.signals;
    const by: Route = isSignal ? { kind: 'relayed', via: this.nat.relay, signals: 0 } : route;
    this.#sendBy(by, from, to, this.#connect, { wire: connectMessage(this.#options.encrypted && !isSignal), body: { dial, back } });
  }

  #end(dial: Dial, open: boolean): void {
    if (dial.over) return;
    dial.over = true;
    this.#sim.cancel(dial.timer);
    this.#dials.delete(this.#pair(dial.from, dial.to));
    if (open) this.#opened(dial.from, dial.to, dial.route);
    else this.counts.failed++;
    for (const done of dial.waiting) done(open);
  }

  #opened(a: HostId, b: HostId, route: Route): void {
    this.#open[a].add(b);
    this.#open[b].add(a);
    this.counts.opened++;
    if (route.kind === 'relayed') this.counts.relayed++;
  }

  #sendBy<B>(route: Route, from: HostId, to: HostId, kind: PeerMessage<B>, envelope: Envelope<B>): void {
    if (route.kind === 'direct' || route.via === from || route.via === to) {
      kind.messages++;
      kind.bytes += kind.type.sizeBytes(envelope);
      this.#network.send(from, to, kind.type, envelope);
      return;
    }
    const relayed: Relayed = { from, to, kind: kind as unknown as PeerMessage<unknown>, envelope };
    kind.messages += 2;
    kind.bytes += 2 * this.#toRelay.sizeBytes(relayed);
    this.#network.send(from, route.via, this.#toRelay, relayed);
  }

  #forward(relay: HostId, message: Relayed): void {
    this.#network.send(relay, message.to, this.#fromRelay, message);
  }

  #dropHost(host: HostId): void {
    for (const other of this.#open[host]) this.#open[other].delete(host);
    this.#open[host].clear();
  }

  #pair(a: HostId, b: HostId): number {
    return Math.min(a, b) * this.#nodes.length + Math.max(a, b);
  }
}
