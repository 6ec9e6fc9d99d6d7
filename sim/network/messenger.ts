import type { RandomStream } from '../kernel/random-stream.ts';
import type { Handler, Simulator } from '../kernel/simulator.ts';
import { LATEST } from '../kernel/time.ts';
import { enlarged } from '../kernel/growth.ts';
import { drawJitterNs } from './jitter.ts';
import type { LinkCondition } from './link-condition.ts';
import type { DropReason, MessageCounts, MessageHandler, MessageType } from './message.ts';
import { msgpackSize } from './msgpack-size.ts';
import { PairOrder } from './pair-order.ts';
import type { Reachability } from './reachability.ts';
import type { HostId, Topology } from './topology.ts';

/** Fields of an envelope. */
const RECORD = 4;
const FROM = 0;
const TO = 1;
const KIND = 2;
/** Crashes of both ends before the message was sent, added up: the same at its delivery if and only if neither has crashed since. */
const CRASHES = 3;

/** A registered message type with its counters. */
class MessageKind<M> implements MessageType<M>, MessageCounts {
  readonly name: string;
  readonly id: number;
  readonly handle: MessageHandler<M>;
  readonly sizeBytes: (message: M) => number;
  sent = 0;
  delivered = 0;
  dropped = 0;
  sentBytes = 0;
  deliveredBytes = 0;
  droppedBytes = 0;

  constructor(name: string, id: number, handle: MessageHandler<M>, sizeBytes: (message: M) => number) {
    this.name = name;
    this.id = id;
    this.handle = handle;
    this.sizeBytes = sizeBytes;
  }
}

/**
 * Control messages between hosts. A message takes latency + jitter + size ÷ min(uplink, downlink); it does not contend with bulk flows
 * or other messages. Messages in flight lie in pooled envelopes, so that sending one allocates nothing.
 */
export class Messenger {
  /** Bytes of delivered and undelivered messages that hosts put on their uplinks, and of those that arrived over their downlinks. */
  readonly upBytes: Float64Array;
  readonly downBytes: Float64Array;
  readonly drops: Record<DropReason, number> = { 'sender-down': 0, 'receiver-down': 0, partition: 0, 'link-down': 0, loss: 0 };

  readonly #simulator: Simulator;
  readonly #topology: Topology;
  readonly #reachability: Reachability;
  readonly #condition: LinkCondition;
  readonly #headerBytes: number;
  readonly #deliverHandler: Handler<number>;
  readonly #order: PairOrder | undefined;
  readonly #jitterStream: RandomStream | undefined;
  readonly #lossStream: RandomStream;
  readonly #kinds: MessageKind<unknown>[] = [];

  /** Envelopes, a record each. */
  #envelopes = new Int32Array(RECORD * 256);
  #size = new Float64Array(256);
  readonly #message: unknown[] = [];
  readonly #free: number[] = [];

  constructor(simulator: Simulator, topology: Topology, reachability: Reachability, condition: LinkCondition, headerBytes: number) {
    if (!(Number.isSafeInteger(headerBytes) && headerBytes >= 0)) throw new RangeError(`messageHeaderBytes is ${headerBytes}; expected a whole number ≥ 0`);
    this.#simulator = simulator;
    this.#topology = topology;
    this.#reachability = reachability;
    this.#condition = condition;
    this.#headerBytes = headerBytes;
    this.upBytes = new Float64Array(topology.hostCount);
    this.downBytes = new Float64Array(topology.hostCount);
    this.#order = topology.jitter?.reorder === true ? undefined : new PairOrder(topology.hostCount);
    this.#jitterStream = topology.jitter === undefined ? undefined : simulator.random.stream('network/jitter');
    this.#lossStream = simulator.random.stream('network/loss');
    this.#deliverHandler = simulator.handler('network.deliver', this.#deliver.bind(this));
  }

  /** Counters by message type, in order of registration. */
  get counts(): readonly (MessageCounts & { readonly name: string })[] {
    return this.#kinds;
  }

  /** Envelopes in flight. */
  get inFlight(): number {
    return this.#message.length - this.#free.length;
  }

