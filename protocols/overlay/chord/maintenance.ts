import { JOIN, LEAVE, MAINTENANCE, REPAIR } from '../ledger.ts';
import type { NodeSet } from '../node-set.ts';
import type { LookupResult, NodeIndex } from '../overlay.ts';
import { Rounds } from '../rounds.ts';
import type { Answer, Request, RpcClient, RpcTable } from '../rpc.ts';
import { Suspicion } from '../suspicion.ts';
import { JOINED, JOINING } from '../transport.ts';
import type { Envelope, OverlayMessage } from '../transport.ts';
import type { WalkLookups } from '../walk/lookups.ts';
import { FingerRepair } from './fingers.ts';
import { LEAVE_NOTICE, NOTIFY, PING, PONG, STABILISE, STABILISE_ANSWER } from './messages.ts';
import type { Leave, StabiliseAnswer } from './messages.ts';
import type { ChordOptions } from './options.ts';
import { RingHealing } from './ring-healing.ts';
import type { ChordTables } from './tables.ts';

/** Remembered peers that a member which lost everybody tries to join through, before it holds itself for the last one. */
const REJOIN_ATTEMPTS = 4;

/**
 * Join, stabilise, notify, leave, and the repair of what timeouts found broken.
 *
 * Stabilisation follows the paper's Fig. 6 with the two rules that make it correct under failures (Zave, "Reasoning about identifier
 * spaces: how to make Chord correct", IEEE TSE 43(12), 2017): a successor list is only ever adopted from a successor that just
 * answered, and a predecessor is replaced by a farther one only after it failed to answer.
 */
export class ChordMaintenance {
  private readonly nodes: NodeSet;
  private readonly tables: ChordTables;
  private readonly rpc: RpcTable;
  private readonly options: ChordOptions;
  private readonly lookups: WalkLookups;
  private readonly fingers: FingerRepair;
  private readonly healing: RingHealing;
  private readonly suspicion: Suspicion;
  private readonly stabilisation: Rounds;
  private readonly fingerRounds: Rounds | undefined;
  /** When each node last heard from its predecessor. */
  private readonly predecessorHeardNs: Float64Array;
  /** Attempts of a member that lost everybody to join again. */
  private readonly rejoins: Uint8Array;
  /** Is a stabilisation of the node under way? */
  private readonly stabilising: Uint8Array;

  private readonly stabiliseMessage: OverlayMessage<Request>;
  private readonly stabiliseAnswer: OverlayMessage<StabiliseAnswer>;
  private readonly notifyMessage: OverlayMessage<Envelope>;
  private readonly pingMessage: OverlayMessage<Request>;
  private readonly pong: OverlayMessage<Answer>;
  private readonly leaveMessage: OverlayMessage<Leave>;

  private readonly successorCheck: RpcClient;
  private readonly candidateCheck: RpcClient;
  private readonly predecessorCheck: RpcClient;

