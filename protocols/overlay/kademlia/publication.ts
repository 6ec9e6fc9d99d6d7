import { STORE as STORE_PURPOSE } from '../ledger.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { Id } from '../id-space.ts';
import type { NodeSet } from '../node-set.ts';
import type { LookupResult, NodeIndex } from '../overlay.ts';
import { Rounds } from '../rounds.ts';
import type { Answer, Request, RpcClient, RpcTable } from '../rpc.ts';
import { JOINING } from '../transport.ts';
import type { OverlayMessage } from '../transport.ts';
import type { KBuckets } from './buckets.ts';
import type { Contacts } from './contacts.ts';
import type { KademliaLookup, KademliaLookups } from './lookups.ts';
import { STORE, STORED } from './messages.ts';
import type { StoreRequest } from './messages.ts';
import type { KademliaOptions } from './options.ts';
import { ValueStore } from './values.ts';
import type { StoredValue, ValueRecord } from './values.ts';

/** `stored`: on how many nodes, the publisher included where it is one of the k closest. */
export type StoreCallback = (stored: number, payload: number) => void;
export type ValueCallback = (value: StoredValue | undefined, result: LookupResult, payload: number) => void;

/** One STORE under way to several nodes. */
interface Publishing {
  waiting: number;
  stored: number;
  readonly done: StoreCallback;
  readonly payload: number;
}

/** STORE and FIND_VALUE, republishing, expiry, caching, and the transfer of values to newcomers [K 2.3–2.5]. */
export class Publication implements RpcClient {
  readonly values: ValueStore;
  private readonly nodes: NodeSet;
  private readonly buckets: KBuckets;
  private readonly contacts: Contacts;
  private readonly rpc: RpcTable;
  private readonly options: KademliaOptions;
  private lookups: KademliaLookups | undefined;
  /** What each node published itself. */
  private readonly published = new Map<NodeIndex, Map<string, { readonly key: Id; readonly value: StoredValue }>>();
  private readonly publishings = new Map<number, Publishing>();
  private nextPublishing = 1;
  private readonly store: OverlayMessage<StoreRequest>;
  private readonly stored: OverlayMessage<Answer>;
  private readonly republishRounds: Rounds;
  private readonly publishRounds: Rounds;

  constructor(nodes: NodeSet, buckets: KBuckets, contacts: Contacts, rpc: RpcTable, options: KademliaOptions) {
    this.nodes = nodes;
    this.buckets = buckets;
    this.contacts = contacts;
    this.rpc = rpc;
    this.options = options;
    this.values = new ValueStore((key) => nodes.space.toHex(key));
    const { transport, simulator } = nodes;
    this.store = transport.register(
      STORE,
      (m) => {
        const { now } = simulator;
        this.values.put(m.to, m.key, m.value, now, now + m.lifetimeNs);
        transport.send(this.stored, { to: m.from, from: m.to, rpc: m.rpc }, m.purpose);
        contacts.seen(m.to, m.from);
      },
      JOINING,
    );
    this.stored = transport.register(
      STORED,
      (m) => {
        contacts.seen(m.to, m.from);
        rpc.settle(m);
      },
      JOINING,
    );
    contacts.onNewContact = (node, peer) => {
      this.transferTo(node, peer);
    };
    this.republishRounds = new Rounds(simulator, 'kademlia republish', nodes.count, options.republishPeriodNs, options.periodSpread, (node) => {
      if (nodes.isMember(node) && transport.runs(node)) this.republish(node);
    });
    this.publishRounds = new Rounds(simulator, 'kademlia publish', nodes.count, options.publishPeriodNs, 0, (node) => {
      if (!nodes.isMember(node) || !transport.runs(node)) return;
      for (const { key, value } of this.published.get(node)?.values() ?? []) this.place(node, key, value, options.expiryNs, IGNORE, 0);
    });
  }

  useLookups(lookups: KademliaLookups): void {
    this.lookups = lookups;
  }

  start(node: NodeIndex): void {
    this.republishRounds.start(node);
    this.publishRounds.start(node);
  }

  /** The node's process ends: what it held is gone. */
  stop(node: NodeIndex): void {
    this.republishRounds.stop(node);
    this.publishRounds.stop(node);
    this.values.forget(node);
    this.published.delete(node);
  }

  publish(node: NodeIndex, key: Id, value: StoredValue, done: StoreCallback, payload: number): void {
    let own = this.published.get(node);
    if (own === undefined) {
      own = new Map();
      this.published.set(node, own);
    }
    own.set(this.nodes.space.toHex(key), { key, value });
    this.place(node, key, value, this.options.expiryNs, done, payload);
  }

