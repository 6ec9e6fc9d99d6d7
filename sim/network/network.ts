import type { Simulator } from '../kernel/simulator.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import { ConnectionPool, type ConnectEnd, type ConnectionPoolOptions } from './connection-pool.ts';
import type { LinkId } from './flow-engine.ts';
import { LinkCondition, type Degradation } from './link-condition.ts';
import { TCP_TLS_HEADER_BYTES, type MessageHandler, type MessageType } from './message.ts';
import { Messenger } from './messenger.ts';
import { NetworkStats } from './network-stats.ts';
import { Reachability, type PartitionId } from './reachability.ts';
import { Topology, type HostId, type TopologySpec } from './topology.ts';
import { Transfers, type PartArrival, type TransferEnd, type TransferId, type TransferSpec } from './transfers.ts';

export interface NetworkOptions {
  /** Bytes added to each control message; see TCP_TLS_HEADER_BYTES, the default. */
  readonly messageHeaderBytes?: number;
  /** Rate of a bulk transfer from a host to itself, in bits per second. Infinity by default: it takes no time. */
  readonly loopbackBps?: number;
  readonly connections?: ConnectionPoolOptions;
}

/** Told of every crash (`alive` false) and recovery of a host, after the network has applied it. */
export type HostWatcher = (host: HostId, alive: boolean) => void;

/**
 * The simulated network: control messages, bulk transfers, connections and faults over one topology.
 *
 * ```ts
 * const network = new Network(simulator, uniformTopology(2, 40e9, MILLISECOND));
 * const ping = network.messageType<{ n: number }>('ping', (to, from, message) => { … });
 * network.send(0, 1, ping, { n: 1 });
 * network.transfer({ from: 0, to: 1, sizeBytes: 1_000_000 }, (outcome, chunk) => { … }, chunk);
 * ```
 *
 * Equations, assumptions and conservation laws: docs/models/network.md.
 */
export class Network {
  readonly topology: Topology;
  readonly stats: NetworkStats;
  readonly connections: ConnectionPool;
  readonly #reachability: Reachability;
  readonly #condition: LinkCondition;
  readonly #messenger: Messenger;
  readonly #transfers: Transfers;
  readonly #watchers: HostWatcher[] = [];

