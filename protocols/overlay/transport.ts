/**
 * How overlay nodes speak: messages addressed to nodes over a network of hosts, counted by type and purpose, and heard only by nodes
 * that are in the overlay, on hosts that are up.
 */
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { WireFormat } from './wire-format.ts';
import type { MessageLedger } from './ledger.ts';
import type { NodeIndex } from './overlay.ts';

/** The part of `Network` that overlays use; test doubles duplicate or reorder behind it. */
export interface MessageNetwork {
  messageType<M>(name: string, handle: (to: HostId, from: HostId, message: M) => void, sizeBytes?: (message: M) => number): MessageType<M>;
  send<M>(from: HostId, to: HostId, type: MessageType<M>, message: M): void;
  isAlive(host: HostId): boolean;
  latencyNs(from: HostId, to: HostId): Nanoseconds;
}

export interface Envelope {
  readonly to: NodeIndex;
  readonly from: NodeIndex;
}

/** One entry of a protocol's message catalogue. Both functions describe the message after its envelope. */
export interface MessageSpec<M extends Envelope> {
  readonly name: string;
  /** What msgpack encodes after the envelope. */
  fields(message: M, wire: WireFormat): readonly unknown[];
  /** Size of those fields in bytes. */
  fieldsBytes(message: M, wire: WireFormat): number;
}

/** A registered message type. */
export interface OverlayMessage<M extends Envelope> {
  readonly spec: MessageSpec<M>;
  /** Its row in the ledger. */
  readonly row: number;
  readonly type: MessageType<M>;
}

export const OUTSIDE = 0;
export const JOINING = 1;
export const JOINED = 2;

export class Transport {
  readonly simulator: Simulator;
  readonly network: MessageNetwork;
  readonly wire: WireFormat;
  readonly hosts: Int32Array;
  readonly ledger: MessageLedger;
  /** OUTSIDE, JOINING or JOINED, by node. */
  readonly phase: Uint8Array;

  constructor(simulator: Simulator, network: MessageNetwork, wire: WireFormat, hosts: Int32Array, ledger: MessageLedger) {
    this.simulator = simulator;
    this.network = network;
    this.wire = wire;
    this.hosts = hosts;
    this.ledger = ledger;
    this.phase = new Uint8Array(hosts.length);
  }

  /** Does the node run: in the overlay, on a host that is up? */
  runs(node: NodeIndex): boolean {
    return this.phase[node] !== OUTSIDE && this.network.isAlive(this.hosts[node]);
  }

  /**
   * @param leastPhase JOINED (default) for requests: a node that is still joining is silent to those who knew an earlier life of it;
   *   JOINING for the answers it waits for
   */
  register<M extends Envelope>(spec: MessageSpec<M>, handle: (message: M) => void, leastPhase: number = JOINED): OverlayMessage<M> {
    const { phase, wire } = this;
    const receive = (_to: HostId, _from: HostId, message: M): void => {
      if (phase[message.to] >= leastPhase) handle(message);
    };
    // Asked twice of each message: by `send` here, and by the network.
    let measured: M | undefined;
    let measuredBytes = 0;
    const sizeBytes = (message: M): number => {
      if (message === measured) return measuredBytes;
      measured = message;
      measuredBytes = wire.envelopeBytes + spec.fieldsBytes(message, wire);
      return measuredBytes;
    };
    return { spec, row: this.ledger.addType(spec.name), type: this.network.messageType<M>(spec.name, receive, sizeBytes) };
  }

  send<M extends Envelope>(message: OverlayMessage<M>, body: M, purpose: number): void {
    this.ledger.count(message.row, purpose, message.type.sizeBytes(body));
    this.network.send(this.hosts[body.from], this.hosts[body.to], message.type, body);
  }
}
