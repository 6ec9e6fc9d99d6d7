import type { Nanoseconds } from '../../sim/kernel/time.ts';

/** Doublings after which the span no longer grows: the truncation of binary exponential backoff at 2¹⁰ (IEEE 802.3, section 4.2.3.2.5). */
export const BACKOFF_DOUBLINGS_MAX = 10;

/**
 * Wait before the next lookup of a segment, after `failures` of them: exponential with jitter. The span is `baseNs` after the first and doubles
 * with each further one, up to 2¹⁰ times; the wait lies in its upper half, so that retries of many segments do not arrive as one burst and none comes at once
 * ("equal jitter": Brooker, *Exponential backoff and jitter*, AWS Architecture Blog, 2015).
 *
 * @param uniform a draw from [0, 1)
 * @returns whole nanoseconds in [½, 1] of the span
 */
export function backoffNs(baseNs: Nanoseconds, failures: number, uniform: number): Nanoseconds {
  const spanNs = baseNs * (1 << Math.min(failures - 1, BACKOFF_DOUBLINGS_MAX));
  return Math.round(spanNs * (0.5 + 0.5 * uniform));
}
