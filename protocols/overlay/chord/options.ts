import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import { requireOption, requirePeriodSpread } from '../node-set.ts';
import { requireWalkOptions } from '../walk/options.ts';
import type { WalkOptions } from '../walk/options.ts';

/**
 * Parameters of Chord. Sources: [ToN] Stoica et al., "Chord: A Scalable Peer-to-Peer Lookup Protocol for Internet Applications",
 * IEEE/ACM Transactions on Networking 11(1), 2003; [OverSim] the defaults of that simulator's Chord.
 */
export interface ChordOptions extends WalkOptions {
  /** Length r of the successor list. Default 8 [OverSim]; [ToN] section IV.E.3 asks for r = Ω(log N). */
  readonly successors: number;
  /** Recursive (default): each node passes the query on. Iterative: the initiator asks each node in turn. Both are in [ToN] section IV. */
  readonly lookup: 'iterative' | 'recursive';
  /**
   * `fingers` (default): the closest preceding finger, the list only where fingers are dead [ToN Fig. 5]. `fingers-and-list`: the closest
   * preceding node of both, and a node whose list spans the key names the owner [ToN section VI.D, Tables II and III].
   */
  readonly routing: 'fingers' | 'fingers-and-list';
  /** Does the initiator first check whether it owns the key itself? Default true; Fig. 5 and Fig. 10 of [ToN] do not. */
  readonly checkOwner: boolean;
  /**
   * Is the owner asked before the lookup ends? It then counts as one more hop, and a dead owner is passed over. Default false: the
   * owner's predecessor answers [ToN Fig. 4].
   */
  readonly confirmOwner: boolean;
  /** With `confirmOwner`: does an owner whose predecessor lies at or after the key pass the query back to it? Default true. */
  readonly ownerRedirects: boolean;
  /** Recursive lookups: is each hop acknowledged, so that a dead next hop is found and passed by? Default true. */
  readonly hopAcks: boolean;
  /** Wait for an answer. Default 500 ms. */
  readonly rpcTimeoutNs: Nanoseconds;
  /** Sendings of a lookup step before its peer is passed by. Default 1. */
  readonly lookupAttempts: number;
  /** Sendings of a maintenance request before its peer is held dead. Default 5: with 20 % loss each way, 0.6 % of live peers are dropped a check. */
  readonly maintenanceAttempts: number;
  /** Recursive lookups: wait of the initiator for the result. Default 10 s. */
  readonly lookupTimeoutNs: Nanoseconds;
  /** Fresh starts of a lookup that found no way. Default 2. */
  readonly lookupRetries: number;
  /** Steps after which a lookup gives up. Default 0: four times the identifier length. */
  readonly hopLimit: number;
  /** Do nodes stabilise at all? Default true. */
  readonly maintenance: boolean;
  /** Mean time between a node's stabilisations. Default 20 s [OverSim]; Table III of [ToN] has 30 s. */
  readonly stabilisePeriodNs: Nanoseconds;
  /** Each wait is uniform within this share of its period either way. Default 0.5, as in Table III of [ToN]: U[15, 45] s. */
  readonly periodSpread: number;
  /** Fingers refreshed a round: the next one, or all. Default `one` [ToN Fig. 6]. */
  readonly fixFingers: 'one' | 'all';
  /** Mean time between finger rounds. Default 0: one round with each stabilisation [ToN]; [OverSim] has 120 s, all fingers. */
  readonly fixFingersPeriodNs: Nanoseconds;
  /** Does a node that joined look up all its fingers at once? Default true; otherwise they fill as rounds come. */
  readonly fillFingersOnJoin: boolean;
  /** Does a timeout in a lookup start a check of that peer, and its removal? Default true; Table II of [ToN] measures without. */
  readonly repairOnTimeout: boolean;
  /** Peers given up as dead that a node remembers and probes, so that split rings merge. Default 16; 0 for the paper's tables. */
  readonly droppedPeers: number;
  /** Time between such probes of one node. Default 60 s. */
  readonly probePeriodNs: Nanoseconds;
}

export const CHORD_DEFAULTS: ChordOptions = {
  successors: 8,
  lookup: 'recursive',
  routing: 'fingers',
  checkOwner: true,
  confirmOwner: false,
  ownerRedirects: true,
  hopAcks: true,
  rpcTimeoutNs: 500 * MILLISECOND,
  lookupAttempts: 1,
  maintenanceAttempts: 5,
  lookupTimeoutNs: 10 * SECOND,
  lookupRetries: 2,
  hopLimit: 0,
  maintenance: true,
  stabilisePeriodNs: 20 * SECOND,
  periodSpread: 0.5,
  fixFingers: 'one',
  fixFingersPeriodNs: 0,
  fillFingersOnJoin: true,
  repairOnTimeout: true,
  droppedPeers: 16,
  probePeriodNs: 60 * SECOND,
};

/** Defaults filled in, ranges checked. */
export function chordOptions(given: Partial<ChordOptions> = {}): ChordOptions {
  const options = { ...CHORD_DEFAULTS, ...given };
  requireWalkOptions('chord', options);
  requireOption('chord.successors', options.successors, 1);
  requireOption('chord.maintenanceAttempts', options.maintenanceAttempts, 1);
  requireOption('chord.stabilisePeriodNs', options.stabilisePeriodNs, 1);
  requireOption('chord.fixFingersPeriodNs', options.fixFingersPeriodNs, 0);
  requireOption('chord.droppedPeers', options.droppedPeers, 0);
  requireOption('chord.probePeriodNs', options.probePeriodNs, 1);
  requirePeriodSpread('chord.periodSpread', options.periodSpread);
  return options;
}
