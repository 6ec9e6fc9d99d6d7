import type { Simulator } from '../kernel/simulator.ts';
import { SECOND, type Nanoseconds } from '../kernel/time.ts';
import type { MessageCounts } from './message.ts';
import type { Messenger } from './messenger.ts';
import type { HostId, Topology } from './topology.ts';
import type { TransferCounts, Transfers } from './transfers.ts';

export type Direction = 'up' | 'down';

export interface MessageReport extends Readonly<MessageCounts> {
  readonly name: string;
  readonly inFlight: number;
  readonly inFlightBytes: number;
}

/** What has passed through a network. Bytes are those on the wire: encoded messages with headers, and bulk data. */
export class NetworkStats {
  readonly #simulator: Simulator;
  readonly #topology: Topology;
  readonly #messenger: Messenger;
  readonly #transfers: Transfers;
  #windowStartNs: Nanoseconds = 0;
  #upAtMark: Float64Array | undefined;
  #downAtMark: Float64Array | undefined;

  constructor(simulator: Simulator, topology: Topology, messenger: Messenger, transfers: Transfers) {
    this.#simulator = simulator;
    this.#topology = topology;
    this.#messenger = messenger;
    this.#transfers = transfers;
    this.#windowStartNs = simulator.now;
  }

  /** One report per message type, in order of registration. */
  messages(): MessageReport[] {
    return this.#messenger.counts.map((counts) => reportOf(counts.name, counts));
  }

  /** All message types together. */
  messageTotals(): MessageReport {
    const total: MessageCounts = { sent: 0, delivered: 0, dropped: 0, sentBytes: 0, deliveredBytes: 0, droppedBytes: 0 };
    for (const counts of this.#messenger.counts) {
      total.sent += counts.sent;
      total.delivered += counts.delivered;
      total.dropped += counts.dropped;
      total.sentBytes += counts.sentBytes;
      total.deliveredBytes += counts.deliveredBytes;
      total.droppedBytes += counts.droppedBytes;
    }
    return reportOf('total', total);
  }

  /** Messages dropped so far, by reason. */
  get drops(): Readonly<Messenger['drops']> {
    return this.#messenger.drops;
  }

  get transfers(): Readonly<TransferCounts> {
    return this.#transfers.counts;
  }

  /** Bytes that a host has sent by now: messages at their sending, bulk data as they flow. Traffic to itself does not count. */
  bytesUp(host: HostId): number {
    this.#topology.check(host);
    return this.#messenger.upBytes[host] + this.#transfers.upBytes(host);
  }

  /** Bytes that a host has received by now: messages at their delivery, bulk data as they flow. */
  bytesDown(host: HostId): number {
    this.#topology.check(host);
    return this.#messenger.downBytes[host] + this.#transfers.downBytes(host);
  }

  /** Begins a new window for `utilisation`; the first one began with the network. */
  mark(): void {
    const { hostCount } = this.#topology;
    this.#upAtMark = Float64Array.from({ length: hostCount }, (_, host) => this.bytesUp(host));
    this.#downAtMark = Float64Array.from({ length: hostCount }, (_, host) => this.bytesDown(host));
    this.#windowStartNs = this.#simulator.now;
  }

  /**
   * Bytes carried since `mark` ÷ (nominal capacity × window); 0 for an empty window. Messages do not contend for links, so that their part
   * comes on top of what bulk flows, at most 1, use.
   */
  utilisation(host: HostId, direction: Direction): number {
    const windowNs = this.#simulator.now - this.#windowStartNs;
    this.#topology.check(host);
    if (windowNs === 0) return 0;
    const up = direction === 'up';
    const bytes = up ? this.bytesUp(host) - (this.#upAtMark?.[host] ?? 0) : this.bytesDown(host) - (this.#downAtMark?.[host] ?? 0);
    const bps = up ? this.#topology.upBps[host] : this.#topology.downBps[host];
    return (8 * bytes) / (bps * (windowNs / SECOND));
  }

  /**
   * Checks that everything sent is delivered, dropped or in flight: messages and their bytes per type, and bulk bytes. What is in flight is
   * counted from the envelopes and transfers themselves, not derived from the counters.
   *
   * @throws Error naming the first law that is broken
   */
  checkConservation(): void {
    const { counts } = this.#messenger;
    for (let type = 0; type < counts.length; type++) {
      const { name, sent, delivered, dropped, sentBytes, deliveredBytes, droppedBytes } = counts[type];
      const inFlight = this.#messenger.countInFlight(type);
      checkBalance(`messages of type '${name}'`, sent, delivered, dropped, inFlight.messages);
      checkBalance(`bytes of messages of type '${name}'`, sentBytes, deliveredBytes, droppedBytes, inFlight.bytes);
    }
    const { started, done, failed, cancelled, requestedBytes, deliveredBytes, droppedBytes } = this.#transfers.counts;
    checkBalance('transfers', started, done, failed + cancelled, this.#transfers.active);
    const inFlightBytes = this.#transfers.countArrivedBytes() + this.#transfers.countInFlightBytes();
    checkBalance('bytes of transfers', requestedBytes, deliveredBytes, droppedBytes, inFlightBytes);
  }
}

function reportOf(name: string, counts: MessageCounts): MessageReport {
  const { sent, delivered, dropped, sentBytes, deliveredBytes, droppedBytes } = counts;
  return {
    name,
    sent,
    delivered,
    dropped,
    sentBytes,
    deliveredBytes,
    droppedBytes,
    inFlight: sent - delivered - dropped,
    inFlightBytes: sentBytes - deliveredBytes - droppedBytes,
  };
}

function checkBalance(what: string, sent: number, delivered: number, dropped: number, inFlight: number): void {
  if (sent !== delivered + dropped + inFlight) {
    throw new Error(`${what}: sent ${sent} ≠ delivered ${delivered} + dropped ${dropped} + in flight ${inFlight}`);
  }
}
