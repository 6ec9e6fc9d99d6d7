import type { Nanoseconds } from '../../sim/kernel/time.ts';

/** What a trigger knows when a request is queued. */
export interface PrefetchOffer {
  /** Predicted wait of the request. */
  readonly waitNs: Nanoseconds;
  /** Time that the fetch takes on an idle link. */
  readonly fetchNs: Nanoseconds;
  /** Share of prefetched bytes that were used, of late on this node. */
  readonly accuracy: number;
  /** Utilisation of the node's downlink, of late. */
  readonly linkUtilisation: number;
}

/** Decides at enqueue whether to fetch ahead. A request that need not wait is never fetched for: there is nothing to hide the fetch behind. */
export interface PrefetchTrigger {
  readonly name: string;
  fires(offer: PrefetchOffer): boolean;
}

/** Fires when the predicted wait exceeds a threshold. */
export class ThresholdTrigger implements PrefetchTrigger {
  readonly name = 'threshold';
  readonly #thresholdNs: Nanoseconds;

  constructor(thresholdNs: Nanoseconds) {
    this.#thresholdNs = thresholdNs;
  }

  fires({ waitNs }: PrefetchOffer): boolean {
    return waitNs > this.#thresholdNs;
  }
}

/** Beyond this utilisation the price of a wasted byte is that of this one: a queue of demand fetches is bounded by the batch. */
const MOST_UTILISATION = 0.95;

/**
 * Fires when what the request is expected to gain exceeds what it is expected to cost others.
 *
 *   gain = accuracy · min(wait, fetch)      that much of the fetch is hidden, where the prediction holds
 *   cost = (1 − accuracy) · fetch · u/(1 − u)   a wasted transfer of that length on a link of utilisation u delays the fetches of others
 *                                           by its length times the mean number of them under way (processor sharing: u/(1 − u))
 */
export class AdaptiveTrigger implements PrefetchTrigger {
  readonly name = 'adaptive';

  fires({ waitNs, fetchNs, accuracy, linkUtilisation }: PrefetchOffer): boolean {
    if (waitNs <= 0) return false;
    const load = Math.min(MOST_UTILISATION, linkUtilisation);
    return accuracy * Math.min(waitNs, fetchNs) > ((1 - accuracy) * fetchNs * load) / (1 - load);
  }
}
