/**
 * Kademlia (Maymounkov and Mazières, IPTPS 2002): identifiers under the XOR metric, each key kept by the nodes closest to it.
 */
import type { HostId } from '../../../sim/network/topology.ts';
import type { Id, IdSpace } from '../id-space.ts';
import { LOOKUP } from '../ledger.ts';
import type { MessageLedger } from '../ledger.ts';
import { NodeSet } from '../node-set.ts';
import type { NodeSetSpec } from '../node-set.ts';
import type { LookupCallback, LookupHandle, NodeIndex, Overlay, OverlayObserver, PeerView, RoutingState } from '../overlay.ts';
import { RpcTable } from '../rpc.ts';
import { OUTSIDE } from '../transport.ts';
import { KBuckets } from './buckets.ts';
import { Contacts } from './contacts.ts';
import { writeIdealBuckets } from './converged.ts';
import { KademliaLookups } from './lookups.ts';
import { KademliaMaintenance } from './maintenance.ts';
import { kademliaOptions } from './options.ts';
import type { KademliaOptions } from './options.ts';
import { Publication } from './publication.ts';
import type { StoreCallback, ValueCallback } from './publication.ts';
import type { StoredValue } from './values.ts';

export class Kademlia implements Overlay {
  readonly protocol = 'kademlia';
  readonly options: KademliaOptions;
  readonly space: IdSpace;
  readonly ids: Uint32Array;
  readonly nodeCount: number;
  readonly ledger: MessageLedger;
  private readonly nodes: NodeSet;
  private readonly buckets: KBuckets;
  private readonly lookups: KademliaLookups;
  private readonly publication: Publication;
  private readonly maintenance: KademliaMaintenance;

  constructor(spec: NodeSetSpec, options: Partial<KademliaOptions> = {}) {
    this.options = kademliaOptions(options);
    this.nodes = new NodeSet(spec);
    this.space = this.nodes.space;
    this.ids = this.nodes.ids;
    this.nodeCount = this.nodes.count;
    this.ledger = this.nodes.ledger;
    const { k, digitBits, replacements, rpcTimeoutNs } = this.options;
    this.buckets = new KBuckets(this.space, this.ids, this.nodeCount, k, digitBits, replacements);
    const rpc = new RpcTable(this.nodes.transport, 'kademlia', rpcTimeoutNs);
    const contacts = new Contacts(this.nodes, this.buckets, rpc, this.options);
    this.publication = new Publication(this.nodes, this.buckets, contacts, rpc, this.options);
    this.lookups = new KademliaLookups(this.nodes, this.buckets, contacts, this.publication.values, rpc, this.options);
    this.publication.useLookups(this.lookups);
    this.maintenance = new KademliaMaintenance(this.nodes, this.buckets, contacts, this.lookups, this.publication, this.options);
  }

  idOf(node: NodeIndex): Id {
    return this.space.at(this.ids, node);
  }

  hostOf(node: NodeIndex): HostId {
    return this.nodes.hosts[node];
  }

  isMember(node: NodeIndex): boolean {
    return this.nodes.isMember(node);
  }

  join(node: NodeIndex, bootstrap: NodeIndex | undefined): void {
    this.nodes.requireNode(node);
    if (bootstrap !== undefined) this.nodes.requireNode(bootstrap);
    if (bootstrap === node) throw new RangeError(`bootstrap: node ${node} cannot join through itself`);
    this.maintenance.join(node, bootstrap);
  }

  leave(node: NodeIndex): void {
    this.nodes.requireNode(node);
    this.maintenance.leave(node);
  }

  buildConverged(nodes: readonly NodeIndex[]): void {
    for (const node of nodes) this.nodes.requireNode(node);
    for (let node = 0; node < this.nodeCount; node++) if (this.nodes.transport.phase[node] !== OUTSIDE) this.maintenance.remove(node);
    writeIdealBuckets(this.buckets, nodes, this.nodes.simulator.random.stream('kademlia ideal tables'));
    for (const node of nodes) this.maintenance.adopt(node);
  }

  lookup(from: NodeIndex, key: Id, done: LookupCallback, payload = 0): LookupHandle {
    this.nodes.requireNode(from);
    return this.lookups.start(from, key, LOOKUP, done, payload);
  }

  cancelLookup(handle: LookupHandle): boolean {
    return this.lookups.cancel(handle);
  }

  /** STORE on the k nodes closest to the key; `from` publishes it again until it leaves. */
  store(from: NodeIndex, key: Id, value: StoredValue, done: StoreCallback, payload = 0): void {
    this.nodes.requireNode(from);
    this.publication.publish(from, key, value, done, payload);
  }

  /** FIND_VALUE: ends at the first node that has the value. */
  findValue(from: NodeIndex, key: Id, done: ValueCallback, payload = 0): void {
    this.nodes.requireNode(from);
    this.publication.find(from, key, done, payload);
  }

  /** Does this node hold a value for the key at present? */
  holds(node: NodeIndex, key: Id): boolean {
    return this.publication.values.get(node, key, this.nodes.simulator.now) !== undefined;
  }

  neighbours(node: NodeIndex, key: Id, r: number): NodeIndex[] {
    if (!this.isMember(node)) return [];
    const w = this.space.words;
    return [node, ...this.buckets.closest(node, key, r)].sort((a, b) => this.space.compareXor(this.ids, a * w, this.ids, b * w, key, 0)).slice(0, r);
  }

  peers(node: NodeIndex): NodeIndex[] {
    return this.buckets.peers(node);
  }

  state(node: NodeIndex): RoutingState {
    const view = (peer: NodeIndex): PeerView => ({ node: peer, id: this.space.toHex(this.ids, peer * this.space.words) });
    const buckets = [];
    for (let bucket = 0; bucket < this.buckets.perNode; bucket++) {
      const peers = this.buckets.list(node, bucket);
      if (peers.length > 0) buckets.push({ index: bucket, peers: peers.map(view), replacements: this.buckets.replacementList(node, bucket).map(view) });
    }
    return { protocol: 'kademlia', ...view(node), buckets };
  }

  observe(observer: OverlayObserver): void {
    this.nodes.observe(observer);
  }
}
