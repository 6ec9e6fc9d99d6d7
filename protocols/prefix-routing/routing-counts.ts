import type { Nanoseconds } from '../../sim/kernel/time.ts';

/** What routing by prefix did, over the measured window. */
export class RoutingCounts {
  /** Requests for which a node was chosen, and blocks that they asked for. */
  requests = 0;
  blocksAsked = 0;
  /** Sent on from the node where they came in; sent on again because the estimate was wrong; kept off the longest match by its load. */
  forwarded = 0;
  redirected = 0;
  spilled = 0;
  /** Served where they came in, with KV fetched from another node's cache. */
  fetched = 0;
  /** Blocks that an estimate promised and that were not there when the request came. */
  falseHitBlocks = 0;
  /** Blocks that some node alive had, beyond the best that the estimates told of. */
  missedHitBlocks = 0;
  /** Uses of a peer's estimate, and their summed age. */
  estimatesUsed = 0;
  estimateAgeNs: Nanoseconds = 0;
  /** Time from the first node (or router) to the node that served, summed over requests that were sent on. */
  forwardingNs: Nanoseconds = 0;
  /** Requests sent to nodes that claim blocks they lack. */
  sentToLiars = 0;
  /** Times that a node lost its trust in another that lies, with the summed time from the start; and in one that does not. */
  liarsDistrusted = 0;
  liarsDistrustedNs: Nanoseconds = 0;
  honestDistrusted = 0;

  reset(): void {
    Object.assign(this, new RoutingCounts());
  }
}