  find(node: NodeIndex, key: Id, done: ValueCallback, payload: number): void {
    const { now } = this.nodes.simulator;
    this.lookups!.start(
      node,
      key,
      STORE_PURPOSE,
      (result) => {
        const held = this.values.get(node, key, this.nodes.simulator.now)?.value;
        const { value } = result;
        if (value !== undefined) this.cache(result, value);
        done(value ?? held, result, payload);
      },
      payload,
      this.values.get(node, key, now) === undefined,
    );
  }

  /** Gives everything that a leaving node holds to the nodes now closest to it. */
  handOver(node: NodeIndex): void {
    const { now } = this.nodes.simulator;
    for (const record of this.values.list(node, now)) {
      for (const peer of this.buckets.closest(node, record.key, this.options.k)) this.send(node, peer, record, record.expiresNs - now, 0);
    }
  }

  onAnswer(number: number): void {
    this.settle(number, 1);
  }

  onTimeout(number: number, request: Request): void {
    this.contacts.failed(request.from, request.to);
    this.settle(number, 0);
  }

  onAbandoned(number: number): void {
    this.settle(number, 0);
  }

  /** Looks up the k closest nodes and stores there. */
  private place(node: NodeIndex, key: Id, value: StoredValue, lifetimeNs: Nanoseconds, done: StoreCallback, payload: number): void {
    this.lookups!.start(
      node,
      key,
      STORE_PURPOSE,
      (result) => {
        const publishing: Publishing = { waiting: 1, stored: 0, done, payload };
        const number = this.nextPublishing++;
        this.publishings.set(number, publishing);
        const { now } = this.nodes.simulator;
        for (const holder of result.ok ? result.replicas : []) {
          if (holder === node) {
            this.values.put(node, key, value, now, now + lifetimeNs);
            publishing.stored++;
          } else {
            publishing.waiting++;
            this.send(node, holder, { key, value }, lifetimeNs, number);
          }
        }
        this.settle(number, 0);
      },
      0,
    );
  }

  private send(from: NodeIndex, to: NodeIndex, record: Pick<ValueRecord, 'key' | 'value'>, lifetimeNs: Nanoseconds, number: number): void {
    const rpc = this.rpc.open(this, number, this.options.lookupAttempts);
    this.rpc.send(this.store, { to, from, rpc, purpose: STORE_PURPOSE, key: record.key, value: record.value, lifetimeNs });
  }

  private settle(number: number, stored: number): void {
    const publishing = this.publishings.get(number);
    if (publishing === undefined) return;
    publishing.stored += stored;
    if (--publishing.waiting > 0) return;
    this.publishings.delete(number);
    publishing.done(publishing.stored, publishing.payload);
  }

  /** Whoever stored a value on this node within the last period stored it on the other holders as well: then nothing is to do. */
  private republish(node: NodeIndex): void {
    const { now } = this.nodes.simulator;
    for (const record of this.values.list(node, now)) {
      if (now - record.storedNs < (1 - this.options.periodSpread) * this.options.republishPeriodNs) continue;
      record.storedNs = now;
      this.place(node, record.key, record.value, record.expiresNs - now, IGNORE, 0);
    }
  }

  /** After a value was found: the closest node that did not have it keeps a copy, the shorter the farther it is from the key. */
  private cache(lookup: KademliaLookup, value: StoredValue): void {
    const at = lookup.candidates.findIndex((c) => lookup.replicas.includes(c.node) && c.node !== lookup.answeredBy && c.node !== lookup.origin);
    if (at < 0) return;
    let lifetimeNs = this.options.expiryNs;
    for (let i = 0; i < at; i++) lifetimeNs /= 2;
    this.send(lookup.origin, lookup.candidates[at].node, { key: lookup.key, value }, Math.ceil(lifetimeNs), 0);
  }

  /** A newcomer that belongs to the holders of a value gets it from the holder closest to the key. */
  private transferTo(node: NodeIndex, peer: NodeIndex): void {
    const { space, ids, simulator } = this.nodes;
    const w = space.words;
    for (const record of this.values.list(node, simulator.now)) {
      const closest = this.buckets.closest(node, record.key, this.options.k);
      if (!closest.includes(peer)) continue;
      const nearer = closest.find((c) => c !== peer);
      const mine = nearer === undefined || space.compareXor(ids, node * w, ids, nearer * w, record.key, 0) < 0;
      if (mine) this.send(node, peer, record, record.expiresNs - simulator.now, 0);
    }
  }
}

const IGNORE = (): void => undefined;