  constructor(nodes: NodeSet, tables: ChordTables, rpc: RpcTable, options: ChordOptions, lookups: WalkLookups) {
    this.nodes = nodes;
    this.tables = tables;
    this.rpc = rpc;
    this.options = options;
    this.lookups = lookups;
    this.predecessorHeardNs = new Float64Array(nodes.count);
    this.rejoins = new Uint8Array(nodes.count);
    this.stabilising = new Uint8Array(nodes.count);

    const { transport, simulator } = nodes;
    this.stabiliseMessage = transport.register(STABILISE, (m) => {
      this.onStabilise(m);
    });
    this.stabiliseAnswer = transport.register(STABILISE_ANSWER, (m) => {
      rpc.settle(m);
    }, JOINING);
    this.notifyMessage = transport.register(NOTIFY, (m) => {
      this.onNotify(m.to, m.from);
    });
    this.pingMessage = transport.register(PING, (m) => {
      this.heard(m.to, m.from);
      transport.send(this.pong, { to: m.from, from: m.to, rpc: m.rpc }, m.purpose);
    });
    this.pong = transport.register(PONG, (m) => {
      rpc.settle(m);
    }, JOINING);
    this.leaveMessage = transport.register(LEAVE_NOTICE, (m) => {
      this.onLeave(m);
    });
    this.healing = new RingHealing({
      nodes, rpc, options, lookups, ping: this.pingMessage,
      heard: (node, peer) => {
        this.heard(node, peer);
      },
      consider: (node, peer) => {
        this.consider(node, peer);
      },
    });
    this.fingers = new FingerRepair(nodes, tables, lookups, this.healing.former);
    this.suspicion = new Suspicion(rpc, this.pingMessage, options.maintenanceAttempts, nodes.count, (node, peer) => {
      this.drop(node, peer);
    });

    this.successorCheck = {
      onAnswer: (_, answer) => {
        this.onSuccessorAnswer(answer as StabiliseAnswer);
      },
      onTimeout: (_, request) => {
        this.stabilising[request.from] = 0;
        this.drop(request.from, request.to);
        this.stabilise(request.from);
      },
      onAbandoned: (_, request) => {
        this.stabilising[request.from] = 0;
      },
    };
    // A candidate lies between the node and its successor: if it is dead, the successor stays.
    this.candidateCheck = {
      onAnswer: (_, answer) => {
        this.onSuccessorAnswer(answer as StabiliseAnswer);
      },
      onTimeout: (_, request) => {
        this.stabilising[request.from] = 0;
        this.healing.dropped.add(request.from, request.to);
        this.notifySuccessor(request.from);
      },
      onAbandoned: (_, request) => {
        this.stabilising[request.from] = 0;
      },
    };
    this.predecessorCheck = {
      onAnswer: (_, answer) => {
        if (tables.predecessor[answer.to] === answer.from) this.predecessorHeardNs[answer.to] = simulator.now;
      },
      onTimeout: (successorOfDead, request) => {
        const node = request.from;
        this.drop(node, request.to);
        if (successorOfDead >= 0 && tables.predecessor[node] < 0) this.setPredecessor(node, successorOfDead);
      },
    };
    this.stabilisation = new Rounds(simulator, 'chord stabilise', nodes.count, options.stabilisePeriodNs, options.periodSpread, (node) => {
      this.round(node);
    });
    this.fingerRounds =
      options.fixFingersPeriodNs === 0
        ? undefined
        : new Rounds(simulator, 'chord fix fingers', nodes.count, options.fixFingersPeriodNs, options.periodSpread, (node) => {
            if (transport.runs(node)) this.fingers.fix(node, options.fixFingers === 'all', MAINTENANCE);
          });
  }

  join(node: NodeIndex, bootstrap: NodeIndex | undefined): void {
    this.reset(node);
    this.healing.setBootstrap(node, bootstrap);
    this.nodes.setJoining(node);
    // The rounds run from the start, whatever `maintenance` says of members: they are what repeats a join that failed.
    this.stabilisation.start(node);
    if (bootstrap === undefined) this.becomeMember(node);
    else this.askForPlace(node, bootstrap);
  }

  /** Makes a node with tables written from outside a member. */
  adopt(node: NodeIndex): void {
    this.healing.forgetAll(node);
    this.healing.setBootstrap(node, undefined);
    this.stabilising[node] = 0;
    this.becomeMember(node);
  }

