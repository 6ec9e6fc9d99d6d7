/**
 * How rings that were split find each other again: a node remembers peers that it gave up and peers that its fingers pointed to, asks after
 * them slowly, now and then after its bootstrap node too, and looks up its own place through whoever answers. Chord as published has nothing of
 * the kind; `droppedPeers: 0` switches it off where the paper's tables are reproduced.
 */
import { REPAIR } from '../ledger.ts';
import type { NodeSet } from '../node-set.ts';
import type { LookupResult, NodeIndex } from '../overlay.ts';
import { RememberedPeers } from '../remembered-peers.ts';
import type { Request, RpcClient, RpcTable } from '../rpc.ts';
import { JOINED } from '../transport.ts';
import type { Envelope, OverlayMessage } from '../transport.ts';
import type { WalkLookups } from '../walk/lookups.ts';
import { CANDIDATE } from './messages.ts';
import type { ChordOptions } from './options.ts';

/** Probes until the bootstrap node is asked after instead of a remembered peer. */
const BOOTSTRAP_PROBE_EVERY = 10;

/** What healing asks of stabilisation. */
export interface HealingWorld {
  readonly nodes: NodeSet;
  readonly rpc: RpcTable;
  readonly options: ChordOptions;
  readonly lookups: WalkLookups;
  readonly ping: OverlayMessage<Request>;
  /** A message from this peer has come. */
  readonly heard: (node: NodeIndex, peer: NodeIndex) => void;
  /** Takes a peer as successor where it lies nearer than the present one. */
  readonly consider: (node: NodeIndex, peer: NodeIndex) => void;
}

export class RingHealing {
  /** Peers given up as dead. */
  readonly dropped: RememberedPeers;
  /** Peers that fingers pointed to before; alive, as far as is known. */
  readonly former: RememberedPeers;
  private readonly world: HealingWorld;
  private readonly bootstraps: Int32Array;
  private readonly probedNs: Float64Array;
  private readonly probes: Uint8Array;
  private readonly candidateMessage: OverlayMessage<Envelope>;
  private readonly probeCheck: RpcClient;

  constructor(world: HealingWorld) {
    this.world = world;
    const { nodes, options, heard, consider } = world;
    this.dropped = new RememberedPeers(options.droppedPeers);
    this.former = new RememberedPeers(options.droppedPeers);
    this.bootstraps = new Int32Array(nodes.count).fill(-1);
    this.probedNs = new Float64Array(nodes.count);
    this.probes = new Uint8Array(nodes.count);
    this.candidateMessage = nodes.transport.register(CANDIDATE, (m) => {
      heard(m.to, m.from);
      consider(m.to, m.from);
    });
    this.probeCheck = {
      onAnswer: (_, answer) => {
        this.dropped.remove(answer.to, answer.from);
        this.former.remove(answer.to, answer.from);
        this.findPlaceThrough(answer.to, answer.from);
      },
      onTimeout: (_, request) => {
        this.former.remove(request.from, request.to);
      },
    };
  }

  /** The node to join through, −1 for none. */
  bootstrapOf(node: NodeIndex): NodeIndex {
    return this.bootstraps[node];
  }

  setBootstrap(node: NodeIndex, bootstrap: NodeIndex | undefined): void {
    this.bootstraps[node] = bootstrap ?? -1;
  }

  /** Forgets every peer of a node. */
  forgetAll(node: NodeIndex): void {
    this.dropped.forgetAll(node);
    this.former.forgetAll(node);
  }

  /** The node has become a member: probing begins a period from now. */
  started(node: NodeIndex): void {
    this.probedNs[node] = this.world.nodes.simulator.now;
  }

  /** A peer to join through again: the bootstrap node first, or a remembered one first. */
  remembered(node: NodeIndex, bootstrapFirst: boolean): NodeIndex | undefined {
    const bootstrap = this.bootstraps[node] >= 0 ? this.bootstraps[node] : undefined;
    const peer = this.former.next(node) ?? this.dropped.next(node);
    return bootstrapFirst ? (bootstrap ?? peer) : (peer ?? bootstrap);
  }

  /** Asks after the next remembered peer, where it is time. */
  round(node: NodeIndex): void {
    const { now } = this.world.nodes.simulator;
    if (this.dropped.capacity === 0 || now - this.probedNs[node] < this.world.options.probePeriodNs) return;
    this.probedNs[node] = now;
    this.probes[node] = (this.probes[node] + 1) % BOOTSTRAP_PROBE_EVERY;
    const bootstrap = this.bootstraps[node];
    const peer = this.probes[node] === 0 && bootstrap >= 0 ? bootstrap : (this.former.next(node) ?? this.dropped.next(node));
    if (peer !== undefined) this.probe(node, peer);
  }

  /** Asks once whether a peer is alive; if so, looks for the node's place in its ring. */
  probe(node: NodeIndex, peer: NodeIndex): void {
    const { rpc, ping } = this.world;
    rpc.send(ping, { to: peer, from: node, rpc: rpc.open(this.probeCheck, 0, 1), purpose: REPAIR });
  }

  /** Looks up the node's own place starting at a peer that may live in another ring. */
  private findPlaceThrough(node: NodeIndex, peer: NodeIndex): void {
    const { nodes, lookups } = this.world;
    if (nodes.transport.phase[node] !== JOINED) return;
    lookups.start(node, nodes.space.at(nodes.ids, node), REPAIR, this.placeElsewhereFound, 0, peer);
  }

  /**
   * The lookup came back with another node as the owner of this node's own identifier: that node lives in another ring. Both ends of the
   * gap learn of each other; from there stabilisation walks back and closes the ring, whichever way the members interleave.
   */
  private readonly placeElsewhereFound = (result: LookupResult): void => {
    const { nodes, consider } = this.world;
    const node = result.origin;
    if (!result.ok || result.owner === node || nodes.transport.phase[node] !== JOINED) return;
    consider(node, result.owner);
    if (result.answeredBy !== node) nodes.transport.send(this.candidateMessage, { to: result.answeredBy, from: node }, REPAIR);
  };
}
