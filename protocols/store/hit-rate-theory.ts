/**
 * Hit rates in equilibrium of stores that hold `capacity` entries of equal size, each reference drawn independently with the given probabilities
 * (the independent reference model). Probabilities need not be sorted; they must sum to 1.
 */

/**
 * LRU by Che's approximation (Che, Tung and Wang, *Hierarchical web caching systems*, JSAC 20(7), 2002): an entry is held if it was asked for within
 * the last T references, and T is such that the expected number held is the capacity: Σ(1 − exp(−p·T)) = C.
 */
export function cheLruHitRate(probabilities: ArrayLike<number>, capacity: number): number {
  return equilibriumHitRate(probabilities, capacity, (rate) => 1 - Math.exp(-rate));
}

/**
 * FIFO in the same manner (Martina, Garetto and Leonardi, *A unified approach to the performance analysis of caching systems*, INFOCOM 2014):
 * an entry stays for T references after each coming in, so it is held p·T/(1 + p·T) of the time.
 */
export function cheFifoHitRate(probabilities: ArrayLike<number>, capacity: number): number {
  return equilibriumHitRate(probabilities, capacity, (rate) => rate / (1 + rate));
}

/** Mass of the `capacity` most popular entries: what no store can exceed under independent references, and perfect counts converge to. */
export function topMass(probabilities: ArrayLike<number>, capacity: number): number {
  checkCapacity(capacity);
  const sorted = Float64Array.from(probabilities).sort().reverse();
  let mass = 0;
  for (let i = 0; i < Math.min(capacity, sorted.length); i++) mass += sorted[i];
  return mass;
}

/** Σ p·held(p·T) with T from Σ held(p·T) = capacity, by bisection. */
function equilibriumHitRate(probabilities: ArrayLike<number>, capacity: number, held: (rate: number) => number): number {
  checkCapacity(capacity);
  const positive = Float64Array.from(probabilities).filter((p) => p > 0);
  if (capacity === 0) return 0;
  if (capacity >= positive.length) return 1;
  const expected = (time: number): number => positive.reduce((sum, p) => sum + held(p * time), 0);
  let low = 0;
  let high = 1;
  while (expected(high) < capacity) high *= 2;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (expected(middle) < capacity) low = middle;
    else high = middle;
  }
  return positive.reduce((sum, p) => sum + p * held(p * high), 0);
}

function checkCapacity(capacity: number): void {
  if (!(capacity >= 0)) throw new RangeError(`capacity is ${capacity}; expected at least 0 entries`);
}