  leave(node: NodeIndex): void {
    const { tables } = this;
    if (this.nodes.transport.runs(node)) {
      const predecessor = tables.predecessor[node];
      const successors = tables.successorList(node);
      const notice = { from: node, predecessor, successors };
      if (successors.length > 0) this.nodes.transport.send(this.leaveMessage, { to: successors[0], ...notice }, LEAVE);
      if (predecessor >= 0 && predecessor !== successors[0]) this.nodes.transport.send(this.leaveMessage, { to: predecessor, ...notice }, LEAVE);
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
    this.stabilisation.stop(node);
    this.fingerRounds?.stop(node);
    this.tables.clear(node);
    this.rejoins[node] = 0;
    this.healing.forgetAll(node);
    this.stabilising[node] = 0;
  }

  private becomeMember(node: NodeIndex): void {
    this.rejoins[node] = 0;
    this.nodes.setJoined(node);
    this.healing.started(node);
    this.stabilisation.stop(node);
    if (!this.options.maintenance) return;
    this.stabilisation.start(node);
    this.fingerRounds?.start(node);
  }

  private askForPlace(node: NodeIndex, bootstrap: NodeIndex): void {
    const { space, ids } = this.nodes;
    this.lookups.start(node, space.at(ids, node), JOIN, this.placeFound, 0, bootstrap);
  }

  private readonly placeFound = (result: LookupResult): void => {
    const node = result.origin;
    const successors = result.replicas.filter((peer) => peer !== node);
    if (this.nodes.transport.phase[node] !== JOINING) return;
    if (successors.length === 0) {
      if (this.rejoins[node] === 0) return;
      this.nodes.transport.phase[node] = JOINED;
      this.rejoin(node);
      return;
    }
    this.tables.setSuccessors(node, successors);
    this.becomeMember(node);
    this.stabilise(node, JOIN);
    if (this.options.fillFingersOnJoin) this.fingers.fix(node, true, JOIN);
  };

  private round(node: NodeIndex): void {
    const { transport } = this.nodes;
    if (!transport.runs(node)) return;
    if (transport.phase[node] === JOINING) {
      if (this.rejoins[node] === 0) this.askForPlace(node, this.healing.bootstrapOf(node));
      return;
    }
    this.stabilise(node);
    this.checkPredecessor(node);
    if (this.fingerRounds === undefined) this.fingers.fix(node, this.options.fixFingers === 'all', MAINTENANCE);
    this.healing.round(node);
  }

  private stabilise(node: NodeIndex, purpose = MAINTENANCE): void {
    if (this.stabilising[node] === 1 || this.nodes.transport.phase[node] !== JOINED) return;
    const successor = this.tables.successor(node);
    if (successor >= 0) this.askSuccessor(node, successor, this.successorCheck, purpose);
    else this.findAnySuccessor(node);
  }

  private askSuccessor(node: NodeIndex, peer: NodeIndex, client: RpcClient, purpose: number): void {
    this.stabilising[node] = 1;
    // A peer given up as dead deserves one question when somebody names it, not full patience.
    const rpc = this.rpc.open(client, 0, this.healing.dropped.has(node, peer) ? 1 : this.options.maintenanceAttempts);
    this.rpc.send(this.stabiliseMessage, { to: peer, from: node, rpc, purpose });
  }

  /** A node whose whole list died takes the nearest peer that it knows ahead of it; walking back from there, stabilisation finds the rest. */
  private findAnySuccessor(node: NodeIndex): void {
    const { tables } = this;
    const base = node * this.nodes.space.bits;
    for (let i = 0; i < this.nodes.space.bits; i++) {
      const finger = tables.fingers[base + i];
      if (finger < 0 || finger === node) continue;
      this.askSuccessor(node, finger, this.successorCheck, REPAIR);
      return;
    }
    const predecessor = tables.predecessor[node];
    if (predecessor >= 0 && predecessor !== node) this.askSuccessor(node, predecessor, this.successorCheck, REPAIR);
    else this.rejoin(node);
  }

  /**
   * A node that lost everybody must not pass for a ring of its own: whoever still points to it would be drawn into that ring. It falls
   * silent and joins again through peers that it remembers. Where none of several answers, it is the last of its ring after all.
   */
  private rejoin(node: NodeIndex): void {
    const peer = this.healing.remembered(node, this.rejoins[node] % 2 === 0);
    if (peer === undefined) return;
    if (this.rejoins[node] >= REJOIN_ATTEMPTS) {
      this.healing.probe(node, peer);
      return;
    }
    this.rejoins[node]++;
    this.nodes.transport.phase[node] = JOINING;
    this.askForPlace(node, peer);
  }

  private onStabilise(m: Request): void {
    this.heard(m.to, m.from);
    const answer: StabiliseAnswer = {
      to: m.from,
      from: m.to,
      rpc: m.rpc,
      predecessor: this.tables.predecessor[m.to],
      successors: this.tables.successorList(m.to),
    };
    this.nodes.transport.send(this.stabiliseAnswer, answer, m.purpose);
  }

  private onSuccessorAnswer(answer: StabiliseAnswer): void {
    const node = answer.to;
    const peer = answer.from;
    const { tables } = this;
    this.stabilising[node] = 0;
    if (this.nodes.transport.phase[node] !== JOINED) return;
    this.heard(node, peer);
    const current = tables.successor(node);
    // While the answer travelled, a nearer successor may have come up by itself.
    if (current >= 0 && current !== peer && !tables.between(peer, node, current)) return;
    tables.setSuccessors(node, [peer, ...answer.successors]);
    this.rejoins[node] = 0;
    const candidate = answer.predecessor;
    if (candidate >= 0 && candidate !== node && tables.between(candidate, node, peer)) this.askSuccessor(node, candidate, this.candidateCheck, MAINTENANCE);
    else this.notifySuccessor(node);
  }

  private notifySuccessor(node: NodeIndex): void {
    const successor = this.tables.successor(node);
    if (successor >= 0) this.nodes.transport.send(this.notifyMessage, { to: successor, from: node }, MAINTENANCE);
  }

  private onNotify(node: NodeIndex, peer: NodeIndex): void {
    const { tables } = this;
    this.heard(node, peer);
    const predecessor = tables.predecessor[node];
    if (predecessor < 0 || tables.between(peer, predecessor, node)) this.setPredecessor(node, peer);
    else if (peer !== predecessor) this.ping(node, predecessor, this.predecessorCheck, peer, this.options.maintenanceAttempts);
    if (tables.successor(node) < 0) {
      tables.setSuccessors(node, [peer]);
      this.stabilise(node);
    }
  }

  private setPredecessor(node: NodeIndex, peer: NodeIndex): void {
    this.tables.predecessor[node] = peer;
    this.predecessorHeardNs[node] = this.nodes.simulator.now;
  }

  /** A predecessor is heard once a period, when it stabilises; one silent for two is asked. */
  private checkPredecessor(node: NodeIndex): void {
    const predecessor = this.tables.predecessor[node];
    if (predecessor < 0) return;
    const silentNs = this.nodes.simulator.now - this.predecessorHeardNs[node];
    if (silentNs > 2 * this.options.stabilisePeriodNs) this.ping(node, predecessor, this.predecessorCheck, -1, this.options.maintenanceAttempts);
  }

  private ping(node: NodeIndex, peer: NodeIndex, client: RpcClient, context: number, attempts: number): void {
    this.rpc.send(this.pingMessage, { to: peer, from: node, rpc: this.rpc.open(client, context, attempts), purpose: REPAIR });
  }

  private heard(node: NodeIndex, peer: NodeIndex): void {
    if (this.tables.predecessor[node] === peer) this.predecessorHeardNs[node] = this.nodes.simulator.now;
    this.healing.dropped.remove(node, peer);
  }

  private drop(node: NodeIndex, peer: NodeIndex): void {
    if (this.nodes.transport.phase[node] !== JOINED) return;
    this.tables.remove(node, peer);
    this.healing.former.remove(node, peer);
    this.healing.dropped.add(node, peer);
  }

  private onLeave(m: Leave): void {
    const { tables } = this;
    const wasPredecessor = tables.predecessor[m.to] === m.from;
    const wasSuccessor = tables.successor(m.to) === m.from;
    tables.remove(m.to, m.from);
    this.healing.former.remove(m.to, m.from);
    if (wasPredecessor && m.predecessor >= 0 && m.predecessor !== m.to) this.setPredecessor(m.to, m.predecessor);
    if (wasSuccessor) {
      tables.setSuccessors(m.to, m.successors);
      if (this.options.maintenance) this.stabilise(m.to);
    }
  }

  /** Takes a peer as successor where it lies nearer than the present one, and answers. */
  private consider(node: NodeIndex, peer: NodeIndex): void {
    if (this.stabilising[node] === 1) return;
    const successor = this.tables.successor(node);
    if (successor < 0 || this.tables.between(peer, node, successor)) this.askSuccessor(node, peer, this.candidateCheck, REPAIR);
  }
}