  messageType<M>(name: string, handle: MessageHandler<M>, encodedBytes: (message: M) => number = msgpackSize): MessageType<M> {
    if (this.#kinds.some((kind) => kind.name === name)) throw new RangeError(`message type '${name}' is registered already`);
    const header = this.#headerBytes;
    const kind = new MessageKind<M>(name, this.#kinds.length, handle, (message) => encodedBytes(message) + header);
    this.#kinds.push(kind as unknown as MessageKind<unknown>);
    return kind;
  }

  send<M>(from: HostId, to: HostId, type: MessageType<M>, message: M): void {
    this.#topology.check(from);
    this.#topology.check(to);
    const kind = this.#kinds[type.id];
    if ((kind as unknown) !== type) throw new TypeError(`message type '${type.name}' belongs to another network`);
    const size = type.sizeBytes(message);
    if (!(size >= 0 && size < Infinity && Math.floor(size) === size)) {
      throw new RangeError(`size of a message of type '${type.name}' is ${size}; expected a whole number of bytes ≥ 0`);
    }
    kind.sent++;
    kind.sentBytes += size;
    if (!this.#reachability.isAlive(from)) {
      this.#drop(kind, size, 'sender-down');
      return;
    }
    const now = this.#simulator.now;
    let delivery = now;
    let exposedUntil = now;
    if (from !== to) {
      this.upBytes[from] += size;
      if (!this.#reachability.connected(from, to)) {
        this.#drop(kind, size, 'partition');
        return;
      }
      const loss = this.#condition.lossRate(from, to);
      if (loss > 0 && this.#lossStream.bernoulli(loss)) {
        this.#drop(kind, size, 'loss');
        return;
      }
      const serialisationNs = Math.ceil(this.#condition.serialisationNs(from, to, size));
      delivery += this.#condition.latencyNs(from, to) + serialisationNs;
      if (this.#jitterStream !== undefined) delivery += drawJitterNs(this.#topology.jitter!, this.#jitterStream);
      if (!(delivery < LATEST)) {
        this.#drop(kind, size, 'link-down');
        return;
      }
      // With latencies that never change, what is sent after a message has left its sender arrives after it.
      exposedUntil = this.#jitterStream === undefined && !this.#condition.latenciesHaveChanged ? now + serialisationNs : delivery;
    }
    if (this.#order !== undefined) delivery = this.#order.deliveryNs(from, to, delivery, now, exposedUntil);
    this.#simulator.scheduleAt(delivery, this.#deliverHandler, this.#fill(from, to, kind.id, size, message));
  }

  /** Messages and bytes of one type in flight, counted from the envelopes themselves. */
  countInFlight(type: number): { messages: number; bytes: number } {
    const free = new Set(this.#free);
    const found = { messages: 0, bytes: 0 };
    for (let envelope = 0; envelope < this.#message.length; envelope++) {
      if (this.#envelopes[RECORD * envelope + KIND] !== type || free.has(envelope)) continue;
      found.messages++;
      found.bytes += this.#size[envelope];
    }
    return found;
  }

  #deliver(envelope: number): void {
    const record = RECORD * envelope;
    const from = this.#envelopes[record + FROM];
    const to = this.#envelopes[record + TO];
    const crashes = this.#envelopes[record + CRASHES];
    const kind = this.#kinds[this.#envelopes[record + KIND]];
    const size = this.#size[envelope];
    const message = this.#message[envelope];
    this.#message[envelope] = undefined;
    this.#free.push(envelope);
    const reachability = this.#reachability;
    if (crashes !== reachability.crashes(from) + reachability.crashes(to) || !reachability.isAlive(to)) {
      this.#drop(kind, size, reachability.isAlive(to) ? 'sender-down' : 'receiver-down');
      return;
    }
    if (from !== to) {
      if (!reachability.connected(from, to)) {
        this.#drop(kind, size, 'partition');
        return;
      }
      this.downBytes[to] += size;
    }
    kind.delivered++;
    kind.deliveredBytes += size;
    kind.handle(to, from, message);
  }

  #drop(kind: MessageKind<unknown>, size: number, reason: DropReason): void {
    kind.dropped++;
    kind.droppedBytes += size;
    this.drops[reason]++;
  }

  #fill(from: HostId, to: HostId, kind: number, size: number, message: unknown): number {
    let envelope = this.#free.pop();
    if (envelope === undefined) {
      envelope = this.#message.length;
      this.#message.push(message);
      if (envelope >= this.#size.length) this.#grow();
    } else {
      this.#message[envelope] = message;
    }
    const record = RECORD * envelope;
    this.#envelopes[record + FROM] = from;
    this.#envelopes[record + TO] = to;
    this.#envelopes[record + KIND] = kind;
    this.#envelopes[record + CRASHES] = this.#reachability.crashes(from) + this.#reachability.crashes(to);
    this.#size[envelope] = size;
    return envelope;
  }

  #grow(): void {
    const size = 2 * this.#size.length;
    this.#envelopes = enlarged(this.#envelopes, new Int32Array(RECORD * size));
    this.#size = enlarged(this.#size, new Float64Array(size));
  }
}
