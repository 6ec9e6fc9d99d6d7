/**
 * Fetches the KV of a prefix from a peer's GPU cache into one's own: device → host → network → host → device. The blocks come into the engine's
 * prefix cache like computed ones, so a request finds them when it is scheduled, or does not and computes them.
 */
import type { Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { Delivery } from '../systems/dispatcher.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import { cachedBlocks, tokensOf } from './prompt-blocks.ts';
import { HASH_BYTES } from './gossip-wire.ts';

/** Weight of a new measurement of what a fetch moves a second. */
const RATE_GAIN = 0.3;

export interface PrefixFetchOptions {
  /** KV bytes of one token, all layers. */
  readonly bytesPerToken: number;
  /** What a node takes a link to carry before it has measured: its own, in bits per second. */
  readonly linkBps: number;
  /** Wait after which a fetch is given up. */
  readonly timeoutNs: Nanoseconds;
}

/** One prefix on its way to one node. */
interface Fetch {
  readonly node: PeerNode;
  readonly holder: PeerNode;
  readonly units: readonly ContextUnit[];
  /** Leading blocks that the node had, and the holder is thought to have. */
  readonly own: number;
  readonly wanted: number;
  readonly delivery: Delivery;
  sentNs: Nanoseconds;
  /** Blocks that are sent. */
  sent: number;
  /** Blocks held in both caches while it lasts. */
  pinned: boolean;
  ended: boolean;
}

interface Get {
  readonly fetch: Fetch;
}

export class PrefixFetcher {
  readonly #sim: Simulator;
  readonly #network: Network;
  readonly #options: PrefixFetchOptions;
  readonly #get: MessageType<Get>;
  readonly #none: MessageType<Get>;
  readonly #timeout: Handler<Fetch>;
  readonly #open = new Set<Fetch>();
  /** Bits a second that each node's last fetches came at. */
  readonly #rateBps: Float64Array;
  /** Fetches begun, those that brought something, and the bytes that they brought. */
  readonly counts = { begun: 0, brought: 0, bytes: 0 };

  constructor(sim: Simulator, network: Network, nodes: readonly PeerNode[], options: PrefixFetchOptions) {
    this.#sim = sim;
    this.#network = network;
    this.#options = options;
    this.#rateBps = new Float64Array(nodes.length).fill(options.linkBps);
    // The request names the hashes behind what the node has; the answer to one that cannot be served is empty.
    this.#get = network.messageType<Get>('prefix.get', (_to, _from, { fetch }) => { this.#onGet(fetch); }, ({ fetch }) => 4 + (fetch.wanted - fetch.own) * HASH_BYTES);
    this.#none = network.messageType<Get>('prefix.none', (_to, _from, { fetch }) => { this.#end(fetch); }, () => 1);
    this.#timeout = sim.handler('prefix.fetch-timeout', (fetch: Fetch) => { this.#end(fetch); }, ({ node }) => node.host);
    network.watchHosts((host, alive) => {
      if (!alive) for (const fetch of [...this.#open]) if (fetch.node.host === host || fetch.holder.host === host) this.#end(fetch);
    });
  }

  /** What a node expects a fetch of so many tokens to take, by what it knows itself. */
  expectedNs(node: PeerNode, holder: HostId, tokens: number): Nanoseconds {
    const sizeBytes = tokens * this.#options.bytesPerToken;
    const wireNs = ((sizeBytes * 8) / this.#rateBps[node.host]) * 1e9;
    const copiesNs = node.copies.copyNs('deviceToHost', sizeBytes) + node.copies.copyNs('hostToDevice', sizeBytes);
    return Math.round(2 * this.#network.latencyNs(node.host, holder) + wireNs + copiesNs);
  }

  /** Brings blocks `own` to `wanted` of a prompt to a node. The delivery ends once, later, whatever has come. */
  fetch(node: PeerNode, holder: PeerNode, units: readonly ContextUnit[], own: number, wanted: number): Delivery {
    const delivery: Delivery = { startNs: this.#sim.now, from: own, to: own, ended: false, onEnd: () => undefined };
    const fetch: Fetch = { node, holder, units, own, wanted, delivery, sentNs: this.#sim.now, sent: 0, pinned: false, ended: false };
    this.counts.begun++;
    this.#open.add(fetch);
    // What comes is of use only behind what is here.
    for (const unit of units.slice(0, own)) node.engine.prefixCache!.reference(unit);
    this.#network.send(node.host, holder.host, this.#get, { fetch });
    this.#sim.schedule(this.#options.timeoutNs, this.#timeout, fetch);
    return delivery;
  }

  #onGet(fetch: Fetch): void {
    if (fetch.ended) return;
    const { holder, node, units, own, wanted } = fetch;
    fetch.sent = Math.min(wanted, cachedBlocks(holder, units));
    if (fetch.sent <= own) {
      this.#network.send(holder.host, node.host, this.#none, { fetch });
      return;
    }
    for (const unit of units.slice(0, fetch.sent)) holder.engine.prefixCache!.reference(unit);
    fetch.pinned = true;
    holder.copies.copy('deviceToHost', this.#bytes(fetch), this.#onHost, fetch);
  }

  readonly #onHost = (fetch: Fetch): void => {
    if (fetch.ended) return;
    this.#unpin(fetch);
    fetch.sentNs = this.#sim.now;
    this.#network.transfer({ from: fetch.holder.host, to: fetch.node.host, sizeBytes: this.#bytes(fetch) }, this.#onSent, fetch);
  };

  readonly #onSent = (outcome: TransferOutcome, fetch: Fetch): void => {
    if (fetch.ended) return;
    if (outcome !== 'done') {
      this.#end(fetch);
      return;
    }
    const { host, copies } = fetch.node;
    const measuredBps = (this.#bytes(fetch) * 8) / ((this.#sim.now - fetch.sentNs) / 1e9);
    this.#rateBps[host] += RATE_GAIN * (measuredBps - this.#rateBps[host]);
    copies.copy('hostToDevice', this.#bytes(fetch), this.#onDevice, fetch);
  };

  readonly #onDevice = (fetch: Fetch): void => {
    if (fetch.ended) return;
    const { node, units, own, sent } = fetch;
    fetch.delivery.to = own + node.engine.adopt(units.slice(own, sent), own === 0 ? -1 : units[own - 1].id);
    this.counts.brought++;
    this.counts.bytes += this.#bytes(fetch);
    this.#end(fetch);
  };

  #bytes({ units, own, sent }: Fetch): number {
    return (tokensOf(units, sent) - tokensOf(units, own)) * this.#options.bytesPerToken;
  }

  #unpin(fetch: Fetch): void {
    if (!fetch.pinned) return;
    fetch.pinned = false;
    fetch.holder.engine.prefixCache!.release(fetch.units.slice(0, fetch.sent));
  }

  #end(fetch: Fetch): void {
    if (fetch.ended) return;
    fetch.ended = true;
    this.#open.delete(fetch);
    this.#unpin(fetch);
    fetch.node.engine.prefixCache!.release(fetch.units.slice(0, fetch.own));
    fetch.delivery.ended = true;
    fetch.delivery.onEnd();
  }
}
