import { SECOND } from '../../../sim/kernel/time.ts';
import type { Id } from '../id-space.ts';
import { REPAIR } from '../ledger.ts';
import type { NodeSet } from '../node-set.ts';
import type { NodeIndex } from '../overlay.ts';
import { RememberedPeers } from '../remembered-peers.ts';
import type { Answer, Request, RpcClient, RpcTable } from '../rpc.ts';
import { Suspicion } from '../suspicion.ts';
import { JOINING } from '../transport.ts';
import type { OverlayMessage } from '../transport.ts';
import type { KBuckets } from './buckets.ts';
import { PING, PONG } from './messages.ts';
import type { KademliaOptions } from './options.ts';

/** How contacts enter and leave buckets: every message heard renews its sender, and silence in the end removes it. */
export class Contacts {
  readonly dropped: RememberedPeers;
  /** Told of a peer that entered a bucket. */
  onNewContact: (node: NodeIndex, peer: NodeIndex) => void = () => undefined;

  private readonly nodes: NodeSet;
  private readonly buckets: KBuckets;
  private readonly rpc: RpcTable;
  private readonly options: KademliaOptions;
  private readonly ping: OverlayMessage<Request>;
  private readonly pong: OverlayMessage<Answer>;
  private readonly suspicion: Suspicion;
  private readonly oldestCheck: RpcClient;
  /** Requests in a row without an answer, by node · count + peer; absent where none. */
  private readonly failures = new Map<number, number>();
  /** Buckets whose oldest contact is being asked whether it lives, by node · buckets + bucket. */
  private readonly checking = new Set<number>();
  /** Second of the last lookup in each bucket's range; only where buckets are refreshed. */
  private readonly lookedUpSecond: Uint32Array | undefined;

  constructor(nodes: NodeSet, buckets: KBuckets, rpc: RpcTable, options: KademliaOptions) {
    this.nodes = nodes;
    this.buckets = buckets;
    this.rpc = rpc;
    this.options = options;
    this.dropped = new RememberedPeers(options.droppedPeers);
    this.lookedUpSecond = options.maintenance ? new Uint32Array(nodes.count * buckets.perNode) : undefined;
    const { transport } = nodes;
    this.ping = transport.register(
      PING,
      (m) => {
        transport.send(this.pong, { to: m.from, from: m.to, rpc: m.rpc }, m.purpose);
        this.seen(m.to, m.from);
      },
      JOINING,
    );
    this.pong = transport.register(
      PONG,
      (m) => {
        this.seen(m.to, m.from);
        rpc.settle(m);
      },
      JOINING,
    );
    this.suspicion = new Suspicion(rpc, this.ping, Math.max(1, options.staleAfter - 1), nodes.count, (node, peer) => {
      this.drop(node, peer);
    });
    this.oldestCheck = {
      onAnswer: (bucket, answer) => {
        this.checking.delete(answer.to * buckets.perNode + bucket);
      },
      onTimeout: (bucket, request) => {
        this.checking.delete(request.from * buckets.perNode + bucket);
        this.drop(request.from, request.to);
      },
      onAbandoned: (bucket, request) => {
        this.checking.delete(request.from * buckets.perNode + bucket);
      },
    };
  }

  /** A message from `peer` has reached `node`. */
  seen(node: NodeIndex, peer: NodeIndex): void {
    const { buckets } = this;
    const bucket = buckets.bucketOfPeer(node, peer);
    if (bucket < 0) return;
    if (this.failures.size > 0) this.failures.delete(node * this.nodes.count + peer);
    if (buckets.touch(node, bucket, peer)) return;
    this.dropped.remove(node, peer);
    if (buckets.append(node, bucket, peer)) this.onNewContact(node, peer);
    else {
      buckets.addReplacement(node, bucket, peer);
      if (this.options.fullBucket === 'ping') this.checkOldest(node, bucket);
    }
  }

  /** A request of `node` to `peer` had no answer. */
  failed(node: NodeIndex, peer: NodeIndex): void {
    if (!this.buckets.has(node, peer)) return;
    const pair = node * this.nodes.count + peer;
    const failures = (this.failures.get(pair) ?? 0) + 1;
    if (failures >= this.options.staleAfter) this.drop(node, peer);
    else {
      this.failures.set(pair, failures);
      if (this.options.repairOnTimeout) this.suspicion.check(node, peer);
    }
  }

  /** The peer has said that it goes. */
  forget(node: NodeIndex, peer: NodeIndex): void {
    this.remove(node, peer);
    this.dropped.remove(node, peer);
  }

  clear(node: NodeIndex): void {
    this.buckets.clear(node);
    this.dropped.forgetAll(node);
  }

  /** `node` looks up `key`: the bucket of that range needs no refresh for a while. */
  lookedUp(node: NodeIndex, key: Id): void {
    if (this.lookedUpSecond === undefined) return;
    const bucket = this.buckets.bucketOf(node, key, 0);
    if (bucket >= 0) this.lookedUpSecond[node * this.buckets.perNode + bucket] = this.nodes.simulator.now / SECOND;
  }

  /** Has nothing been looked up in the range of the bucket for one refresh period? */
  needsRefresh(node: NodeIndex, bucket: number): boolean {
    const last = this.lookedUpSecond?.[node * this.buckets.perNode + bucket] ?? 0;
    return last === 0 || this.nodes.simulator.now - last * SECOND >= (1 - this.options.periodSpread) * this.options.refreshPeriodNs;
  }

  /** Asks after one peer given up as dead. `answered` hears if it lives. */
  probe(node: NodeIndex, client: RpcClient): void {
    const peer = this.dropped.next(node);
    if (peer !== undefined) this.ask(node, peer, client, 0);
  }

  /** One ping. */
  ask(node: NodeIndex, peer: NodeIndex, client: RpcClient, context: number): void {
    this.rpc.send(this.ping, { to: peer, from: node, rpc: this.rpc.open(client, context, 1), purpose: REPAIR });
  }

  private checkOldest(node: NodeIndex, bucket: number): void {
    const cell = node * this.buckets.perNode + bucket;
    if (this.checking.has(cell)) return;
    this.checking.add(cell);
    this.ask(node, this.buckets.contact(node, bucket, 0), this.oldestCheck, bucket);
  }

  private drop(node: NodeIndex, peer: NodeIndex): void {
    this.remove(node, peer);
    this.dropped.add(node, peer);
  }

  private remove(node: NodeIndex, peer: NodeIndex): void {
    const { buckets } = this;
    const bucket = buckets.bucketOfPeer(node, peer);
    this.failures.delete(node * this.nodes.count + peer);
    buckets.removeReplacement(node, bucket, peer);
    if (!buckets.remove(node, bucket, peer)) return;
    const replacement = buckets.takeReplacement(node, bucket);
    if (replacement !== undefined) buckets.append(node, bucket, replacement);
  }
}

