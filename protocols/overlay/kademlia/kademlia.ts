/**
 * Kademlia (Maymounkov and Mazières, IPTPS 2002): identifiers under the XOR metric, each key kept by the nodes closest to it.
 */
import type { Id } from '../id-space.ts';
import type { NodeSetSpec } from '../node-set.ts';
import type { NodeIndex, PeerView, RoutingState } from '../overlay.ts';
import { ProtocolOverlay } from '../protocol-overlay.ts';
import { RpcTable } from '../rpc.ts';
import { KBuckets } from './buckets.ts';
import { Contacts } from './contacts.ts';
import { writeIdealBuckets } from './converged.ts';
import { writeGrownBuckets } from './grown.ts';
import { KademliaLookups } from './lookups.ts';
import { KademliaMaintenance } from './maintenance.ts';
import { kademliaOptions } from './options.ts';
import type { KademliaOptions } from './options.ts';
import { Publication } from './publication.ts';
import type { StoreCallback, ValueCallback } from './publication.ts';
import type { StoredValue } from './values.ts';

export class Kademlia extends ProtocolOverlay {
  readonly protocol = 'kademlia';
  readonly options: KademliaOptions;
  private readonly buckets: KBuckets;
  protected readonly lookups: KademliaLookups;
  private readonly publication: Publication;
  protected readonly maintenance: KademliaMaintenance;

  constructor(spec: NodeSetSpec, options: Partial<KademliaOptions> = {}) {
    super(spec);
    this.options = kademliaOptions(options);
    const { k, digitBits, replacements, rpcTimeoutNs } = this.options;
    this.buckets = new KBuckets(this.space, this.ids, this.nodeCount, k, digitBits, replacements);
    const rpc = new RpcTable(this.nodes.transport, 'kademlia', rpcTimeoutNs);
    const contacts = new Contacts(this.nodes, this.buckets, rpc, this.options);
    this.publication = new Publication(this.nodes, this.buckets, contacts, rpc, this.options);
    this.lookups = new KademliaLookups(this.nodes, this.buckets, contacts, this.publication.values, rpc, this.options);
    this.publication.useLookups(this.lookups);
    this.maintenance = new KademliaMaintenance(this.nodes, this.buckets, contacts, this.lookups, this.publication, this.options);
  }

  protected writeConverged(nodes: readonly NodeIndex[]): void {
    const { random } = this.nodes.simulator;
    if (this.options.tables === 'ideal') writeIdealBuckets(this.buckets, nodes, random.stream('kademlia ideal tables'));
    else writeGrownBuckets(this.buckets, nodes, this.options.alpha, random.stream('kademlia grown tables'));
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
    const view = (peer: NodeIndex): PeerView => this.view(peer);
    const buckets = [];
    for (let bucket = 0; bucket < this.buckets.perNode; bucket++) {
      const peers = this.buckets.list(node, bucket);
      if (peers.length > 0) buckets.push({ index: bucket, peers: peers.map(view), replacements: this.buckets.replacementList(node, bucket).map(view) });
    }
    return { protocol: 'kademlia', ...view(node), buckets };
  }
}
