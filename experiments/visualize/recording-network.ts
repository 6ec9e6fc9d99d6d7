/** A network that remembers who sent what to whom. */
import type { MessageNetwork } from '../../protocols/overlay/transport.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { HostId } from '../../sim/network/topology.ts';

export interface RecordedMessage {
  readonly timeNs: Nanoseconds;
  readonly from: HostId;
  readonly to: HostId;
  readonly type: string;
}

export class RecordingNetwork implements MessageNetwork {
  readonly #inner: MessageNetwork;
  readonly #sim: Simulator;
  #messages: RecordedMessage[] = [];

  constructor(inner: MessageNetwork, sim: Simulator) {
    this.#inner = inner;
    this.#sim = sim;
  }

  messageType<M>(name: string, handle: (to: HostId, from: HostId, message: M) => void, sizeBytes?: (message: M) => number): MessageType<M> {
    return this.#inner.messageType(name, handle, sizeBytes);
  }

  send<M>(from: HostId, to: HostId, type: MessageType<M>, message: M): void {
    this.#messages.push({ timeNs: this.#sim.now, from, to, type: type.name });
    this.#inner.send(from, to, type, message);
  }

  isAlive(host: HostId): boolean {
    return this.#inner.isAlive(host);
  }

  latencyNs(from: HostId, to: HostId): Nanoseconds {
    return this.#inner.latencyNs(from, to);
  }

  /** What was sent since the last call. */
  take(): RecordedMessage[] {
    const taken = this.#messages;
    this.#messages = [];
    return taken;
  }
}
