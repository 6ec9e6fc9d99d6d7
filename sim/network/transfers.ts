import type { EventHandle, Handler, Simulator } from '../kernel/simulator.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import { FlowEngine, type LinkId } from './flow-engine.ts';
import { enlarged } from '../kernel/growth.ts';
import type { LinkCondition } from './link-condition.ts';
import type { Reachability } from './reachability.ts';
import type { HostId, Topology } from './topology.ts';

/** Names one bulk transfer; never reused. */
export type TransferId = number;

export type TransferOutcome = 'done' | 'failed' | 'cancelled';

export interface TransferSpec {
  readonly from: HostId;
  readonly to: HostId;
  /** Whole number ≥ 0. */
  readonly sizeBytes: number;
  /** Greatest rate in bits per second, on top of the topology's cap per connection. */
  readonly capBps?: number;
  /** Further links that the flow shares, such as the disk it is read from. */
  readonly extraLinks?: readonly LinkId[];
  /** Sizes of consecutive parts, whole numbers ≥ 1 that add up to `sizeBytes`, whose arrivals are to be told one by one. */
  readonly partBytes?: readonly number[];
  /** Waited on top of the latency between the hosts, such as the disk's access time. Whole number ≥ 0; 0 when absent. */
  readonly extraLatencyNs?: Nanoseconds;
}

/**
 * Called once when a transfer ends.
 * @param deliveredBytes whole bytes that had arrived: all of them if the outcome is 'done'
 */
export type TransferEnd<P> = (outcome: TransferOutcome, payload: P, deliveredBytes: number) => void;

/** Called when the last byte of a part has arrived, in order; for the last part right before the end of the transfer. */
export type PartArrival<P> = (part: number, payload: P) => void;

/** Counters of bulk transfers since the start; requested bytes = delivered + dropped + in flight. */
export interface TransferCounts {
  started: number;
  done: number;
  failed: number;
  cancelled: number;
  requestedBytes: number;
  deliveredBytes: number;
  /** Bytes of failed and cancelled transfers that had not arrived. */
  droppedBytes: number;
}

const FREE = 0;
/** Waits its one-way latency. */
const TRAVELLING = 1;
/** Shares links, possibly stalled. */
const SHARING = 2;

const BITS_PER_BYTE = 8;
/** Most transfers in progress; a transfer's name is its slot plus this times the number of transfers the slot has held. */
const SLOT_LIMIT = 0x40_0000;
const NO_FLOW = -1;
const NO_LINK = -1;

/**
 * Bulk transfers: fluid flows under max-min fairness over uplink, core, downlink and any further links.
 *
 * A transfer waits the one-way latency of its pair, then shares. A transfer from a host to itself crosses no NIC and no core: it runs at
 * its own cap, the loopback rate and its further links, and at once without any of these. A crash of either end fails it at that moment.
 * A partition between its ends stalls it at rate zero until healed, as TCP goes on retransmitting; giving up is left to the timeout of
 * whoever fetches.
 */
export class Transfers {
  readonly engine: FlowEngine;
  readonly counts: TransferCounts = { started: 0, done: 0, failed: 0, cancelled: 0, requestedBytes: 0, deliveredBytes: 0, droppedBytes: 0 };

  readonly #simulator: Simulator;
  readonly #topology: Topology;
  readonly #reachability: Reachability;
  readonly #condition: LinkCondition;
  readonly #loopbackBps: number;
  /** Links of the engine, made when a host's first flow needs them: an overlay of a million hosts may never send one. */
  readonly #upLink: Int32Array;
  readonly #downLink: Int32Array;
  readonly #addedLinks = new Set<LinkId>();
  readonly #coreLink: LinkId | undefined;
  readonly #arriveHandler: Handler<number>;

  // By slot.
  #state = new Uint8Array(64);
  #uses = new Float64Array(64);
  #order = new Float64Array(64);
  #from = new Int32Array(64);
  #to = new Int32Array(64);
  #size = new Float64Array(64);
  /** Bytes per second. */
  #cap = new Float64Array(64);
  #flow = new Int32Array(64);
  readonly #arrival: EventHandle[] = [];
  readonly #extraLinks: (readonly LinkId[] | undefined)[] = [];
  readonly #end: (TransferEnd<never> | undefined)[] = [];
  readonly #partBytes: (readonly number[] | undefined)[] = [];
  readonly #partArrived: (PartArrival<never> | undefined)[] = [];
  readonly #payload: unknown[] = [];
  readonly #freeSlots: number[] = [];

