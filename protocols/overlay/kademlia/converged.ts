import type { RandomStream } from '../../../sim/kernel/random-stream.ts';
import type { NodeIndex } from '../overlay.ts';
import type { KBuckets } from './buckets.ts';

/**
 * Writes ideal tables: every bucket holds k contacts drawn uniformly from its range, or all where there are no more.
 *
 * Nodes sharing a prefix are neighbours in identifier order, so a bucket's range is an interval of the sorted nodes; walking the prefix
 * tree visits every (node, bucket) pair once.
 */
export function writeIdealBuckets(buckets: KBuckets, nodes: readonly NodeIndex[], random: RandomStream): void {
  const { space, ids, digitBits } = buckets;
  const w = space.words;
  const sorted = Int32Array.from(nodes).sort((a, b) => space.compare(ids, a * w, ids, b * w));
  for (const node of nodes) buckets.clear(node);
  const width = 1 << digitBits;

  const split = (low: number, high: number, level: number): void => {
    if (high - low <= 1 || level >= buckets.levels) return;
    const bounds = digitBounds(buckets, sorted, low, high, level);
    for (let own = 0; own < width; own++) {
      for (let p = bounds[own]; p < bounds[own + 1]; p++) {
        for (let other = 0; other < width; other++) {
          if (other === own || bounds[other] === bounds[other + 1]) continue;
          buckets.fill(sorted[p], level * (width - 1) + (own ^ other) - 1, sorted, bounds[other], bounds[other + 1], random);
        }
      }
      split(bounds[own], bounds[own + 1], level + 1);
    }
  };
  split(0, sorted.length, 0);
}

/** Where each digit of a level begins among nodes that lie in identifier order and agree in all digits before; the last entry is `high`. */
export function digitBounds(buckets: KBuckets, sorted: Int32Array, low: number, high: number, level: number): Int32Array {
  const { space, ids, digitBits } = buckets;
  const width = 1 << digitBits;
  const bounds = new Int32Array(width + 1).fill(high);
  bounds[0] = low;
  for (let digit = 1; digit < width; digit++) {
    let from = bounds[digit - 1];
    let to = high;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (space.digit(ids, sorted[middle] * space.words, level, digitBits) < digit) from = middle + 1;
      else to = middle;
    }
    bounds[digit] = from;
  }
  return bounds;
}
