import type { NodeIndex } from '../overlay.ts';
import type { ChordTables } from './tables.ts';

/**
 * Writes the tables that stabilisation converges to: exact predecessors, successor lists and fingers.
 *
 * For each exponent the finger's position moves around the sorted ring together with its node's, so all fingers cost
 * O(bits · nodes) steps and no search.
 */
export function writeConvergedTables(tables: ChordTables, nodes: readonly NodeIndex[]): void {
  const { space, ids, listLength, fingers } = tables;
  const w = space.words;
  const ring = Int32Array.from(nodes).sort((a, b) => space.compare(ids, a * w, ids, b * w));
  const count = ring.length;
  const sorted = new Uint32Array(count * w);
  for (let p = 0; p < count; p++) {
    for (let word = 0; word < w; word++) sorted[p * w + word] = ids[ring[p] * w + word];
    const node = ring[p];
    tables.clear(node);
    if (count === 1) continue;
    tables.predecessor[node] = ring[(p + count - 1) % count];
    const length = Math.min(listLength, count - 1);
    for (let s = 0; s < length; s++) tables.successors[node * listLength + s] = ring[(p + 1 + s) % count];
  }
  if (count === 1) return;
  const start = new Uint32Array(w);
  for (let exponent = 0; exponent < space.bits; exponent++) {
    // `ahead` counts positions past p; p + count is the node itself again: no other node lies in [start, node).
    let ahead = 1;
    for (let p = 0; p < count; p++) {
      if (p > 0) ahead = Math.max(1, ahead - 1);
      space.addPowerOfTwo(sorted, p * w, exponent, start);
      while (ahead < count && space.inOpenArc(sorted, ((p + ahead) % count) * w, sorted, p * w, start, 0)) ahead++;
      if (ahead < count) fingers[ring[p] * space.bits + exponent] = ring[(p + ahead) % count];
    }
  }
}
