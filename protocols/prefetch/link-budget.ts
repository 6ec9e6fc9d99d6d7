import type { Network } from '../../sim/network/network.ts';
import type { LinkId } from '../../sim/network/flow-engine.ts';

/**
 * What prefetching may take of one node's downlink while somebody at the head of the queue fetches: a link that every prefetch flow to this node crosses, as
 * wide as the downlink while nobody does.
 */
export class LinkBudget {
  readonly link: LinkId | undefined;
  readonly #network: Network;
  readonly #downBps: number;
  readonly #share: number;
  /** Fetches for requests at the head, and of those the ones that began as prefetches and cross the link still. */
  #demand = 0;
  #promoted = 0;
  #isNarrow = false;

  /** @param share 1 sets no bound */
  constructor(network: Network, downBps: number, share: number) {
    this.#network = network;
    this.#downBps = downBps;
    this.#share = share;
    this.link = share < 1 ? network.addLink(downBps) : undefined;
  }

  /** So many more (or fewer) units are being fetched for requests at the head, of which so many by flows that began as prefetches. */
  change(demand: number, promoted: number): void {
    this.#demand += demand;
    this.#promoted += promoted;
    // Narrowing the link would hold up demand that still crosses it.
    const isNarrow = this.#demand > this.#promoted && this.#promoted === 0;
    if (this.link === undefined || isNarrow === this.#isNarrow) return;
    this.#isNarrow = isNarrow;
    this.#network.setLinkCapacity(this.link, isNarrow ? this.#share * this.#downBps : this.#downBps);
  }
}
