import type { Handler } from '../../../sim/kernel/simulator.ts';
import { JOIN } from '../ledger.ts';
import type { NodeSet } from '../node-set.ts';
import type { NodeIndex } from '../overlay.ts';
import type { Answer, Request, RpcClient, RpcTable } from '../rpc.ts';
import { JOINING } from '../transport.ts';
import type { OverlayMessage } from '../transport.ts';
import { ANNOUNCE, JOIN_ACK, JOIN_REQUEST, JOIN_STATE, STATE, STATE_ANSWER } from './messages.ts';
import type { JoinRequest, JoinState, Peers, PeersAnswer } from './messages.ts';
import type { PastryOptions } from './options.ts';
import type { PastryPeers } from './peers.ts';
import { UNMEASURED } from './routing-rows.ts';
import type { PastryTables } from './tables.ts';

const NOBODY: readonly NodeIndex[] = [];

/**
 * The join of [P 2.4]: a request routed to the newcomer's own identifier, rows from every node on the way, the neighbourhood set from
 * the first, the leaf set from the last; then the newcomer shows itself to all whom it has heard of, and asks them for nearer peers.
 */
export class PastryJoin implements RpcClient {
  private readonly nodes: NodeSet;
  private readonly tables: PastryTables;
  private readonly peers: PastryPeers;
  private readonly rpc: RpcTable;
  private readonly options: PastryOptions;
  private readonly completed: (node: NodeIndex) => void;
  private readonly bootstraps: Int32Array;
  private readonly request: OverlayMessage<JoinRequest>;
  private readonly ack: OverlayMessage<Answer>;
  private readonly state: OverlayMessage<JoinState>;
  private readonly announcement: OverlayMessage<Peers>;
  private readonly stateRequest: OverlayMessage<Request>;
  private readonly stateAnswer: OverlayMessage<PeersAnswer>;
  private readonly improvement: RpcClient;
  private readonly overdue: Handler<NodeIndex>;
  private readonly hopLimit: number;

  constructor(nodes: NodeSet, tables: PastryTables, peers: PastryPeers, rpc: RpcTable, options: PastryOptions, completed: (node: NodeIndex) => void) {
    this.nodes = nodes;
    this.tables = tables;
    this.peers = peers;
    this.rpc = rpc;
    this.options = options;
    this.completed = completed;
    this.bootstraps = new Int32Array(nodes.count).fill(-1);
    this.hopLimit = options.hopLimit > 0 ? options.hopLimit : 4 * nodes.space.bits;
    const { transport, simulator } = nodes;
    this.request = transport.register(JOIN_REQUEST, (m) => {
      transport.send(this.ack, { to: m.from, from: m.to, rpc: m.rpc }, JOIN);
      this.onRequest(m.to, m, NOBODY);
    });
    this.ack = transport.register(
      JOIN_ACK,
      (m) => {
        rpc.settle(m);
      },
      JOINING,
    );
    this.state = transport.register(
      JOIN_STATE,
      (m) => {
        this.onState(m);
      },
      JOINING,
    );
    this.announcement = transport.register(ANNOUNCE, (m) => {
      peers.heard(m.to, m.from);
      for (const peer of m.peers) peers.consider(m.to, peer);
    });
    this.stateRequest = transport.register(STATE, (m) => {
      const known = [...tables.rows.peers(m.to), ...tables.neighbourhood.peers(m.to)];
      transport.send(this.stateAnswer, { to: m.from, from: m.to, rpc: m.rpc, peers: [...new Set(known)] }, JOIN);
      peers.heard(m.to, m.from);
    });
    this.stateAnswer = transport.register(
      STATE_ANSWER,
      (m) => {
        rpc.settle(m);
      },
      JOINING,
    );
    this.improvement = {
      onAnswer: (sentNs, answer) => {
        peers.heard(answer.to, answer.from, simulator.now - sentNs);
        for (const peer of (answer as PeersAnswer).peers) peers.offer(answer.to, peer);
      },
      onTimeout: (_, request) => {
        peers.drop(request.from, request.to);
      },
    };
    this.overdue = simulator.handler('pastry join overdue', (node: NodeIndex) => {
      if (transport.phase[node] === JOINING) this.start(node, this.bootstraps[node]);
    });
  }

