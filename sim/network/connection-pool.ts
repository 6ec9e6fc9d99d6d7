import type { EventHandle, Handler, Simulator } from '../kernel/simulator.ts';
import { SECOND, type Nanoseconds } from '../kernel/time.ts';
import type { LinkCondition } from './link-condition.ts';
import type { Reachability } from './reachability.ts';
import type { HostId, Topology } from './topology.ts';

/** Names one connection handed out; never reused. */
export type ConnectionId = number;

export type ConnectOutcome = 'opened' | 'reused' | 'failed';

/** Called once per `acquire`; the connection is 0 when the outcome is 'failed'. */
export type ConnectEnd<P> = (outcome: ConnectOutcome, connection: ConnectionId, payload: P) => void;

export interface ConnectionPoolOptions {
  /**
   * Round trips before the first byte of data on a new connection: 2 by default, 1 for TCP (RFC 9293, section 3.5) and 1 for TLS 1.3
   * (RFC 8446, section 2). 1 is plain TCP or QUIC, 0 is QUIC with 0-RTT data (RFC 9001).
   */
  readonly handshakeRoundTrips?: number;
  /** How long a connection that nobody uses is kept; 90 s by default, the `IdleConnTimeout` of Go's `http.DefaultTransport`. */
  readonly idleTimeoutNs?: Nanoseconds;
  /** Most connections that one host has opened at a time, idle ones included; further requests wait their turn. Infinity by default. */
  readonly limitPerHost?: number;
  /** How long the opener waits for a peer that does not answer; 3 s by default, one retransmission after RFC 6298's first timeout of 1 s. */
  readonly connectTimeoutNs?: Nanoseconds;
}

export interface ConnectionCounts {
  opened: number;
  reused: number;
  failed: number;
  /** Idle connections closed by the timeout, and those closed to make room under the limit. */
  expired: number;
  evicted: number;
}

interface Request {
  readonly from: HostId;
  readonly to: HostId;
  readonly end: ConnectEnd<unknown>;
  readonly payload: unknown;
}

interface Connection {
  readonly id: ConnectionId;
  readonly from: HostId;
  readonly to: HostId;
  state: 'opening' | 'busy' | 'idle' | 'closed';
  /** Who waits for it while it is opening. */
  request: Request | undefined;
  requestedNs: Nanoseconds;
  /** End of the handshake or its timeout, or expiry of an idle connection. */
  timer: EventHandle;
}

/**
 * Connections kept open between pairs of hosts. A new one costs its handshake's round trips; an idle one is used again at once, the most
 * recently used first. A connection belongs to the host that opened it and carries one user at a time. A crash closes every connection of
 * the host; a partition closes none, but lets no handshake through.
 */
export class ConnectionPool {
  readonly counts: ConnectionCounts = { opened: 0, reused: 0, failed: 0, expired: 0, evicted: 0 };
  readonly #simulator: Simulator;
  readonly #topology: Topology;
  readonly #reachability: Reachability;
  readonly #condition: LinkCondition;
  readonly #roundTrips: number;
  readonly #idleTimeoutNs: Nanoseconds;
  readonly #limitPerHost: number;
  readonly #connectTimeoutNs: Nanoseconds;
  readonly #connections = new Map<ConnectionId, Connection>();
  /** Idle connections of a pair, the last one used at the end. */
  readonly #idle = new Map<number, Connection[]>();
  /** Connections that a host has opened, the last one released at the end. */
  readonly #openedBy = new Map<HostId, Set<Connection>>();
  readonly #queues = new Map<HostId, Request[]>();
  readonly #handshakeHandler: Handler<Connection>;
  readonly #reuseHandler: Handler<Connection>;
  readonly #expireHandler: Handler<Connection>;
  readonly #timeoutHandler: Handler<Connection>;
  readonly #refuseHandler: Handler<Request>;
  #lastId = 0;

