import type { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { LEAVE, MAINTENANCE, REPAIR } from '../ledger.ts';
import type { NodeSet } from '../node-set.ts';
import type { LookupResult, NodeIndex } from '../overlay.ts';
import { Rounds } from '../rounds.ts';
import type { RpcClient, RpcTable } from '../rpc.ts';
import { Suspicion } from '../suspicion.ts';
import { JOINED } from '../transport.ts';
import type { OverlayMessage } from '../transport.ts';
import type { WalkLookups } from '../walk/lookups.ts';
import { PastryJoin } from './join.ts';
import { LEAVE_NOTICE } from './messages.ts';
import type { Peers } from './messages.ts';
import type { PastryOptions } from './options.ts';
import { PastryPeers } from './peers.ts';
import type { PastryTables } from './tables.ts';

/** Probes between two that ask the way to the node's own place although nobody is missing. */
const PLACE_PROBE_EVERY = 10;

/** Keep-alives and exchange of leaf sets, exchange of rows, leave, and the slow search for peers of a part that was cut off. */
export class PastryMaintenance {
  private readonly nodes: NodeSet;
  private readonly tables: PastryTables;
  private readonly options: PastryOptions;
  private readonly lookups: WalkLookups;
  private readonly peers: PastryPeers;
  private readonly joining: PastryJoin;
  private readonly suspicion: Suspicion;
  private readonly random: RandomStream;
  private readonly leafRounds: Rounds;
  private readonly rowRounds: Rounds | undefined;
  private readonly bootstraps: Int32Array;
  private readonly probedNs: Float64Array;
  private readonly probes: Uint8Array;
  private readonly leaveMessage: OverlayMessage<Peers>;
  private readonly probed: RpcClient;

  constructor(nodes: NodeSet, tables: PastryTables, rpc: RpcTable, options: PastryOptions, lookups: WalkLookups) {
    this.nodes = nodes;
    this.tables = tables;
    this.options = options;
    this.lookups = lookups;
    this.bootstraps = new Int32Array(nodes.count).fill(-1);
    this.probedNs = new Float64Array(nodes.count);
    this.probes = new Uint8Array(nodes.count);
    const { simulator, transport } = nodes;
    this.random = simulator.random.stream('pastry rows');
    this.peers = new PastryPeers(nodes, tables, rpc, options);
    this.joining = new PastryJoin(nodes, tables, this.peers, rpc, options, (node) => {
      this.becomeMember(node);
    });
    this.suspicion = new Suspicion(rpc, this.peers.ping, options.maintenanceAttempts, nodes.count, (node, peer) => {
      this.peers.drop(node, peer);
    });
    this.leaveMessage = transport.register(LEAVE_NOTICE, (m) => {
      this.peers.remove(m.to, m.from);
      for (const peer of m.peers) this.peers.consider(m.to, peer);
    });
    this.probed = {
      onAnswer: (_, answer) => {
        this.peers.heard(answer.to, answer.from);
        this.findPlaceThrough(answer.to, answer.from);
      },
      onTimeout: () => undefined,
    };
    this.leafRounds = new Rounds(simulator, 'pastry leaf set round', nodes.count, options.leafSetPeriodNs, options.periodSpread, (node) => {
      if (nodes.isMember(node) && transport.runs(node)) this.round(node);
    });
    this.rowRounds =
      options.rowPeriodNs === 0
        ? undefined
        : new Rounds(simulator, 'pastry row round', nodes.count, options.rowPeriodNs, options.periodSpread, (node) => {
            if (nodes.isMember(node) && transport.runs(node)) this.exchangeRow(node);
          });
  }

  join(node: NodeIndex, bootstrap: NodeIndex | undefined): void {
    this.reset(node);
    this.bootstraps[node] = bootstrap ?? -1;
    this.nodes.setJoining(node);
    if (bootstrap === undefined) this.becomeMember(node);
    else this.joining.start(node, bootstrap);
  }

  /** Makes a node with tables written from outside a member. */
  adopt(node: NodeIndex): void {
    this.peers.dropped.forgetAll(node);
    this.bootstraps[node] = -1;
    this.becomeMember(node);
  }

  /** The paper's nodes go without a word; here they tell their leaf set, with the leaves that will fill the gap. */
  leave(node: NodeIndex): void {
    const { transport } = this.nodes;
    if (transport.runs(node)) {
      const leaves = this.tables.leaves.peers(node);
      for (const leaf of leaves) transport.send(this.leaveMessage, { to: leaf, from: node, peers: leaves }, LEAVE);
    }
    this.remove(node);
  }

  /** Takes a node out without a word. */
  remove(node: NodeIndex): void {
    this.reset(node);
    this.nodes.setOutside(node);
  }

  /** A lookup had no answer from `peer`. */
  suspect(node: NodeIndex, peer: NodeIndex): void {
    if (this.options.repairOnTimeout && this.nodes.transport.phase[node] === JOINED) this.suspicion.check(node, peer);
  }

  private reset(node: NodeIndex): void {
    this.leafRounds.stop(node);
    this.rowRounds?.stop(node);
    this.tables.clear(node);
    this.peers.dropped.forgetAll(node);
  }

  private becomeMember(node: NodeIndex): void {
    this.nodes.setJoined(node);
    this.probedNs[node] = this.nodes.simulator.now;
    if (!this.options.maintenance) return;
    this.leafRounds.start(node);
    this.rowRounds?.start(node);
  }

  private round(node: NodeIndex): void {
    const { leaves } = this.tables;
    const larger = leaves.larger(node, 0);
    const smaller = leaves.smaller(node, 0);
    if (larger >= 0) this.peers.exchangeLeaves(node, larger);
    if (smaller >= 0 && smaller !== larger) this.peers.exchangeLeaves(node, smaller);
    for (const leaf of leaves.peers(node)) if (leaf !== larger && leaf !== smaller) this.peers.checkLeaf(node, leaf);
    if (leaves.isEmpty(node)) this.findAnyLeaf(node);
    this.probe(node);
  }

  private exchangeRow(node: NodeIndex): void {
    const { rows } = this.tables;
    const known = rows.peers(node);
    if (known.length === 0) return;
    const peer = this.random.pick(known);
    this.peers.requestRow(node, peer, rows.rowOf(node, peer), MAINTENANCE);
  }

  /** A node whose leaf set died as a whole asks the way to its own place. */
  private findAnyLeaf(node: NodeIndex): void {
    const peer = this.tables.rows.peers(node).at(0);
    if (peer !== undefined) this.ask(node, peer);
  }

  private probe(node: NodeIndex): void {
    const { now } = this.nodes.simulator;
    if (this.options.droppedPeers === 0 || now - this.probedNs[node] < this.options.probePeriodNs) return;
    this.probedNs[node] = now;
    this.probes[node] = (this.probes[node] + 1) % PLACE_PROBE_EVERY;
    const known = this.probes[node] === 0 ? this.tables.rows.peers(node) : [];
    if (this.probes[node] === 0 && this.bootstraps[node] >= 0) this.ask(node, this.bootstraps[node]);
    else if (known.length > 0) this.ask(node, this.random.pick(known));
    else {
      const peer = this.peers.dropped.next(node);
      if (peer !== undefined) this.ask(node, peer);
    }
  }

  private ask(node: NodeIndex, peer: NodeIndex): void {
    this.peers.ask(node, peer, this.probed, 0, 1, REPAIR);
  }

  /** Looks up the node's own place starting at a peer that may live in another part; whoever is found there may be a leaf. */
  private findPlaceThrough(node: NodeIndex, peer: NodeIndex): void {
    const { space, ids, transport } = this.nodes;
    if (transport.phase[node] !== JOINED) return;
    this.lookups.start(node, space.at(ids, node), REPAIR, this.placeFound, 0, peer);
  }

  private readonly placeFound = (result: LookupResult): void => {
    if (!result.ok || this.nodes.transport.phase[result.origin] !== JOINED) return;
    for (const peer of result.replicas) {
      this.peers.dropped.remove(result.origin, peer);
      this.peers.consider(result.origin, peer);
    }
  };
}
