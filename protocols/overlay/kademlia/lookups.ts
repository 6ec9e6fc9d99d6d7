import type { Handler } from '../../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { Id } from '../id-space.ts';
import { LookupRecord } from '../lookup-record.ts';
import type { NodeSet } from '../node-set.ts';
import type { NodeIndex } from '../overlay.ts';
import type { Answer, Request, RpcClient, RpcTable } from '../rpc.ts';
import { SlotTable } from '../slot-table.ts';
import { JOINED, JOINING } from '../transport.ts';
import type { OverlayMessage } from '../transport.ts';
import type { KBuckets } from './buckets.ts';
import type { Contacts } from './contacts.ts';
import { FIND, FIND_ANSWER } from './messages.ts';
import type { FindAnswer, FindRequest } from './messages.ts';
import type { KademliaOptions } from './options.ts';
import type { StoredValue, ValueStore } from './values.ts';

const NOBODY: readonly NodeIndex[] = [];

const UNASKED = 0;
const ASKED = 1;
const ANSWERED = 2;
const FAILED = 3;

/** A node that a lookup has heard of. */
interface Candidate {
  readonly node: NodeIndex;
  /** XOR distance to the key, its leading 53 bits or so; nearer candidates have no larger one. */
  readonly distance: number;
  state: number;
  /** Steps from the initiator: 0 itself, 1 its own contacts, d + 1 whom a node at d named. */
  readonly depth: number;
  /** Round in which it was first heard of; 0 for the initiator's own contacts. */
  readonly round: number;
}

/** Hears that a lookup has ended. */
export type KademliaCallback = (lookup: KademliaLookup, payload: number) => void;

/** A lookup in progress; candidates lie in the order of their distance to the key. */
export class KademliaLookup extends LookupRecord<KademliaLookup> {
  readonly candidates: Candidate[] = [];
  inFlight = 0;
  /** The closest candidate before the present round. */
  closestBefore: NodeIndex = -1;
  /** FIND_VALUE? */
  readonly wantsValue: boolean;
  value: StoredValue | undefined;

  constructor(origin: NodeIndex, key: Id, purpose: number, startNs: Nanoseconds, done: KademliaCallback, payload: number, wantsValue: boolean) {
    super(origin, key, purpose, startNs, done, payload, -1, 0);
    this.wantsValue = wantsValue;
  }
}

/**
 * Iterative FIND_NODE and FIND_VALUE with α requests in flight.
 *
 * In synchronous rounds a hop is a round. In asynchronous ones a hop is a step of the path along which the initiator came to hear of
 * the owner, the last one to the owner included.
 */
export class KademliaLookups implements RpcClient {
  private readonly nodes: NodeSet;
  private readonly buckets: KBuckets;
  private readonly contacts: Contacts;
  private readonly values: ValueStore;
  private readonly rpc: RpcTable;
  private readonly options: KademliaOptions;
  private readonly running = new SlotTable<KademliaLookup>();
  private readonly find: OverlayMessage<FindRequest>;
  private readonly findAnswer: OverlayMessage<FindAnswer>;
  private readonly endLater: Handler<number>;
  /** How many of the closest must have answered. */
  private readonly wanted: number;
  private readonly listLimit: number;

  constructor(nodes: NodeSet, buckets: KBuckets, contacts: Contacts, values: ValueStore, rpc: RpcTable, options: KademliaOptions) {
    this.nodes = nodes;
    this.buckets = buckets;
    this.contacts = contacts;
    this.values = values;
    this.rpc = rpc;
    this.options = options;
    this.wanted = options.resiliency === 0 ? options.k : options.resiliency;
    // Beyond the k closest, spares for those that will turn out dead.
    this.listLimit = 3 * options.k + 10;
    const { transport, simulator } = nodes;
    this.find = transport.register(
      FIND,
      (m) => {
        this.onFind(m);
      },
      JOINING,
    );
    this.findAnswer = transport.register(
      FIND_ANSWER,
      (m) => {
        rpc.settle(m);
      },
      JOINING,
    );
    this.endLater = simulator.handler('kademlia lookup ends', (number: number) => {
      const lookup = this.running.get(number);
      if (lookup !== undefined) this.end(lookup);
    });
  }

