import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import { requireOption, requirePeriodSpread } from '../node-set.ts';
import { requireWalkOptions } from '../walk/options.ts';
import type { WalkOptions } from '../walk/options.ts';

/**
 * Parameters of Pastry. Sources: [P] Rowstron and Druschel, "Pastry: Scalable, decentralized object location and routing for
 * large-scale peer-to-peer systems", Middleware 2001, by section; [MSP] Castro, Costa and Rowstron, "Performance and dependability of
 * structured peer-to-peer overlays", DSN 2004.
 */
export interface PastryOptions extends Omit<WalkOptions, 'checkOwner' | 'confirmOwner' | 'ownerRedirects'> {
  /** Bits of a digit, b: rows of 2^b columns. Default 4 [P 2]. */
  readonly digitBits: number;
  /** |L|, half on either side. Default 16 [P 3.1]; FreePastry has 24. */
  readonly leafSet: number;
  /** |M|, the nearest nodes by round-trip time. Default 32 [P 3.1]. */
  readonly neighbourhood: number;
  /** Do nodes measure round-trip times and prefer near peers in their tables? Default true [P 2.5]. */
  readonly proximity: boolean;
  /** Directly built tables: candidates of each entry among which the nearest is taken. Default 8; 1 takes any. */
  readonly proximitySamples: number;
  /** Recursive (default) [P 2.1] or iterative lookups. A lookup counts every forward, the last one to the owner included [P 3.1]. */
  readonly lookup: 'iterative' | 'recursive';
  /** Is each hop acknowledged? Default true [MSP 3.2]. */
  readonly hopAcks: boolean;
  /** Wait for an answer. Default 500 ms. */
  readonly rpcTimeoutNs: Nanoseconds;
  /** Sendings of a lookup step before its peer is passed by. Default 1. */
  readonly lookupAttempts: number;
  /** Sendings of a keep-alive before its peer is held dead. Default 5: with 20 % loss each way, 0.6 % of live peers are dropped a check. */
  readonly maintenanceAttempts: number;
  /** Recursive lookups and joins: wait of the initiator for the result. Default 10 s. */
  readonly lookupTimeoutNs: Nanoseconds;
  /** Fresh starts of a lookup that found no way. Default 2. */
  readonly lookupRetries: number;
  /** Steps after which a lookup gives up. Default 0: four times the identifier length. */
  readonly hopLimit: number;
  /** Do nodes keep each other alive and repair at all? Default true. */
  readonly maintenance: boolean;
  /** Mean time between a node's keep-alives and exchanges of leaf sets. Default 30 s [MSP 3.1]. */
  readonly leafSetPeriodNs: Nanoseconds;
  /** Mean time between requests for a row of another node, which fill and improve the routing table. Default 20 min [MSP 3.1]; 0 for never. */
  readonly rowPeriodNs: Nanoseconds;
  /** Each wait is uniform within this share of its period either way. Default 0.5. */
  readonly periodSpread: number;
  /** Does a node that joined ask all its peers for their state, to take nearer ones [P 2.5]? Default true; only with `proximity`. */
  readonly improveOnJoin: boolean;
  /** Does a timeout in a lookup start a check of that peer, and its replacement [P 2.4]? Default true. */
  readonly repairOnTimeout: boolean;
  /** Peers given up as dead that a node remembers and probes, so that split overlays merge. Default 16; 0 for the paper's tables. */
  readonly droppedPeers: number;
  /** Time between such probes of one node. Default 60 s. */
  readonly probePeriodNs: Nanoseconds;
}

export const PASTRY_DEFAULTS: PastryOptions = {
  digitBits: 4,
  leafSet: 16,
  neighbourhood: 32,
  proximity: true,
  proximitySamples: 8,
  lookup: 'recursive',
  hopAcks: true,
  rpcTimeoutNs: 500 * MILLISECOND,
  lookupAttempts: 1,
  maintenanceAttempts: 5,
  lookupTimeoutNs: 10 * SECOND,
  lookupRetries: 2,
  hopLimit: 0,
  maintenance: true,
  leafSetPeriodNs: 30 * SECOND,
  rowPeriodNs: 1200 * SECOND,
  periodSpread: 0.5,
  improveOnJoin: true,
  repairOnTimeout: true,
  droppedPeers: 16,
  probePeriodNs: 60 * SECOND,
};

/** Defaults filled in, ranges checked. */
export function pastryOptions(given: Partial<PastryOptions> = {}): PastryOptions {
  const options = { ...PASTRY_DEFAULTS, ...given };
  requireWalkOptions('pastry', { ...options, checkOwner: false, confirmOwner: false, ownerRedirects: false });
  requireOption('pastry.digitBits', options.digitBits, 1, 8);
  requireOption('pastry.leafSet', options.leafSet, 2);
  if (options.leafSet % 2 !== 0) throw new RangeError(`pastry.leafSet: ${options.leafSet} given, expected an even number: half on either side`);
  requireOption('pastry.neighbourhood', options.neighbourhood, 0);
  requireOption('pastry.proximitySamples', options.proximitySamples, 1);
  requireOption('pastry.maintenanceAttempts', options.maintenanceAttempts, 1);
  requireOption('pastry.leafSetPeriodNs', options.leafSetPeriodNs, 1);
  requireOption('pastry.rowPeriodNs', options.rowPeriodNs, 0);
  requireOption('pastry.droppedPeers', options.droppedPeers, 0);
  requireOption('pastry.probePeriodNs', options.probePeriodNs, 1);
  requirePeriodSpread('pastry.periodSpread', options.periodSpread);
  return options;
}
