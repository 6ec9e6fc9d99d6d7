/**
 * Simulated time: whole nanoseconds in a JavaScript number.
 *
 * Integers are exact up to 2^53, so a run may last 2^53 ns ≈ 104 days; sums and differences of times never round.
 */
export type Nanoseconds = number;

export const MICROSECOND: Nanoseconds = 1_000;
export const MILLISECOND: Nanoseconds = 1_000_000;
export const SECOND: Nanoseconds = 1_000_000_000;

/** The latest instant the clock can show: 2^53 ns, the last integer before doubles skip one. */
export const LATEST: Nanoseconds = 9_007_199_254_740_992;

/** Seconds to the nearest whole nanosecond. Throws RangeError for NaN and for what the clock cannot hold. */
export function fromSeconds(seconds: number): Nanoseconds {
  const ns = Math.round(seconds * SECOND);
  if (!(ns >= -LATEST && ns <= LATEST)) throw new RangeError(`seconds is ${seconds}: expected a number within ±${LATEST / SECOND}`);
  return ns;
}

export function toSeconds(ns: Nanoseconds): number {
  return ns / SECOND;
}

export function toMilliseconds(ns: Nanoseconds): number {
  return ns / MILLISECOND;
}