  /** Starts a lookup from the contacts that `origin` has. */
  start(origin: NodeIndex, key: Id, purpose: number, done: KademliaCallback, payload: number, wantsValue = false): number {
    const { simulator, transport } = this.nodes;
    const lookup = new KademliaLookup(origin, key, purpose, simulator.now, done, payload, wantsValue);
    lookup.number = this.running.open(lookup);
    if (!transport.runs(origin)) simulator.schedule(0, this.endLater, lookup.number);
    else {
      this.contacts.lookedUp(origin, key);
      lookup.candidates.push({ node: origin, distance: this.distance(origin, key), state: ANSWERED, depth: 0, round: 0 });
      for (const peer of this.buckets.closestUnordered(origin, key, this.options.k)) this.insert(lookup, peer, 1);
      this.proceed(lookup);
      if (lookup.inFlight === 0) simulator.schedule(0, this.endLater, lookup.number);
    }
    return lookup.number;
  }

  cancel(number: number): boolean {
    return this.running.close(number);
  }

  onAnswer(number: number, answer: Answer): void {
    const { contacts, value } = answer as FindAnswer;
    this.contacts.seen(answer.to, answer.from);
    const lookup = this.running.get(number);
    if (lookup === undefined) return;
    lookup.messages++;
    lookup.inFlight--;
    const candidate = this.candidate(lookup, answer.from);
    if (candidate !== undefined) candidate.state = ANSWERED;
    if (value !== undefined) {
      lookup.value = value;
      lookup.answeredBy = answer.from;
      this.end(lookup);
      return;
    }
    const depth = (candidate?.depth ?? 0) + 1;
    for (const peer of contacts) this.insert(lookup, peer, depth);
    this.goOn(lookup);
  }

  onTimeout(number: number, request: Request): void {
    this.contacts.failed(request.from, request.to);
    const lookup = this.running.get(number);
    if (lookup === undefined) return;
    lookup.timeouts++;
    lookup.messages += this.options.lookupAttempts - 1;
    lookup.inFlight--;
    const candidate = this.candidate(lookup, request.to);
    if (candidate !== undefined) candidate.state = FAILED;
    this.goOn(lookup);
  }

  onAbandoned(number: number): void {
    const lookup = this.running.get(number);
    if (lookup === undefined) return;
    lookup.candidates.length = 0;
    this.end(lookup);
  }

  private goOn(lookup: KademliaLookup): void {
    if (this.options.rounds === 'asynchronous' || lookup.inFlight === 0) this.proceed(lookup);
    if (lookup.inFlight === 0 || this.finished(lookup)) this.end(lookup);
  }

  /** Sends what may be sent now. */
  private proceed(lookup: KademliaLookup): void {
    const { options } = this;
    if (options.rounds === 'asynchronous') {
      this.askClosest(lookup, options.alpha - lookup.inFlight);
      return;
    }
    const closest = this.closestLive(lookup);
    const improved = lookup.rounds === 0 || closest !== lookup.closestBefore;
    lookup.closestBefore = closest;
    if (!improved && options.termination === 'no-closer') return;
    this.askClosest(lookup, improved ? options.alpha : options.k);
    if (lookup.inFlight > 0) lookup.rounds++;
  }

  /** Asks up to `count` of the closest wanted candidates that were not asked yet. */
  private askClosest(lookup: KademliaLookup, count: number): void {
    let live = 0;
    for (let i = 0; i < lookup.candidates.length && live < this.wanted && count > 0; i++) {
      const candidate = lookup.candidates[i];
      if (candidate.state === FAILED) continue;
      live++;
      if (candidate.state !== UNASKED) continue;
      candidate.state = ASKED;
      count--;
      lookup.inFlight++;
      lookup.messages++;
      const { origin: from, purpose, key, wantsValue: value } = lookup;
      this.rpc.send(this.find, { to: candidate.node, from, rpc: this.rpc.open(this, lookup.number, this.options.lookupAttempts), purpose, key, value });
    }
  }

  /** Have the closest wanted candidates all answered? */
  private finished(lookup: KademliaLookup): boolean {
    if (this.options.termination === 'no-closer') return lookup.inFlight === 0;
    let live = 0;
    for (const candidate of lookup.candidates) {
      if (candidate.state === FAILED) continue;
      if (candidate.state !== ANSWERED) return false;
      if (++live === this.wanted) return true;
    }
    return lookup.inFlight === 0;
  }

