import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Request } from '../../sim/serving/request.ts';
import type { PeerNode } from '../systems/peer-node.ts';

/** Weight of the newest observation in the running means. */
const NEWEST = 0.05;

/** What is known of one node's past. */
interface History {
  /** Share of reusable prompt tokens that had to be computed. */
  missShare: number;
  /** Running means of waits that were predicted to be more than the step under way, and of what they came to. */
  predictedNs: number;
  actualNs: number;
}

/**
 * Predicts how long a request that is queued now will wait for the head of its node's queue. The engine's estimate from the work ahead
 * (`sim/serving/wait-estimator.ts`) needs the prefill each request will cost, which depends on what of it is cached: the monitor
 * assumes the share missed of late. Output lengths, and how fetches end, it does not know; what that comes to on average it learns,
 * as the ratio of waits to predictions of late.
 */
export class QueueMonitor {
  readonly #histories = new Map<PeerNode, History>();

  /** Tokens that this request is expected to compute on this node. */
  expectedPrefillTokens(node: PeerNode, request: Request): number {
    let unitTokens = 0;
    for (const { tokens } of request.units) unitTokens += tokens;
    return Math.max(1, Math.round(request.suffixTokens + this.#of(node).missShare * unitTokens));
  }

  /** Predicted wait of a request that is queued on this node now. */
  predictNs(node: PeerNode): Nanoseconds {
    const { predictedNs, actualNs } = this.#of(node);
    const boundaryNs = node.engine.stepRemainingNs();
    const queueNs = node.engine.estimateWaitNs() - boundaryNs;
    return boundaryNs + Math.round(predictedNs > 0 ? (queueNs * actualNs) / predictedNs : queueNs);
  }

  /** A request has reached the head after `actualNs`. `estimateNs` is what the engine alone would have said. */
  reached(node: PeerNode, estimateNs: Nanoseconds, boundaryNs: Nanoseconds, actualNs: Nanoseconds): void {
    if (estimateNs <= boundaryNs) return;
    const history = this.#of(node);
    history.predictedNs += NEWEST * (estimateNs - boundaryNs - history.predictedNs);
    history.actualNs += NEWEST * (Math.max(0, actualNs - boundaryNs) - history.actualNs);
  }

  /** A request's context is known to be cached or not. */
  learn(node: PeerNode, reusedTokens: number, contextTokens: number): void {
    if (contextTokens === 0) return;
    const history = this.#of(node);
    history.missShare += NEWEST * (1 - reusedTokens / contextTokens - history.missShare);
  }

  #of(node: PeerNode): History {
    let history = this.#histories.get(node);
    if (history === undefined) {
      // Nothing is known to be cached at first.
      history = { missShare: 1, predictedNs: 0, actualNs: 0 };
      this.#histories.set(node, history);
    }
    return history;
  }
}
