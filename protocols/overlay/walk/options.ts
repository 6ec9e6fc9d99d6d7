import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import { requireOption } from '../node-set.ts';

/** How hop-by-hop lookups go about it; part of the options of every protocol that has them, which state defaults and sources. */
export interface WalkOptions {
  /** Recursive: each node passes the query on. Iterative: the initiator asks each node in turn. */
  readonly lookup: 'iterative' | 'recursive';
  /** Does the initiator first check whether it owns the key itself? */
  readonly checkOwner: boolean;
  /** Is the owner asked before the lookup ends? */
  readonly confirmOwner: boolean;
  /** With `confirmOwner`: does an owner that knows a nearer peer pass the query on to it? */
  readonly ownerRedirects: boolean;
  /** Recursive lookups: is each hop acknowledged, so that a dead next hop is found and passed by? */
  readonly hopAcks: boolean;
  /** Wait for an answer. */
  readonly rpcTimeoutNs: Nanoseconds;
  /** Sendings of a lookup step before its peer is passed by. */
  readonly lookupAttempts: number;
  /** Recursive lookups: wait of the initiator for the result. */
  readonly lookupTimeoutNs: Nanoseconds;
  /** Fresh starts of a lookup that found no way. */
  readonly lookupRetries: number;
  /** Steps after which a lookup gives up; 0 for four times the identifier length. */
  readonly hopLimit: number;
}

export function requireWalkOptions(protocol: string, options: WalkOptions): void {
  requireOption(`${protocol}.rpcTimeoutNs`, options.rpcTimeoutNs, 1);
  requireOption(`${protocol}.lookupAttempts`, options.lookupAttempts, 1);
  requireOption(`${protocol}.lookupTimeoutNs`, options.lookupTimeoutNs, 1);
  requireOption(`${protocol}.lookupRetries`, options.lookupRetries, 0);
  requireOption(`${protocol}.hopLimit`, options.hopLimit, 0);
}
