import { SlotHeap } from './slot-heap.ts';

/**
 * Most hits that any store of `capacity` entries of equal size can have on these references, the future known: Belady, *A study of
 * replacement algorithms for a virtual-storage computer*, IBM Systems Journal 5(2), 1966; an entry whose next use is further off than all
 * that are held does not come in, so that stores with admission are bounded too. The first `warmUp` references are not counted.
 * O(n log capacity).
 */
export function optimalHits(references: ArrayLike<number>, capacity: number, warmUp = 0): number {
  if (!(capacity >= 0)) throw new RangeError(`capacity is ${capacity}; expected at least 0 entries`);
  const nextUse = nextUses(references);
  const held = new SlotHeap('belady');
  const slotOf = new Map<number, number>();
  const idOf: number[] = [];
  let hits = 0;
  for (let i = 0; i < references.length; i++) {
    const id = references[i];
    const slot = slotOf.get(id);
    // The furthest next use is the least priority.
    const priority = -nextUse[i];
    if (slot !== undefined) {
      if (i >= warmUp) hits++;
      held.use(slot, priority);
      continue;
    }
    // What is never used again would only take room.
    if (nextUse[i] === Infinity) continue;
    let free = idOf.length;
    if (held.size >= capacity) {
      free = held.least();
      if (free < 0 || held.priorityOf(free) >= priority) continue;
      held.remove(free);
      slotOf.delete(idOf[free]);
    }
    idOf[free] = id;
    slotOf.set(id, free);
    held.add(free, priority);
  }
  return hits;
}

/** For each reference the index of the next to the same id, Infinity for the last. */
function nextUses(references: ArrayLike<number>): Float64Array {
  const next = new Float64Array(references.length);
  const seen = new Map<number, number>();
  for (let i = references.length - 1; i >= 0; i--) {
    next[i] = seen.get(references[i]) ?? Infinity;
    seen.set(references[i], i);
  }
  return next;
}
