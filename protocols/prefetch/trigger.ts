import type { Nanoseconds } from '../../sim/kernel/time.ts';

/** What a trigger knows of a unit that could be fetched ahead for a request that is being queued. */
export interface PrefetchOffer {
  /** Predicted wait of the request. */
  readonly waitNs: Nanoseconds;
  /** Probability that the request will need the unit. */
  readonly confidence: number;
  /** Utilisation of the node's downlink, of late. */
  readonly linkUtilisation: number;
}

/** Decides at enqueue which units to fetch ahead. A request that need not wait is never fetched for: there is nothing to hide the fetch behind. */
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

/**
 * Fires when what a unit is expected to gain exceeds what it is expected to cost others. Until the request's turn comes, t = min(wait, fetch) of the fetch gets done:
 *
 *   gain = confidence · t                        hidden, where the prediction holds
 *   cost = (1 − confidence) · t · u/(1 − u)      where it does not, a transfer of length t on a link of utilisation u delays the fetches of others by t times the mean
 *                                                number of them under way (processor sharing: u/(1 − u))
 *
 * t drops out: it fires where the confidence exceeds the utilisation.
 */
export class AdaptiveTrigger implements PrefetchTrigger {
  readonly name = 'adaptive';

  fires({ waitNs, confidence, linkUtilisation }: PrefetchOffer): boolean {
    return waitNs > 0 && (confidence === 1 || confidence > linkUtilisation);
  }
}