  /** @throws RangeError on a topology or option out of range */
  constructor(simulator: Simulator, topology: TopologySpec, options: NetworkOptions = {}) {
    this.topology = new Topology(topology);
    this.#reachability = new Reachability(this.topology.hostCount);
    this.#condition = new LinkCondition(this.topology);
    const headerBytes = options.messageHeaderBytes ?? TCP_TLS_HEADER_BYTES;
    this.#messenger = new Messenger(simulator, this.topology, this.#reachability, this.#condition, headerBytes);
    this.#transfers = new Transfers(simulator, this.topology, this.#reachability, this.#condition, options.loopbackBps ?? Infinity);
    this.connections = new ConnectionPool(simulator, this.topology, this.#reachability, this.#condition, options.connections);
    this.stats = new NetworkStats(simulator, this.topology, this.#messenger, this.#transfers);
  }

  get hostCount(): number {
    return this.topology.hostCount;
  }

  /** One-way latency at present, without jitter; zero from a host to itself. */
  latencyNs(from: HostId, to: HostId): Nanoseconds {
    return this.#condition.latencyNs(from, to);
  }

  /**
   * Registers a kind of control message and what its delivery does.
   *
   * @param encodedBytes size of the encoded message without the header; by default that of its msgpack encoding
   * @throws RangeError when the name is taken
   */
  messageType<M>(name: string, handle: MessageHandler<M>, encodedBytes?: (message: M) => number): MessageType<M> {
    return this.#messenger.messageType(name, handle, encodedBytes);
  }

  /**
   * Sends a control message: delivered after latency, jitter and size ÷ min(uplink, downlink), in an event of its own. Silently dropped if an
   * end is down or crashes before delivery, a partition lies between them at sending or delivery, a link is cut, or it is lost.
   */
  send<M>(from: HostId, to: HostId, type: MessageType<M>, message: M): void {
    this.#messenger.send(from, to, type, message);
  }

  /**
   * Starts a bulk transfer, which waits the one-way latency and then shares links. `end` is called once, never before this returns; where
   * the spec names parts, `partArrived` hears of each before.
   */
  transfer<P>(spec: TransferSpec, end: TransferEnd<P>, payload: P, partArrived?: PartArrival<P>): TransferId {
    return this.#transfers.start(spec, end, payload, partArrived);
  }

  /** Ends a transfer with the outcome 'cancelled'; returns the whole bytes that had arrived, or 0 if it had ended before. */
  cancelTransfer(id: TransferId): number {
    return this.#transfers.cancel(id);
  }

  /** Whole bytes that have arrived by now. @throws RangeError when the transfer has ended */
  transferredBytes(id: TransferId): number {
    return this.#transfers.deliveredBytes(id);
  }

  /** Rate at present in bits per second; 0 during the latency and while stalled. @throws RangeError when the transfer has ended */
  transferRateBps(id: TransferId): number {
    return this.#transfers.rateBps(id);
  }

  isTransferring(id: TransferId): boolean {
    return this.#transfers.isActive(id);
  }

  /** Transfers in progress. */
  get activeTransfers(): number {
    return this.#transfers.active;
  }

  /** Adds a link, such as a disk, that transfers may cross as one of their `extraLinks`. */
  addLink(capacityBps: number): LinkId {
    return this.#transfers.addLink(capacityBps);
  }

  /** Changes the capacity of a link made by `addLink`. */
  setLinkCapacity(link: LinkId, capacityBps: number): void {
    this.#transfers.setLinkCapacity(link, capacityBps);
  }

  /** Bytes that a link made by `addLink` has carried by now. */
  linkBytes(link: LinkId): number {
    return this.#transfers.linkBytes(link);
  }

  /** Asks for a pooled or new connection; `connections.release` gives it back. */
  connect<P>(from: HostId, to: HostId, end: ConnectEnd<P>, payload: P): void {
    this.connections.acquire(from, to, end, payload);
  }

  isAlive(host: HostId): boolean {
    return this.#reachability.isAlive(host);
  }

  /** Whether both hosts are up and no partition lies between them. */
  isReachable(from: HostId, to: HostId): boolean {
    return this.#reachability.isAlive(from) && this.#reachability.isAlive(to) && this.#reachability.connected(from, to);
  }

  /** Takes a host down: its transfers fail now, its connections close, its messages in flight are dropped. Does nothing to one that is down. */
  crash(host: HostId): void {
    this.topology.check(host);
    if (!this.#reachability.crash(host)) return;
    this.connections.dropHost(host);
    this.#transfers.failHost(host);
    for (const watcher of this.#watchers) watcher(host, false);
  }

  recover(host: HostId): void {
    this.topology.check(host);
    if (!this.#reachability.recover(host)) return;
    for (const watcher of this.#watchers) watcher(host, true);
  }

  /** Registers a watcher of crashes and recoveries. */
  watchHosts(watcher: HostWatcher): void {
    this.#watchers.push(watcher);
  }

  /** Separates groups of hosts, on top of the partitions in force; hosts not listed form one more group. Flows between groups stall. */
  partition(groups: readonly (readonly HostId[])[]): PartitionId {
    const id = this.#reachability.partition(groups);
    this.#transfers.reconsiderPartitions();
    return id;
  }

  /** Ends one partition, or all of them; stalled flows go on from where they were. */
  heal(id?: PartitionId): void {
    this.#reachability.heal(id);
    this.#transfers.reconsiderPartitions();
  }

  /** Sets the condition of a host's links, replacing the former one; `{}` is nominal. */
  degrade(host: HostId, degradation: Degradation): void {
    this.topology.check(host);
    this.#condition.set(host, degradation);
    this.#transfers.reconsiderCapacity(host);
  }

  /** Sets the probability that a message is lost, of all pairs or of one ordered pair; undefined returns a pair to the global rate. */
  setLoss(rate: number | undefined, from?: HostId, to?: HostId): void {
    if (from !== undefined) this.topology.check(from);
    if (to !== undefined) this.topology.check(to);
    this.#condition.setLoss(rate, from, to);
  }
}
