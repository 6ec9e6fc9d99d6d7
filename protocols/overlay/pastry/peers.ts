import { MAINTENANCE, REPAIR } from '../ledger.ts';
import type { NodeSet } from '../node-set.ts';
import type { NodeIndex } from '../overlay.ts';
import { RememberedPeers } from '../remembered-peers.ts';
import type { Answer, Request, RpcClient, RpcTable } from '../rpc.ts';
import { JOINED, JOINING } from '../transport.ts';
import type { OverlayMessage } from '../transport.ts';
import { LEAVES, LEAVES_ANSWER, PING, PONG, ROW, ROW_ANSWER } from './messages.ts';
import type { PeersAnswer, PeersRequest, RowRequest } from './messages.ts';
import type { PastryOptions } from './options.ts';
import { UNMEASURED } from './routing-rows.ts';
import type { PastryTables } from './tables.ts';

/**
 * How peers enter and leave a node's tables.
 *
 * A leaf enters only once it has been heard from; a routing entry may be hearsay, since a dead one is found and repaired when it is
 * used. A peer that failed is replaced: a leaf by asking the outermost leaf of its side for its leaf set, a routing entry by asking
 * another node of the row for the same row [P 2.4].
 */
export class PastryPeers {
  readonly dropped: RememberedPeers;
  private readonly nodes: NodeSet;
  private readonly tables: PastryTables;
  private readonly rpc: RpcTable;
  private readonly options: PastryOptions;
  /** Pairs under way between first hearing of a leaf and hearing from it, by node · count + peer. */
  private readonly verifying = new Set<number>();

  private readonly leavesMessage: OverlayMessage<PeersRequest>;
  private readonly leavesAnswer: OverlayMessage<PeersAnswer>;
  private readonly rowMessage: OverlayMessage<RowRequest>;
  private readonly rowAnswer: OverlayMessage<PeersAnswer>;
  readonly ping: OverlayMessage<Request>;
  private readonly pong: OverlayMessage<Answer>;

  private readonly verification: RpcClient;
  private readonly keepAlive: RpcClient;
  private readonly measurement: RpcClient;
  private readonly leafExchange: RpcClient;
  private readonly rowExchange: RpcClient;

  constructor(nodes: NodeSet, tables: PastryTables, rpc: RpcTable, options: PastryOptions) {
    this.nodes = nodes;
    this.tables = tables;
    this.rpc = rpc;
    this.options = options;
    this.dropped = new RememberedPeers(options.droppedPeers);
    const { transport, simulator } = nodes;
    const settle = (m: Answer): void => {
      rpc.settle(m);
    };
    this.leavesMessage = transport.register(LEAVES, (m) => {
      transport.send(this.leavesAnswer, { to: m.from, from: m.to, rpc: m.rpc, peers: tables.leaves.peers(m.to) }, m.purpose);
      this.heard(m.to, m.from);
      for (const peer of m.peers) this.consider(m.to, peer);
    });
    this.leavesAnswer = transport.register(LEAVES_ANSWER, settle, JOINING);
    this.rowMessage = transport.register(ROW, (m) => {
      const peers = m.row < tables.rows.rows ? tables.rows.row(m.to, m.row) : [];
      transport.send(this.rowAnswer, { to: m.from, from: m.to, rpc: m.rpc, peers }, m.purpose);
      this.heard(m.to, m.from);
    });
    this.rowAnswer = transport.register(ROW_ANSWER, settle, JOINING);
    this.ping = transport.register(PING, (m) => {
      transport.send(this.pong, { to: m.from, from: m.to, rpc: m.rpc }, m.purpose);
      this.heard(m.to, m.from);
    });
    this.pong = transport.register(PONG, settle, JOINING);

    this.verification = {
      onAnswer: (_, answer) => {
        this.verifying.delete(answer.to * nodes.count + answer.from);
        this.heard(answer.to, answer.from);
      },
      onTimeout: (_, request) => {
        this.verifying.delete(request.from * nodes.count + request.to);
        this.dropped.add(request.from, request.to);
      },
      onAbandoned: (_, request) => {
        this.verifying.delete(request.from * nodes.count + request.to);
      },
    };
    this.keepAlive = {
      onAnswer: (_, answer) => {
        this.heard(answer.to, answer.from);
      },
      onTimeout: (_, request) => {
        this.drop(request.from, request.to);
      },
    };
    this.measurement = {
      onAnswer: (sentNs, answer) => {
        this.heard(answer.to, answer.from, simulator.now - sentNs);
      },
      onTimeout: () => undefined,
    };
    this.leafExchange = {
      onAnswer: (_, answer) => {
        this.heard(answer.to, answer.from);
        for (const peer of (answer as PeersAnswer).peers) this.consider(answer.to, peer);
      },
      onTimeout: (_, request) => {
        this.drop(request.from, request.to);
      },
    };
    this.rowExchange = {
      onAnswer: (_, answer) => {
        this.heard(answer.to, answer.from);
        for (const peer of (answer as PeersAnswer).peers) this.offer(answer.to, peer);
      },
      onTimeout: (_, request) => {
        this.drop(request.from, request.to);
      },
    };
  }