  constructor(simulator: Simulator, topology: Topology, reachability: Reachability, condition: LinkCondition, options: ConnectionPoolOptions = {}) {
    this.#simulator = simulator;
    this.#topology = topology;
    this.#reachability = reachability;
    this.#condition = condition;
    this.#roundTrips = whole('handshakeRoundTrips', options.handshakeRoundTrips ?? 2);
    this.#idleTimeoutNs = whole('idleTimeoutNs', options.idleTimeoutNs ?? 90 * SECOND);
    this.#connectTimeoutNs = whole('connectTimeoutNs', options.connectTimeoutNs ?? 3 * SECOND);
    this.#limitPerHost = options.limitPerHost ?? Infinity;
    if (!(this.#limitPerHost >= 1)) throw new RangeError(`limitPerHost is ${this.#limitPerHost}; expected a number ≥ 1`);
    const idOf = (connection: Connection): number => connection.id;
    this.#handshakeHandler = simulator.handler('network.handshake', this.#endHandshake.bind(this), idOf);
    this.#reuseHandler = simulator.handler('network.reuse', this.#reuse.bind(this), idOf);
    this.#timeoutHandler = simulator.handler('network.unanswered', this.#fail.bind(this), idOf);
    this.#expireHandler = simulator.handler('network.idle', this.#expire.bind(this), idOf);
    this.#refuseHandler = simulator.handler('network.refused', this.#refuse.bind(this), (request) => request.from);
  }

  /** Connections open or opening. */
  get size(): number {
    return this.#connections.size;
  }

  /** Requests that wait for a host's limit to leave room. */
  waiting(host: HostId): number {
    return this.#queues.get(host)?.length ?? 0;
  }

  /** Asks for a connection. `end` is called in a later event, with 'failed' if `from` is down or the peer does not answer in time. */
  acquire<P>(from: HostId, to: HostId, end: ConnectEnd<P>, payload: P): void {
    this.#topology.check(from);
    this.#topology.check(to);
    const request: Request = { from, to, end: end as ConnectEnd<unknown>, payload };
    if (!this.#reachability.isAlive(from)) {
      this.#simulator.schedule(0, this.#refuseHandler, request);
      return;
    }
    const queue = this.#queues.get(from);
    if (queue !== undefined) queue.push(request);
    else if (!this.#serve(request)) this.#queues.set(from, [request]);
  }

  /** Gives a connection back for others to use. Does nothing if a crash has closed it. @throws RangeError unless it is in use */
  release(id: ConnectionId): void {
    const connection = this.#inUse(id);
    if (connection === undefined) return;
    const { from, to } = connection;
    connection.state = 'idle';
    connection.timer = this.#simulator.schedule(this.#idleTimeoutNs, this.#expireHandler, connection);
    const idle = this.#idle.get(this.#pair(from, to));
    if (idle === undefined) this.#idle.set(this.#pair(from, to), [connection]);
    else idle.push(connection);
    const opened = this.#openedBy.get(from)!;
    opened.delete(connection);
    opened.add(connection);
    this.#serveQueue(from);
  }

  /** Closes a connection instead of giving it back. Does nothing if a crash has closed it. @throws RangeError unless it is in use */
  close(id: ConnectionId): void {
    const connection = this.#inUse(id);
    if (connection === undefined) return;
    this.#forget(connection);
    this.#serveQueue(connection.from);
  }

  /** Closes every connection of a host that crashed. Its own requests fail at once; peers that were opening one time out. */
  dropHost(host: HostId): void {
    const queue = this.#queues.get(host);
    this.#queues.delete(host);
    const openers = new Set<HostId>();
    const refused: Request[] = [];
    for (const connection of [...this.#connections.values()]) {
      if (connection.from !== host && connection.to !== host) continue;
      if (connection.from !== host) openers.add(connection.from);
      if (connection.state === 'opening' && connection.from !== host) {
        this.#simulator.cancel(connection.timer);
        this.#awaitTimeout(connection);
        continue;
      }
      if (connection.request !== undefined) refused.push(connection.request);
      this.#forget(connection);
    }
    for (const request of refused) this.#refuse(request);
    for (const request of queue ?? []) this.#refuse(request);
    for (const opener of openers) this.#serveQueue(opener);
  }

  /** Hands out an idle connection or opens one; false when the host's limit leaves no room. */
  #serve(request: Request): boolean {
    const { from, to } = request;
    const idle = this.#idle.get(this.#pair(from, to))?.pop();
    if (idle !== undefined) {
      this.#simulator.cancel(idle.timer);
      idle.state = 'opening';
      idle.request = request;
      idle.requestedNs = this.#simulator.now;
      idle.timer = this.#simulator.schedule(0, this.#reuseHandler, idle);
      return true;
    }
    let opened = this.#openedBy.get(from);
    if (opened === undefined) {
      opened = new Set();
      this.#openedBy.set(from, opened);
    }
    if (opened.size >= this.#limitPerHost && !this.#evictIdle(opened)) return false;
    const connection: Connection = { id: ++this.#lastId, from, to, state: 'opening', request, requestedNs: this.#simulator.now, timer: 0 };
    this.#connections.set(connection.id, connection);
    opened.add(connection);
    if (this.#answers(connection)) {
      const roundTripNs = this.#condition.latencyNs(from, to) + this.#condition.latencyNs(to, from);
      connection.timer = this.#simulator.schedule(this.#roundTrips * roundTripNs, this.#handshakeHandler, connection);
    } else this.#awaitTimeout(connection);
    return true;
  }

  #serveQueue(host: HostId): void {
    const queue = this.#queues.get(host);
    if (queue === undefined) return;
    let served = 0;
    while (served < queue.length && this.#serve(queue[served])) served++;
    queue.splice(0, served);
    if (queue.length === 0) this.#queues.delete(host);
  }

  #answers(connection: Connection): boolean {
    return this.#reachability.isAlive(connection.to) && this.#reachability.connected(connection.from, connection.to);
  }

  #awaitTimeout(connection: Connection): void {
    const dueNs = Math.max(this.#simulator.now, connection.requestedNs + this.#connectTimeoutNs);
    connection.timer = this.#simulator.scheduleAt(dueNs, this.#timeoutHandler, connection);
  }

  #endHandshake(connection: Connection): void {
    if (this.#answers(connection)) this.#handOut(connection, 'opened');
    else this.#awaitTimeout(connection);
  }

  #reuse(connection: Connection): void {
    this.#handOut(connection, 'reused');
  }

  #expire(connection: Connection): void {
    this.counts.expired++;
    this.#forget(connection);
  }

  #handOut(connection: Connection, outcome: 'opened' | 'reused'): void {
    const request = connection.request!;
    connection.request = undefined;
    connection.state = 'busy';
    this.counts[outcome]++;
    request.end(outcome, connection.id, request.payload);
  }

  #fail(connection: Connection): void {
    const request = connection.request!;
    this.#forget(connection);
    this.#refuse(request);
    this.#serveQueue(connection.from);
  }

