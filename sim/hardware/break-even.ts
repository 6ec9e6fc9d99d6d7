/** From which rate on it pays to fetch KV instead of computing it, as closed forms. */
import type { Nanoseconds } from '../kernel/time.ts';

/** A transformer and a machine, as Mooncake's Eq. 2 takes them. */
export interface ReuseThresholdInput {
  /** Hidden dimension d. */
  readonly hidden: number;
  /** Query heads that share a KV head. */
  readonly gqa: number;
  /** Coefficients of attention (a) and of all other layers (b) in the operations of a layer, p·(a·p·d + b·d²) for p tokens. */
  readonly attention: number;
  readonly dense: number;
  /** Tokens that are cached. */
  readonly cachedTokens: number;
  readonly elementBytes: number;
  /** Operations per second that prefill reaches. */
  readonly flops: number;
}

/**
 * Least bandwidth in bytes per second from which loading a cached prefix takes less time than computing it: B / G > 2·d·s / (gqa · (a·p·d + b·d²)) (Mooncake, FAST '25, Eq. 2). KV of p tokens
 * and one layer is 2·p·d·s / gqa bytes.
 */
export function reuseThresholdBytesPerSecond({ hidden, gqa, attention, dense, cachedTokens, elementBytes, flops }: ReuseThresholdInput): number {
  return (flops * 2 * hidden * elementBytes) / (gqa * (attention * cachedTokens * hidden + dense * hidden * hidden));
}

/** Link rate in bits per second at which fetching so many bytes takes as long as the prefill that they save. */
export function breakEvenBps(storedBytes: number, savedNs: Nanoseconds): number {
  return (storedBytes * 8e9) / savedNs;
}