  constructor(simulator: Simulator, topology: Topology, reachability: Reachability, condition: LinkCondition, loopbackBps: number) {
    if (!(loopbackBps > 0)) throw new RangeError(`loopbackBps is ${loopbackBps}; expected a number above 0`);
    this.#simulator = simulator;
    this.#topology = topology;
    this.#reachability = reachability;
    this.#condition = condition;
    this.#loopbackBps = loopbackBps;
    this.engine = new FlowEngine(
      simulator,
      (slot) => {
        this.#finish(slot, 'done', this.#size[slot]);
      },
      (slot, part) => {
        this.#partArrived[slot]!(part, this.#payload[slot] as never);
      },
    );
    this.#upLink = new Int32Array(topology.hostCount).fill(NO_LINK);
    this.#downLink = new Int32Array(topology.hostCount).fill(NO_LINK);
    this.#coreLink = topology.coreBps === undefined ? undefined : this.engine.addLink(topology.coreBps / BITS_PER_BYTE);
    this.#arriveHandler = simulator.handler('network.flow', this.#arrive.bind(this));
  }

  get active(): number {
    return this.#end.length - this.#freeSlots.length;
  }

  get coreLink(): LinkId | undefined {
    return this.#coreLink;
  }

  /** Adds a link that transfers may name in `extraLinks`. */
  addLink(capacityBps: number): LinkId {
    const link = this.engine.addLink(capacityBps / BITS_PER_BYTE);
    this.#addedLinks.add(link);
    return link;
  }

  /** Changes the capacity of a link made by `addLink`. */
  setLinkCapacity(link: LinkId, capacityBps: number): void {
    this.#checkAdded(link);
    this.engine.setCapacity(link, capacityBps / BITS_PER_BYTE);
  }

  /** Bytes that a link made by `addLink` has carried by now. */
  linkBytes(link: LinkId): number {
    this.#checkAdded(link);
    return this.engine.carriedBytes(link);
  }

  /** Bytes that bulk transfers have put on a host's uplink by now. */
  upBytes(host: HostId): number {
    const link = this.#upLink[host];
    return link === NO_LINK ? 0 : this.engine.carriedBytes(link);
  }

  /** Bytes that bulk transfers have brought over a host's downlink by now. */
  downBytes(host: HostId): number {
    const link = this.#downLink[host];
    return link === NO_LINK ? 0 : this.engine.carriedBytes(link);
  }

