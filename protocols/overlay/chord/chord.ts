/**
 * Chord (Stoica et al., IEEE/ACM Transactions on Networking 11(1), 2003): a ring of identifiers, each key owned by its successor.
 */
import type { Id } from '../id-space.ts';
import type { NodeSetSpec } from '../node-set.ts';
import type { NodeIndex, PeerView, RoutingState } from '../overlay.ts';
import { ProtocolOverlay } from '../protocol-overlay.ts';
import { RpcTable } from '../rpc.ts';
import { WalkLookups } from '../walk/lookups.ts';
import { writeConvergedTables } from './converged.ts';
import { ChordMaintenance } from './maintenance.ts';
import { chordOptions } from './options.ts';
import type { ChordOptions } from './options.ts';
import { ChordTables } from './tables.ts';

export class Chord extends ProtocolOverlay {
  readonly protocol = 'chord';
  readonly options: ChordOptions;
  private readonly tables: ChordTables;
  protected readonly lookups: WalkLookups;
  protected readonly maintenance: ChordMaintenance;

  constructor(spec: NodeSetSpec, options: Partial<ChordOptions> = {}) {
    super(spec);
    this.options = chordOptions(options);
    this.tables = new ChordTables(this.space, this.ids, this.nodeCount, this.options.successors, this.options.routing === 'fingers-and-list');
    const rpc = new RpcTable(this.nodes.transport, 'chord', this.options.rpcTimeoutNs);
    const suspect = (node: NodeIndex, peer: NodeIndex): void => {
      this.maintenance.suspect(node, peer);
    };
    this.lookups = new WalkLookups('chord', this.nodes, this.tables, rpc, this.options, suspect);
    this.maintenance = new ChordMaintenance(this.nodes, this.tables, rpc, this.options, this.lookups);
  }

  protected writeConverged(nodes: readonly NodeIndex[]): void {
    writeConvergedTables(this.tables, nodes);
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
    const view = (peer: NodeIndex): PeerView => this.view(peer);
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
}