  /** Sends the request, and again as long as no leaf set comes back. */
  start(node: NodeIndex, bootstrap: NodeIndex): void {
    this.bootstraps[node] = bootstrap;
    const { simulator, transport } = this.nodes;
    simulator.schedule(this.options.lookupTimeoutNs, this.overdue, node);
    if (!transport.runs(node)) return;
    const rpc = this.rpc.open(this, 0, this.options.maintenanceAttempts);
    this.rpc.send(this.request, { to: bootstrap, from: node, rpc, purpose: JOIN, origin: node, row: 0, hops: 0 });
  }

  onAnswer(): void {
    // The hop was acknowledged.
  }

  onTimeout(_context: number, request: Request): void {
    const m = request as JoinRequest;
    if (m.from === m.origin) return;
    this.peers.drop(m.from, m.to);
    this.forward(m.from, { ...m, hops: m.hops - 1 }, [m.to]);
  }

  private onRequest(node: NodeIndex, m: JoinRequest, dead: readonly NodeIndex[]): void {
    const { rows, neighbourhood } = this.tables;
    const shared = Math.min(rows.rowOf(node, m.origin), rows.rows - 1);
    const state: NodeIndex[] = m.hops === 0 ? neighbourhood.peers(node) : [];
    for (let row = m.row; row <= shared; row++) state.push(...rows.row(node, row));
    this.sendState(node, m.origin, state, NOBODY, false);
    this.forward(node, { ...m, row: Math.max(m.row, shared + 1) }, dead);
  }

  private forward(node: NodeIndex, m: JoinRequest, dead: readonly NodeIndex[]): void {
    const { tables, options } = this;
    const { space, ids } = this.nodes;
    tables.route(node, space.at(ids, m.origin), [m.origin, ...dead]);
    if (tables.done || tables.next < 0 || m.hops >= this.hopLimit) {
      this.sendState(node, m.origin, NOBODY, [node, ...tables.leaves.peers(node)], true);
      return;
    }
    const rpc = this.rpc.open(this, 0, options.lookupAttempts);
    this.rpc.send(this.request, { to: tables.next, from: node, rpc, purpose: JOIN, origin: m.origin, row: m.row, hops: m.hops + 1 });
  }

  private sendState(node: NodeIndex, origin: NodeIndex, state: readonly NodeIndex[], leaves: readonly NodeIndex[], final: boolean): void {
    const others = (list: readonly NodeIndex[]): NodeIndex[] => [...new Set(list)].filter((peer) => peer !== origin);
    if (state.length === 0 && !final) return;
    this.nodes.transport.send(this.state, { to: origin, from: node, peers: others(state), leaves: others(leaves), final }, JOIN);
  }

  private onState(m: JoinState): void {
    const node = m.to;
    const { tables } = this;
    const { transport } = this.nodes;
    tables.rows.offer(node, m.from, UNMEASURED);
    for (const peer of m.peers) if (!this.peers.dropped.has(node, peer)) tables.rows.offer(node, peer, UNMEASURED);
    if (!m.final || transport.phase[node] !== JOINING) return;
    for (const leaf of m.leaves) tables.learn(node, leaf, UNMEASURED);
    this.completed(node);
    const leaves = tables.leaves.peers(node);
    const known = tables.peers(node);
    for (const peer of known) transport.send(this.announcement, { to: peer, from: node, peers: leaves }, JOIN);
    if (!this.options.proximity || !this.options.improveOnJoin) return;
    for (const peer of known) {
      const rpc = this.rpc.open(this.improvement, this.nodes.simulator.now, this.options.maintenanceAttempts);
      this.rpc.send(this.stateRequest, { to: peer, from: node, rpc, purpose: JOIN });
    }
  }
}
