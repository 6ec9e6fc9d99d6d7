import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import { requireOption, requirePeriodSpread } from '../node-set.ts';

const HOUR = 3600 * SECOND;

/**
 * Parameters of Kademlia. Source: [K] Maymounkov and Mazières, "Kademlia: A Peer-to-Peer Information System Based on the XOR Metric",
 * IPTPS 2002, by section.
 */
export interface KademliaOptions {
  /** Bucket size and replication k. Default 20 [K 2.2]. */
  readonly k: number;
  /** Requests in flight of one lookup, α. Default 3 [K 2.3]. */
  readonly alpha: number;
  /** Bits resolved a step, b: 2^b − 1 buckets a level. Default 1 [K 2.2]; larger values are the accelerated lookups of [K 4.2]. */
  readonly digitBits: number;
  /**
   * When does a lookup end? `closest` (default): once the closest nodes that it has heard of have all answered [K 2.3]. `no-closer`: after
   * the first round that brings nothing closer, which is cheaper and may miss the owner.
   */
  readonly termination: 'closest' | 'no-closer';
  /** How many closest nodes must have answered, β. Default 0: k [K 2.3]. libp2p uses 3. */
  readonly resiliency: number;
  /**
   * `asynchronous` (default): the next request goes out as soon as one of the α comes back. `synchronous`: α requests, wait for all,
   * and after a round that brought nothing closer all of the k closest not yet asked [both K 2.3].
   */
  readonly rounds: 'asynchronous' | 'synchronous';
  /**
   * A newcomer at a full bucket: `defer` (default) keeps it in the replacement cache until an old contact fails to answer a lookup [K 4.1];
   * `ping` asks the least recently seen contact at once whether it lives [K 2.2].
   */
  readonly fullBucket: 'defer' | 'ping';
  /**
   * Tables of an overlay that is built directly: `ideal` (default), k contacts uniform in the range of each bucket, as published hop counts
   * suppose; `grown`, what nodes have that joined one after the other by messages.
   */
  readonly tables: 'ideal' | 'grown';
  /** Length of each bucket's replacement cache. Default 20 [K 4.1 names no length]. */
  readonly replacements: number;
  /** Requests in a row without an answer before a contact goes. Default 5 [K 4.1]. */
  readonly staleAfter: number;
  /** Wait for an answer. Default 500 ms. */
  readonly rpcTimeoutNs: Nanoseconds;
  /** Sendings of a lookup request before its peer is passed by. Default 1. */
  readonly lookupAttempts: number;
  /** Do nodes refresh buckets and republish at all? Default true. */
  readonly maintenance: boolean;
  /** A bucket in whose range nothing was looked up for so long is refreshed. Default 1 h [K 2.3]. */
  readonly refreshPeriodNs: Nanoseconds;
  /** Each wait is uniform within this share of its period either way. Default 0.1. */
  readonly periodSpread: number;
  /** Holders store their values again this often, unless they were stored on them within it. Default 1 h [K 2.5]. */
  readonly republishPeriodNs: Nanoseconds;
  /** The original publisher stores again this often. Default 24 h [K 2.3]. */
  readonly publishPeriodNs: Nanoseconds;
  /** Values not published again for so long are forgotten. Default 24 h [K 2.3]. */
  readonly expiryNs: Nanoseconds;
  /** Does a timeout in a lookup start the further requests that decide whether the contact goes? Default true. */
  readonly repairOnTimeout: boolean;
  /** Peers given up as dead that a node remembers and probes, so that split overlays merge. Default 16; 0 for the paper's tables. */
  readonly droppedPeers: number;
  /** Time between such probes of one node. Default 60 s. */
  readonly probePeriodNs: Nanoseconds;
}

export const KADEMLIA_DEFAULTS: KademliaOptions = {
  k: 20,
  alpha: 3,
  digitBits: 1,
  termination: 'closest',
  resiliency: 0,
  rounds: 'asynchronous',
  fullBucket: 'defer',
  tables: 'ideal',
  replacements: 20,
  staleAfter: 5,
  rpcTimeoutNs: 500 * MILLISECOND,
  lookupAttempts: 1,
  maintenance: true,
  refreshPeriodNs: HOUR,
  periodSpread: 0.1,
  republishPeriodNs: HOUR,
  publishPeriodNs: 24 * HOUR,
  expiryNs: 24 * HOUR,
  repairOnTimeout: true,
  droppedPeers: 16,
  probePeriodNs: 60 * SECOND,
};

/** Defaults filled in, ranges checked. */
export function kademliaOptions(given: Partial<KademliaOptions> = {}): KademliaOptions {
  const options = { ...KADEMLIA_DEFAULTS, ...given };
  requireOption('kademlia.k', options.k, 1, 1000);
  requireOption('kademlia.alpha', options.alpha, 1);
  requireOption('kademlia.digitBits', options.digitBits, 1, 8);
  requireOption('kademlia.resiliency', options.resiliency, 0, options.k);
  requireOption('kademlia.replacements', options.replacements, 0);
  requireOption('kademlia.staleAfter', options.staleAfter, 1);
  requireOption('kademlia.rpcTimeoutNs', options.rpcTimeoutNs, 1);
  requireOption('kademlia.lookupAttempts', options.lookupAttempts, 1);
  requireOption('kademlia.refreshPeriodNs', options.refreshPeriodNs, 1);
  requireOption('kademlia.republishPeriodNs', options.republishPeriodNs, 1);
  requireOption('kademlia.publishPeriodNs', options.publishPeriodNs, 1);
  requireOption('kademlia.expiryNs', options.expiryNs, 1);
  requireOption('kademlia.droppedPeers', options.droppedPeers, 0);
  requireOption('kademlia.probePeriodNs', options.probePeriodNs, 1);
  if (options.termination === 'no-closer' && options.rounds !== 'synchronous') {
    throw new RangeError(`kademlia.termination: no-closer needs rounds: synchronous, which say when a round is over`);
  }
  requirePeriodSpread('kademlia.periodSpread', options.periodSpread);
  return options;
}