  start<P>(spec: TransferSpec, end: TransferEnd<P>, payload: P, partArrived?: PartArrival<P>): TransferId {
    const { from, to, sizeBytes, extraLinks } = spec;
    this.#topology.check(from);
    this.#topology.check(to);
    if (!(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0)) throw new RangeError(`sizeBytes of a transfer is ${sizeBytes}; expected a whole number ≥ 0`);
    const capBps = Math.min(spec.capBps ?? Infinity, from === to ? this.#loopbackBps : this.#topology.connectionCapBps);
    if (!(capBps > 0)) throw new RangeError(`capBps of a transfer is ${spec.capBps ?? capBps}; expected a number above 0`);
    if (extraLinks !== undefined) this.#checkLinks(extraLinks);
    if (spec.partBytes !== undefined) checkParts(spec.partBytes, sizeBytes);
    const slot = this.#take();
    this.#state[slot] = TRAVELLING;
    this.#order[slot] = this.counts.started;
    this.#from[slot] = from;
    this.#to[slot] = to;
    this.#size[slot] = sizeBytes;
    this.#cap[slot] = capBps / BITS_PER_BYTE;
    this.#flow[slot] = NO_FLOW;
    this.#extraLinks[slot] = extraLinks;
    this.#end[slot] = end;
    this.#partBytes[slot] = partArrived === undefined ? undefined : spec.partBytes;
    this.#partArrived[slot] = partArrived;
    this.#payload[slot] = payload;
    this.counts.started++;
    this.counts.requestedBytes += sizeBytes;
    this.#arrival[slot] = this.#simulator.schedule(this.#condition.latencyNs(from, to) + (spec.extraLatencyNs ?? 0), this.#arriveHandler, slot);
    return this.#uses[slot] * SLOT_LIMIT + slot;
  }

  isActive(id: TransferId): boolean {
    return this.#slotOf(id) >= 0;
  }

  /** Ends a transfer with the outcome 'cancelled' and returns the whole bytes that had arrived; 0 and nothing else if it has ended. */
  cancel(id: TransferId): number {
    const slot = this.#slotOf(id);
    if (slot < 0) return 0;
    const delivered = this.#withdraw(slot);
    this.#finish(slot, 'cancelled', delivered);
    return delivered;
  }

  /** Whole bytes that have arrived. @throws RangeError when the transfer has ended */
  deliveredBytes(id: TransferId): number {
    const slot = this.#slotOf(id);
    if (slot < 0) throw new RangeError(`transfer ${id} has ended; expected one in progress`);
    return this.#delivered(slot);
  }

  /** Present rate in bits per second. @throws RangeError when the transfer has ended */
  rateBps(id: TransferId): number {
    const slot = this.#slotOf(id);
    if (slot < 0) throw new RangeError(`transfer ${id} has ended; expected one in progress`);
    const flow = this.#flow[slot];
    return flow === NO_FLOW ? 0 : this.engine.rate(flow) * BITS_PER_BYTE;
  }

  /** Fails every transfer from or to a host, in the order in which they started. */
  failHost(host: HostId): void {
    const failed: number[] = [];
    for (let slot = 0; slot < this.#end.length; slot++) {
      if (this.#state[slot] !== FREE && (this.#from[slot] === host || this.#to[slot] === host)) failed.push(slot);
    }
    failed.sort((a, b) => this.#order[a] - this.#order[b]);
    const ids = failed.map((slot) => this.#uses[slot] * SLOT_LIMIT + slot);
    for (const id of ids) {
      // The end of one transfer may have cancelled another of the list.
      const slot = this.#slotOf(id);
      if (slot >= 0) this.#finish(slot, 'failed', this.#withdraw(slot));
    }
  }

  /** Stalls the flows that partitions now separate and lets those run that none does. */
  reconsiderPartitions(): void {
    for (let slot = 0; slot < this.#end.length; slot++) {
      if (this.#state[slot] === SHARING) this.engine.setCap(this.#flow[slot], this.#presentCap(slot));
    }
  }

  /** Gives a host's links their present condition. */
  reconsiderCapacity(host: HostId): void {
    const up = this.#upLink[host];
    if (up !== NO_LINK) this.engine.setCapacity(up, this.#condition.upBps(host) / BITS_PER_BYTE);
    const down = this.#downLink[host];
    if (down !== NO_LINK) this.engine.setCapacity(down, this.#condition.downBps(host) / BITS_PER_BYTE);
  }

  /** Bytes of transfers in progress that have not arrived, added up from the transfers themselves. */
  countInFlightBytes(): number {
    let bytes = 0;
    for (let slot = 0; slot < this.#end.length; slot++) {
      if (this.#state[slot] !== FREE) bytes += this.#size[slot] - this.#delivered(slot);
    }
    return bytes;
  }

  /** Bytes of transfers in progress that have arrived already. */
  countArrivedBytes(): number {
    let bytes = 0;
    for (let slot = 0; slot < this.#end.length; slot++) {
      if (this.#state[slot] !== FREE) bytes += this.#delivered(slot);
    }
    return bytes;
  }

  #arrive(slot: number): void {
    const from = this.#from[slot];
    const to = this.#to[slot];
    if (!this.#reachability.isAlive(from) || !this.#reachability.isAlive(to)) {
      this.#finish(slot, 'failed', 0);
      return;
    }
    const extraLinks = this.#extraLinks[slot];
    const unbound = from === to && this.#cap[slot] === Infinity && (extraLinks === undefined || extraLinks.length === 0);
    if (this.#size[slot] === 0 || unbound) {
      this.#finish(slot, 'done', this.#size[slot]);
      return;
    }
    this.#state[slot] = SHARING;
    const flow = this.engine.open(slot, this.#size[slot], this.#presentCap(slot), this.#partBytes[slot]);
    this.#flow[slot] = flow;
    if (from !== to) {
      if (this.#upLink[from] === NO_LINK) this.#upLink[from] = this.engine.addLink(this.#condition.upBps(from) / BITS_PER_BYTE);
      if (this.#downLink[to] === NO_LINK) this.#downLink[to] = this.engine.addLink(this.#condition.downBps(to) / BITS_PER_BYTE);
      this.engine.cross(flow, this.#upLink[from]);
      this.engine.cross(flow, this.#downLink[to]);
      if (this.#coreLink !== undefined && this.#topology.crossesCore(from, to)) this.engine.cross(flow, this.#coreLink);
    }
    if (extraLinks !== undefined) {
      for (const link of extraLinks) this.engine.cross(flow, link);
    }
  }

  #presentCap(slot: number): number {
    return this.#reachability.connected(this.#from[slot], this.#to[slot]) ? this.#cap[slot] : 0;
  }

  #delivered(slot: number): number {
    const flow = this.#flow[slot];
    return flow === NO_FLOW ? 0 : this.engine.deliveredBytes(flow);
  }

  /** Takes a transfer off the clock or the links; returns the whole bytes that had arrived. */
  #withdraw(slot: number): number {
    if (this.#state[slot] === SHARING) return this.engine.close(this.#flow[slot]);
    this.#simulator.cancel(this.#arrival[slot]);
    return 0;
  }

  /** Ends a transfer. Its slot is free before anybody is told, so that whoever is told may cancel, start or crash what they like. */
  #finish(slot: number, outcome: TransferOutcome, deliveredBytes: number): void {
    const end = this.#end[slot] as TransferEnd<unknown>;
    const payload = this.#payload[slot];
    const parts = this.#partBytes[slot];
    const partArrived = this.#partArrived[slot] as PartArrival<unknown> | undefined;
    const flow = this.#flow[slot];
    this.counts[outcome]++;
    this.counts.deliveredBytes += deliveredBytes;
    this.counts.droppedBytes += this.#size[slot] - deliveredBytes;
    this.#state[slot] = FREE;
    this.#end[slot] = undefined;
    this.#payload[slot] = undefined;
    this.#extraLinks[slot] = undefined;
    this.#partBytes[slot] = undefined;
    this.#partArrived[slot] = undefined;
    this.#uses[slot]++;
    this.#freeSlots.push(slot);
    if (outcome === 'done' && parts !== undefined) {
      // The last part arrives with the end of its flow; where no flow was needed, all do.
      for (let part = flow === NO_FLOW ? 0 : parts.length - 1; part < parts.length; part++) partArrived!(part, payload);
    }
    end(outcome, payload, deliveredBytes);
  }

  #slotOf(id: TransferId): number {
    const slot = id % SLOT_LIMIT;
    return slot < this.#end.length && this.#state[slot] !== FREE && this.#uses[slot] * SLOT_LIMIT + slot === id ? slot : -1;
  }

  #checkLinks(links: readonly LinkId[]): void {
    for (let i = 0; i < links.length; i++) {
      const link = links[i];
      this.#checkAdded(link);
      if (links.indexOf(link) !== i) throw new RangeError(`extraLinks names link ${link} twice`);
    }
  }

  #checkAdded(link: LinkId): void {
    if (!this.#addedLinks.has(link)) throw new RangeError(`link ${link} does not exist; expected one made by addLink`);
  }

  #take(): number {
    const free = this.#freeSlots.pop();
    if (free !== undefined) return free;
    const slot = this.#end.length;
    if (slot >= SLOT_LIMIT) throw new RangeError(`more than ${SLOT_LIMIT} transfers in progress`);
    if (slot >= this.#state.length) this.#grow();
    this.#uses[slot] = 1;
    return slot;
  }

  #grow(): void {
    const size = 2 * this.#state.length;
    this.#state = enlarged(this.#state, new Uint8Array(size));
    this.#uses = enlarged(this.#uses, new Float64Array(size));
    this.#order = enlarged(this.#order, new Float64Array(size));
    this.#from = enlarged(this.#from, new Int32Array(size));
    this.#to = enlarged(this.#to, new Int32Array(size));
    this.#size = enlarged(this.#size, new Float64Array(size));
    this.#cap = enlarged(this.#cap, new Float64Array(size));
    this.#flow = enlarged(this.#flow, new Int32Array(size));
  }
}

function checkParts(partBytes: readonly number[], sizeBytes: number): void {
  let sum = 0;
  for (const bytes of partBytes) {
    if (!(Number.isSafeInteger(bytes) && bytes >= 1)) throw new RangeError(`partBytes holds ${bytes}; expected whole numbers ≥ 1`);
    sum += bytes;
  }
  if (sum !== sizeBytes) throw new RangeError(`partBytes adds up to ${sum}; expected sizeBytes, ${sizeBytes}`);
}
