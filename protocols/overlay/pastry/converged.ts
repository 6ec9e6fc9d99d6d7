import type { RandomStream } from '../../../sim/kernel/random-stream.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { NodeIndex } from '../overlay.ts';
import type { PastryOptions } from './options.ts';
import { UNMEASURED } from './routing-rows.ts';
import type { PastryTables } from './tables.ts';

/** Round-trip time between two nodes, as a measurement would find it. */
export type RoundTrip = (from: NodeIndex, to: NodeIndex) => Nanoseconds;

/**
 * Writes the tables that long operation converges to: exact leaf sets; every routing entry that some node could fill, with the nearest
 * of a few neighbouring candidates from a random place in its range; the nearest of a random sample as the neighbourhood set.
 */
export function writeConvergedTables(tables: PastryTables, nodes: readonly NodeIndex[], options: PastryOptions, random: RandomStream, roundTrip: RoundTrip): void {
  const { space, ids, rows, leaves, neighbourhood } = tables;
  const w = space.words;
  const sorted = Int32Array.from(nodes).sort((a, b) => space.compare(ids, a * w, ids, b * w));
  const count = sorted.length;
  for (const node of nodes) tables.clear(node);

  const side = Math.min(leaves.half, count - 1);
  for (let p = 0; p < count; p++) {
    const larger: NodeIndex[] = [];
    const smaller: NodeIndex[] = [];
    for (let i = 1; i <= side; i++) {
      larger.push(sorted[(p + i) % count]);
      smaller.push(sorted[(p - i + count) % count]);
    }
    leaves.write(sorted[p], larger, smaller);
  }

  const samples = options.proximitySamples;
  const { proximity } = options;
  const pick = (node: NodeIndex, low: number, high: number): void => {
    const range = high - low;
    // Where a node lies says nothing of its identifier: neighbours in the order of identifiers are as good a sample as any.
    let at = low + Math.floor(random.next() * range);
    let best = sorted[at];
    if (!proximity) {
      rows.offer(node, best, UNMEASURED);
      return;
    }
    let bestNs = roundTrip(node, best);
    for (let s = Math.min(samples, range); s > 1; s--) {
      if (++at === high) at = low;
      const rttNs = roundTrip(node, sorted[at]);
      if (rttNs >= bestNs) continue;
      best = sorted[at];
      bestNs = rttNs;
    }
    rows.offer(node, best, bestNs);
  };

  // Nodes sharing a prefix are neighbours in identifier order, so the range of an entry is an interval of the sorted nodes.
  const bounds = new Int32Array((rows.rows + 1) * (rows.columns + 1));
  const split = (low: number, high: number, row: number): void => {
    if (high - low <= 1 || row >= rows.rows) return;
    const base = row * (rows.columns + 1);
    bounds[base] = low;
    for (let column = 1; column < rows.columns; column++) {
      let from = bounds[base + column - 1];
      let to = high;
      while (from < to) {
        const middle = (from + to) >>> 1;
        if (space.digit(ids, sorted[middle] * w, row, rows.digitBits) < column) from = middle + 1;
        else to = middle;
      }
      bounds[base + column] = from;
    }
    bounds[base + rows.columns] = high;
    for (let own = 0; own < rows.columns; own++) {
      const [ownLow, ownHigh] = [bounds[base + own], bounds[base + own + 1]];
      for (let p = ownLow; p < ownHigh; p++) {
        for (let other = 0; other < rows.columns; other++) {
          if (other !== own && bounds[base + other] < bounds[base + other + 1]) pick(sorted[p], bounds[base + other], bounds[base + other + 1]);
        }
      }
      split(ownLow, ownHigh, row + 1);
    }
  };
  split(0, count, 0);

  if (!options.proximity || count <= 1) return;
  const drawn = Math.min(2 * neighbourhood.length, count - 1);
  for (const node of nodes) {
    for (let s = 0; s < drawn; s++) {
      const peer = sorted[Math.floor(random.next() * count)];
      if (peer !== node) neighbourhood.offer(node, peer, roundTrip(node, peer));
    }
  }
}
