import type { Handler } from '../../../sim/kernel/simulator.ts';
import type { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { JOIN, LEAVE, MAINTENANCE, REPAIR } from '../ledger.ts';
import type { NodeSet } from '../node-set.ts';
import type { LookupResult, NodeIndex } from '../overlay.ts';
import { Rounds } from '../rounds.ts';
import type { RpcClient } from '../rpc.ts';
import { JOINING } from '../transport.ts';
import type { Envelope, OverlayMessage } from '../transport.ts';
import type { KBuckets } from './buckets.ts';
import type { Contacts } from './contacts.ts';
import type { KademliaLookups } from './lookups.ts';
import { LEAVE_NOTICE } from './messages.ts';
import type { KademliaOptions } from './options.ts';
import type { Publication } from './publication.ts';

/** Wait before a join that found nobody is tried again, in timeouts. */
const JOIN_RETRY_TIMEOUTS = 4;
/** Probes between two that go to the bootstrap node. */
const BOOTSTRAP_PROBE_EVERY = 10;

/** Join, leave, refresh of buckets, and the slow search for peers of a part that was cut off. */
export class KademliaMaintenance {
  private readonly nodes: NodeSet;
  private readonly buckets: KBuckets;
  private readonly contacts: Contacts;
  private readonly lookups: KademliaLookups;
  private readonly publication: Publication;
  private readonly options: KademliaOptions;
  private readonly random: RandomStream;
  private readonly refreshRounds: Rounds;
  private readonly probeRounds: Rounds;
  private readonly retryJoin: Handler<NodeIndex>;
  private readonly leaveMessage: OverlayMessage<Envelope>;
  private readonly bootstraps: Int32Array;
  private readonly probes: Uint8Array;
  private readonly probed: RpcClient;

  constructor(nodes: NodeSet, buckets: KBuckets, contacts: Contacts, lookups: KademliaLookups, publication: Publication, options: KademliaOptions) {
    this.nodes = nodes;
    this.buckets = buckets;
    this.contacts = contacts;
    this.lookups = lookups;
    this.publication = publication;
    this.options = options;
    this.bootstraps = new Int32Array(nodes.count).fill(-1);
    this.probes = new Uint8Array(nodes.count);
    const { simulator, transport } = nodes;
    this.random = simulator.random.stream('kademlia refresh');
    this.leaveMessage = transport.register(
      LEAVE_NOTICE,
      (m) => {
        contacts.forget(m.to, m.from);
      },
      JOINING,
    );
    this.refreshRounds = new Rounds(simulator, 'kademlia refresh round', nodes.count, options.refreshPeriodNs, options.periodSpread, (node) => {
      if (nodes.isMember(node) && transport.runs(node)) this.refresh(node, false, MAINTENANCE);
    });
    this.probeRounds = new Rounds(simulator, 'kademlia probe', nodes.count, options.probePeriodNs, options.periodSpread, (node) => {
      if (nodes.isMember(node) && transport.runs(node)) this.probe(node);
    });
    this.retryJoin = simulator.handler('kademlia join retry', (node: NodeIndex) => {
      if (transport.phase[node] === JOINING) this.askForPlace(node);
    });
    // A peer from a part that was cut off: what lies around this node's own identifier over there?
    this.probed = {
      onAnswer: (_, answer) => {
        this.lookUpOwn(answer.to, REPAIR);
      },
      onTimeout: () => undefined,
    };
  }

  join(node: NodeIndex, bootstrap: NodeIndex | undefined): void {
    this.reset(node);
    this.bootstraps[node] = bootstrap ?? -1;
    this.nodes.setJoining(node);
    if (bootstrap === undefined) this.becomeMember(node);
    else this.askForPlace(node);
  }

  /** Makes a node with buckets written from outside a member. */
  adopt(node: NodeIndex): void {
    this.contacts.dropped.forgetAll(node);
    this.bootstraps[node] = -1;
    this.becomeMember(node);
  }

  /** The paper has no leave: nodes fall silent. Here the closest peers are told, and get what the node stored. */
  leave(node: NodeIndex): void {
    const { space, ids, transport } = this.nodes;
    if (transport.runs(node)) {
      this.publication.handOver(node);
      for (const peer of this.buckets.closest(node, space.at(ids, node), this.options.k)) {
        transport.send(this.leaveMessage, { to: peer, from: node }, LEAVE);
      }
    }
    this.remove(node);
  }

  /** Takes a node out without a word. */
  remove(node: NodeIndex): void {
    this.reset(node);
    this.nodes.setOutside(node);
  }

  private reset(node: NodeIndex): void {
    this.refreshRounds.stop(node);
    this.probeRounds.stop(node);
    this.publication.stop(node);
    this.contacts.clear(node);
  }

  private becomeMember(node: NodeIndex): void {
    this.nodes.setJoined(node);
    if (!this.options.maintenance) return;
    this.refreshRounds.start(node);
    if (this.options.droppedPeers > 0) this.probeRounds.start(node);
    this.publication.start(node);
  }

  private askForPlace(node: NodeIndex): void {
    const bootstrap = this.bootstraps[node];
    const bucket = this.buckets.bucketOfPeer(node, bootstrap);
    if (!this.buckets.touch(node, bucket, bootstrap)) this.buckets.append(node, bucket, bootstrap);
    const { space, ids } = this.nodes;
    this.lookups.start(node, space.at(ids, node), JOIN, this.placeFound, 0);
  }

  private readonly placeFound = (result: LookupResult): void => {
    const node = result.origin;
    const { transport, simulator } = this.nodes;
    if (transport.phase[node] !== JOINING) return;
    if (!result.replicas.some((peer) => peer !== node)) {
      simulator.schedule(JOIN_RETRY_TIMEOUTS * this.options.rpcTimeoutNs, this.retryJoin, node);
      return;
    }
    this.becomeMember(node);
    this.refresh(node, true, JOIN);
  };

  /** Looks up an identifier of each bucket up to the nearest contact's, and the node's own, which covers all nearer ones. */
  private refresh(node: NodeIndex, all: boolean, purpose: number): void {
    const nearest = this.buckets.nearestBucket(node);
    for (let bucket = 0; bucket <= nearest; bucket++) {
      if (all || this.contacts.needsRefresh(node, bucket)) {
        this.lookups.start(node, this.buckets.randomIdIn(node, bucket, this.random), purpose, IGNORE, 0);
      }
    }
    this.lookUpOwn(node, purpose);
  }

  private lookUpOwn(node: NodeIndex, purpose: number): void {
    const { space, ids } = this.nodes;
    this.lookups.start(node, space.at(ids, node), purpose, IGNORE, 0);
  }

  private probe(node: NodeIndex): void {
    this.probes[node] = (this.probes[node] + 1) % BOOTSTRAP_PROBE_EVERY;
    const bootstrap = this.bootstraps[node];
    if (this.probes[node] === 0 && bootstrap >= 0) this.contacts.ask(node, bootstrap, this.probed, 0);
    else this.contacts.probe(node, this.probed);
  }
}

const IGNORE = (): void => undefined;
