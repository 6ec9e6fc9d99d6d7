/**
 * Chord (Stoica et al., IEEE/ACM Transactions on Networking 11(1), 2003): a ring of identifiers, each key owned by its successor.
 */
import type { HostId } from '../../../sim/network/topology.ts';
import type { Id, IdSpace } from '../id-space.ts';
import { LOOKUP } from '../ledger.ts';
import type { MessageLedger } from '../ledger.ts';
import { NodeSet } from '../node-set.ts';
import type { NodeSetSpec } from '../node-set.ts';
import type { LookupCallback, LookupHandle, NodeIndex, Overlay, OverlayObserver, PeerView, RoutingState } from '../overlay.ts';
import { RpcTable } from '../rpc.ts';
import { WalkLookups } from '../walk/lookups.ts';
import { writeConvergedTables } from './converged.ts';
import { ChordMaintenance } from './maintenance.ts';
import { chordOptions } from './options.ts';
import type { ChordOptions } from './options.ts';
import { ChordTables } from './tables.ts';

export class Chord implements Overlay {
  readonly protocol = 'chord';
  readonly options: ChordOptions;
  readonly space: IdSpace;
  readonly ids: Uint32Array;
  readonly nodeCount: number;
  readonly ledger: MessageLedger;
  private readonly nodes: NodeSet;
  private readonly tables: ChordTables;
  private readonly lookups: WalkLookups;
  private readonly maintenance: ChordMaintenance;

  constructor(spec: NodeSetSpec, options: Partial<ChordOptions> = {}) {
    this.options = chordOptions(options);
    this.nodes = new NodeSet(spec);
    this.space = this.nodes.space;
    this.ids = this.nodes.ids;
    this.nodeCount = this.nodes.count;
    this.ledger = this.nodes.ledger;
    this.tables = new ChordTables(this.space, this.ids, this.nodeCount, this.options.successors, this.options.routing === 'fingers-and-list');
    const rpc = new RpcTable(this.nodes.transport, 'chord', this.options.rpcTimeoutNs);
    const suspect = (node: NodeIndex, peer: NodeIndex): void => {
      this.maintenance.suspect(node, peer);
    };
    this.lookups = new WalkLookups('chord', this.nodes, this.tables, rpc, this.options, suspect);
    this.maintenance = new ChordMaintenance(this.nodes, this.tables, rpc, this.options, this.lookups);
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
    for (let node = 0; node < this.nodeCount; node++) if (this.nodes.transport.phase[node] !== 0) this.maintenance.remove(node);
    writeConvergedTables(this.tables, nodes);
    for (const node of nodes) this.maintenance.adopt(node);
  }

  lookup(from: NodeIndex, key: Id, done: LookupCallback, payload = 0): LookupHandle {
    this.nodes.requireNode(from);
    return this.lookups.start(from, key, LOOKUP, done, payload);
  }

  cancelLookup(handle: LookupHandle): boolean {
    return this.lookups.cancel(handle);
  }

  neighbours(node: NodeIndex, key: Id, r: number): NodeIndex[] {
    if (!this.isMember(node)) return [];
    if (this.tables.owns(node, key)) return this.tables.ownReplicas(node).slice(0, r);
    this.tables.route(node, key, [], true);
    return this.tables.done ? this.tables.owners(node).slice(0, r) : [];
  }

  peers(node: NodeIndex): NodeIndex[] {
    const { bits } = this.space;
    const peers = new Set(this.tables.successorList(node));
    for (let i = node * bits; i < (node + 1) * bits; i++) peers.add(this.tables.fingers[i]);
    peers.add(this.tables.predecessor[node]);
    peers.delete(-1);
    peers.delete(node);
    return [...peers];
  }

  state(node: NodeIndex): RoutingState {
    const { tables, space } = this;
    const view = (peer: NodeIndex): PeerView => ({ node: peer, id: space.toHex(this.ids, peer * space.words) });
    const fingers = [];
    const start = new Uint32Array(space.words);
    for (let exponent = 0; exponent < space.bits; exponent++) {
      const peer = tables.fingers[node * space.bits + exponent];
      if (peer < 0) continue;
      space.addPowerOfTwo(this.ids, node * space.words, exponent, start);
      fingers.push({ exponent, start: space.toHex(start), peer: view(peer) });
    }
    const predecessor = tables.predecessor[node];
    return {
      protocol: 'chord',
      ...view(node),
      predecessor: predecessor < 0 ? undefined : view(predecessor),
      successors: tables.successorList(node).map(view),
      fingers,
    };
  }

  observe(observer: OverlayObserver): void {
    this.nodes.observe(observer);
  }
}
