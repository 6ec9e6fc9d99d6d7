/** What Chord, Kademlia and Pastry have in common from outside: their nodes, and the checks of every call. */
import type { HostId } from '../../sim/network/topology.ts';
import type { Id, IdSpace } from './id-space.ts';
import { LOOKUP } from './ledger.ts';
import type { MessageLedger } from './ledger.ts';
import { NodeSet } from './node-set.ts';
import type { NodeSetSpec } from './node-set.ts';
import type { LookupCallback, LookupHandle, NodeIndex, Overlay, OverlayObserver, PeerView, Protocol, RoutingState } from './overlay.ts';
import { OUTSIDE } from './transport.ts';

/** The protocol's own lookups. */
export interface ProtocolLookups {
  start(from: NodeIndex, key: Id, purpose: number, done: LookupCallback, payload: number): LookupHandle;
  cancel(handle: LookupHandle): boolean;
}

/** The protocol's own membership. */
export interface ProtocolMembership {
  join(node: NodeIndex, bootstrap: NodeIndex | undefined): void;
  leave(node: NodeIndex): void;
  /** Makes a node with tables written from outside a member. */
  adopt(node: NodeIndex): void;
  /** Takes a node out without a word. */
  remove(node: NodeIndex): void;
}

export abstract class ProtocolOverlay implements Overlay {
  abstract readonly protocol: Protocol;
  readonly space: IdSpace;
  readonly ids: Uint32Array;
  readonly nodeCount: number;
  readonly ledger: MessageLedger;
  protected readonly nodes: NodeSet;
  protected abstract readonly lookups: ProtocolLookups;
  protected abstract readonly maintenance: ProtocolMembership;

  constructor(spec: NodeSetSpec) {
    this.nodes = new NodeSet(spec);
    this.space = this.nodes.space;
    this.ids = this.nodes.ids;
    this.nodeCount = this.nodes.count;
    this.ledger = this.nodes.ledger;
  }

  abstract neighbours(node: NodeIndex, key: Id, r: number): NodeIndex[];
  abstract peers(node: NodeIndex): NodeIndex[];
  abstract state(node: NodeIndex): RoutingState;

  /** Writes the tables that these nodes would have once everything has settled. */
  protected abstract writeConverged(nodes: readonly NodeIndex[]): void;

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
    this.writeConverged(nodes);
    for (const node of nodes) this.maintenance.adopt(node);
  }

  lookup(from: NodeIndex, key: Id, done: LookupCallback, payload = 0): LookupHandle {
    this.nodes.requireNode(from);
    return this.lookups.start(from, key, LOOKUP, done, payload);
  }

  cancelLookup(handle: LookupHandle): boolean {
    return this.lookups.cancel(handle);
  }

  observe(observer: OverlayObserver): void {
    this.nodes.observe(observer);
  }

  /** A peer as a routing state shows it. */
  protected view(peer: NodeIndex): PeerView {
    return { node: peer, id: this.space.toHex(this.ids, peer * this.space.words) };
  }
}
