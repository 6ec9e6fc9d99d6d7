/**
 * Pastry (Rowstron and Druschel, Middleware 2001): a ring of identifiers read digit by digit, each key owned by the numerically
 * closest node.
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
import { WalkLookups } from '../walk/lookups.ts';
import { writeConvergedTables } from './converged.ts';
import { PastryMaintenance } from './maintenance.ts';
import { pastryOptions } from './options.ts';
import type { PastryOptions } from './options.ts';
import { PastryTables } from './tables.ts';

export class Pastry implements Overlay {
  readonly protocol = 'pastry';
  readonly options: PastryOptions;
  readonly space: IdSpace;
  readonly ids: Uint32Array;
  readonly nodeCount: number;
  readonly ledger: MessageLedger;
  private readonly nodes: NodeSet;
  private readonly tables: PastryTables;
  private readonly lookups: WalkLookups;
  private readonly maintenance: PastryMaintenance;
  private readonly roundTrip: (from: NodeIndex, to: NodeIndex) => number;

  constructor(spec: NodeSetSpec, options: Partial<PastryOptions> = {}) {
    this.options = pastryOptions(options);
    this.nodes = new NodeSet(spec);
    this.space = this.nodes.space;
    this.ids = this.nodes.ids;
    this.nodeCount = this.nodes.count;
    this.ledger = this.nodes.ledger;
    this.tables = new PastryTables(this.space, this.ids, this.nodeCount, this.options);
    const rpc = new RpcTable(this.nodes.transport, 'pastry', this.options.rpcTimeoutNs);
    const suspect = (node: NodeIndex, peer: NodeIndex): void => {
      this.maintenance.suspect(node, peer);
    };
    // Routing itself finds out whether the initiator is the owner, and ends at the owner itself.
    this.lookups = new WalkLookups('pastry', this.nodes, this.tables, rpc, { ...this.options, checkOwner: false, confirmOwner: false, ownerRedirects: false }, suspect);
    this.maintenance = new PastryMaintenance(this.nodes, this.tables, rpc, this.options, this.lookups);
    const { network } = spec;
    this.roundTrip = (from, to) => network.latencyNs(this.hostOf(from), this.hostOf(to)) + network.latencyNs(this.hostOf(to), this.hostOf(from));
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
    writeConvergedTables(this.tables, nodes, this.options, this.nodes.simulator.random.stream('pastry converged tables'), this.roundTrip);
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
    const { leaves } = this.tables;
    return leaves.isEmpty(node) || leaves.covers(node, key) ? leaves.ordered(node, key, r) : [];
  }

  peers(node: NodeIndex): NodeIndex[] {
    return this.tables.peers(node);
  }

  state(node: NodeIndex): RoutingState {
    const { rows, leaves, neighbourhood } = this.tables;
    const view = (peer: NodeIndex): PeerView => ({ node: peer, id: this.space.toHex(this.ids, peer * this.space.words) });
    const grid: (PeerView | undefined)[][] = [];
    for (let row = 0; row < rows.rows; row++) {
      const columns = Array.from({ length: rows.columns }, (_, column) => rows.get(node, row, column));
      grid.push(columns.map((peer) => (peer < 0 ? undefined : view(peer))));
    }
    while (grid.length > 0 && grid[grid.length - 1].every((entry) => entry === undefined)) grid.pop();
    return {
      protocol: 'pastry',
      ...view(node),
      rows: grid,
      smallerLeaves: leaves.side(node, false).map(view),
      largerLeaves: leaves.side(node, true).map(view),
      neighbourhood: neighbourhood.peers(node).map(view),
    };
  }

  observe(observer: OverlayObserver): void {
    this.nodes.observe(observer);
  }
}