  /** A message from `peer` has reached `node`; `rttNs` where the message answered a measurement. */
  heard(node: NodeIndex, peer: NodeIndex, rttNs = UNMEASURED): void {
    if (node === peer || this.nodes.transport.phase[node] !== JOINED) return;
    this.dropped.remove(node, peer);
    const { leaves } = this.tables;
    // A new immediate neighbour knows best who else lives around here.
    if (this.tables.learn(node, peer, rttNs) && (leaves.larger(node, 0) === peer || leaves.smaller(node, 0) === peer)) this.exchangeLeaves(node, peer);
  }

  /** Somebody named `peer`. One that would be a leaf is asked whether it lives; one given up as dead waits for its probe. */
  consider(node: NodeIndex, peer: NodeIndex): void {
    if (node === peer || this.dropped.has(node, peer)) return;
    if (this.tables.leaves.wants(node, peer)) {
      const pair = node * this.nodes.count + peer;
      if (this.verifying.has(pair)) return;
      this.verifying.add(pair);
      this.ask(node, peer, this.verification, 0, this.options.maintenanceAttempts, MAINTENANCE);
    } else if (this.tables.rows.wants(node, peer)) this.tables.rows.offer(node, peer, UNMEASURED);
  }

  /** Somebody named `peer` for the routing table: it fills an empty entry, and is measured where it could be nearer than the present one. */
  offer(node: NodeIndex, peer: NodeIndex): void {
    if (node === peer || this.dropped.has(node, peer)) return;
    const { rows } = this.tables;
    if (rows.wants(node, peer)) rows.offer(node, peer, UNMEASURED);
    if (this.options.proximity && !rows.has(node, peer)) this.measure(node, peer);
  }

  /** Measures the round-trip time to a peer, and takes it where it is nearer. */
  measure(node: NodeIndex, peer: NodeIndex): void {
    this.ask(node, peer, this.measurement, this.nodes.simulator.now, 1, MAINTENANCE);
  }

  checkLeaf(node: NodeIndex, peer: NodeIndex): void {
    this.ask(node, peer, this.keepAlive, 0, this.options.maintenanceAttempts, MAINTENANCE);
  }

  exchangeLeaves(node: NodeIndex, peer: NodeIndex, purpose = MAINTENANCE): void {
    const rpc = this.rpc.open(this.leafExchange, 0, this.options.maintenanceAttempts);
    this.rpc.send(this.leavesMessage, { to: peer, from: node, rpc, purpose, peers: this.tables.leaves.peers(node) });
  }

  requestRow(node: NodeIndex, peer: NodeIndex, row: number, purpose: number): void {
    const rpc = this.rpc.open(this.rowExchange, 0, this.options.maintenanceAttempts);
    this.rpc.send(this.rowMessage, { to: peer, from: node, rpc, purpose, row });
  }

  ask(node: NodeIndex, peer: NodeIndex, client: RpcClient, context: number, attempts: number, purpose: number): void {
    this.rpc.send(this.ping, { to: peer, from: node, rpc: this.rpc.open(client, context, attempts), purpose });
  }

  /** Gives a peer up as dead and repairs what it leaves behind. */
  drop(node: NodeIndex, peer: NodeIndex): void {
    if (this.nodes.transport.phase[node] !== JOINED) return;
    this.dropped.add(node, peer);
    this.remove(node, peer);
  }

  /** Takes a peer out of the tables and repairs what it leaves behind. */
  remove(node: NodeIndex, peer: NodeIndex): void {
    const { leaves, rows, neighbourhood } = this.tables;
    const sides = [true, false].filter((larger) => leaves.side(node, larger).includes(peer));
    leaves.remove(node, peer);
    neighbourhood.remove(node, peer);
    const row = rows.remove(node, peer) ? rows.rowOf(node, peer) : -1;
    if (!this.options.maintenance) return;
    for (const larger of sides) {
      let outermost = leaves.outermost(node, larger);
      if (outermost === node) outermost = leaves.outermost(node, !larger);
      if (outermost !== node) this.exchangeLeaves(node, outermost, REPAIR);
    }
    if (row < 0) return;
    // The same row of a node in it has an entry for the same digit; failing those, a row further down does too.
    for (let r = row; r < Math.min(row + 2, rows.rows); r++) {
      const helper = rows.row(node, r).at(0);
      if (helper === undefined) continue;
      this.requestRow(node, helper, row, REPAIR);
      return;
    }
  }
}
