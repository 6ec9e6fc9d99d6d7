/**
 * Pastry (Rowstron and Druschel, Middleware 2001): a ring of identifiers read digit by digit, each key owned by the numerically
 * closest node.
 */
import type { Id } from '../id-space.ts';
import type { NodeSetSpec } from '../node-set.ts';
import type { NodeIndex, PeerView, RoutingState } from '../overlay.ts';
import { ProtocolOverlay } from '../protocol-overlay.ts';
import { RpcTable } from '../rpc.ts';
import { WalkLookups } from '../walk/lookups.ts';
import { writeConvergedTables } from './converged.ts';
import { PastryMaintenance } from './maintenance.ts';
import { pastryOptions } from './options.ts';
import type { PastryOptions } from './options.ts';
import { PastryTables } from './tables.ts';

export class Pastry extends ProtocolOverlay {
  readonly protocol = 'pastry';
  readonly options: PastryOptions;
  private readonly tables: PastryTables;
  protected readonly lookups: WalkLookups;
  protected readonly maintenance: PastryMaintenance;
  private readonly roundTrip: (from: NodeIndex, to: NodeIndex) => number;

  constructor(spec: NodeSetSpec, options: Partial<PastryOptions> = {}) {
    super(spec);
    this.options = pastryOptions(options);
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

  protected writeConverged(nodes: readonly NodeIndex[]): void {
    writeConvergedTables(this.tables, nodes, this.options, this.nodes.simulator.random.stream('pastry converged tables'), this.roundTrip);
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
    const view = (peer: NodeIndex): PeerView => this.view(peer);
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
}