  #refuse(request: Request): void {
    this.counts.failed++;
    request.end('failed', 0, request.payload);
  }

  #evictIdle(opened: ReadonlySet<Connection>): boolean {
    for (const connection of opened) {
      if (connection.state !== 'idle') continue;
      this.counts.evicted++;
      this.#forget(connection);
      return true;
    }
    return false;
  }

  #forget(connection: Connection): void {
    this.#simulator.cancel(connection.timer);
    if (connection.state === 'idle') {
      const pair = this.#pair(connection.from, connection.to);
      const idle = this.#idle.get(pair)!;
      idle.splice(idle.indexOf(connection), 1);
      if (idle.length === 0) this.#idle.delete(pair);
    }
    connection.state = 'closed';
    connection.request = undefined;
    this.#connections.delete(connection.id);
    const opened = this.#openedBy.get(connection.from)!;
    opened.delete(connection);
    if (opened.size === 0) this.#openedBy.delete(connection.from);
  }

  /** Undefined for a connection that a crash has closed. */
  #inUse(id: ConnectionId): Connection | undefined {
    const connection = this.#connections.get(id);
    if (connection === undefined && Number.isInteger(id) && id >= 1 && id <= this.#lastId) return undefined;
    if (connection?.state !== 'busy') throw new RangeError(`connection ${id} is ${connection?.state ?? 'unknown'}; expected one in use`);
    return connection;
  }

  #pair(from: HostId, to: HostId): number {
    return from * this.#topology.hostCount + to;
  }
}

function whole(name: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value >= 0)) throw new RangeError(`${name} is ${value}; expected a whole number ≥ 0`);
  return value;
}