  private closestLive(lookup: KademliaLookup): NodeIndex {
    for (const candidate of lookup.candidates) if (candidate.state !== FAILED) return candidate.node;
    return -1;
  }

  private insert(lookup: KademliaLookup, peer: NodeIndex, depth: number): void {
    const { candidates, key } = lookup;
    const distance = this.distance(peer, key);
    let at = firstBeyond(candidates, distance);
    if (at >= this.listLimit) return;
    // Among those whose leading bits agree, all bits decide.
    const { space, ids } = this.nodes;
    const w = space.words;
    while (at > 0 && candidates[at - 1].distance === distance) {
      const before = candidates[at - 1].node;
      if (before === peer) return;
      if (space.compareXor(ids, peer * w, ids, before * w, key, 0) > 0) break;
      at--;
    }
    if (at >= this.listLimit) return;
    const candidate: Candidate = { node: peer, distance, state: UNASKED, depth, round: lookup.rounds };
    // `splice`, written out: it makes an array of what it removes each time, and this is most of what a lookup does.
    candidates.push(candidate);
    for (let i = candidates.length - 1; i > at; i--) candidates[i] = candidates[i - 1];
    candidates[at] = candidate;
    if (candidates.length > this.listLimit && candidates[candidates.length - 1].state === UNASKED) candidates.pop();
  }

  private candidate(lookup: KademliaLookup, node: NodeIndex): Candidate | undefined {
    const { candidates } = lookup;
    const distance = this.distance(node, lookup.key);
    for (let i = firstBeyond(candidates, distance) - 1; i >= 0 && candidates[i].distance === distance; i--) if (candidates[i].node === node) return candidates[i];
    return undefined;
  }

  /** Rounding to 53 bits keeps the order, apart from making near ones equal. */
  private distance(node: NodeIndex, key: Id): number {
    const { ids, space } = this.nodes;
    const at = node * space.words;
    const high = (ids[at] ^ key[0]) >>> 0;
    return space.words === 1 ? high : high * 0x1_0000_0000 + ((ids[at + 1] ^ key[1]) >>> 0);
  }

  private end(lookup: KademliaLookup): void {
    if (!this.running.close(lookup.number)) return;
    const answered = lookup.candidates.filter((c) => c.state === ANSWERED);
    // An initiator that nobody answered, although it asked, knows nothing of who owns the key.
    const cutOff = answered.length <= 1 && lookup.timeouts > 0;
    if (answered.length > 0 && !cutOff && this.nodes.transport.phase[lookup.origin] === JOINED) {
      const [owner] = answered;
      lookup.ok = true;
      lookup.owner = owner.node;
      if (lookup.answeredBy < 0) lookup.answeredBy = owner.node;
      lookup.replicas = answered.slice(0, this.options.k).map((c) => c.node);
      lookup.ownerRounds = this.options.rounds === 'synchronous' ? owner.round : owner.depth;
      lookup.hops = this.options.rounds === 'synchronous' ? lookup.rounds : owner.depth;
      if (this.options.rounds === 'asynchronous') lookup.rounds = Math.max(...answered.map((c) => c.depth));
    } else lookup.replicas = answered.map((c) => c.node);
    lookup.latencyNs = this.nodes.simulator.now - lookup.startNs;
    lookup.done(lookup, lookup.payload);
  }

  private onFind(m: FindRequest): void {
    const { transport, simulator } = this.nodes;
    const value = m.value ? this.values.get(m.to, m.key, simulator.now)?.value : undefined;
    const contacts = value === undefined ? this.buckets.closestUnordered(m.to, m.key, this.options.k, m.from) : NOBODY;
    transport.send(this.findAnswer, { to: m.from, from: m.to, rpc: m.rpc, contacts, value }, m.purpose);
    this.contacts.seen(m.to, m.from);
  }
}

/** The place of the first candidate that is farther than `distance`. */
function firstBeyond(candidates: readonly Candidate[], distance: number): number {
  let low = 0;
  let high = candidates.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (candidates[middle].distance <= distance) low = middle + 1;
    else high = middle;
  }
  return low;
}
