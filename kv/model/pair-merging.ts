/** Byte-pair merging: again and again, the best neighbouring pair becomes one token. */

/** What a pair merges into and how early: the lowest rank first, the leftmost among equals. */
export interface Merge {
  readonly token: number;
  readonly rank: number;
}

/**
 * Merges until no pair merges any more. `lookup` gives a pair's merge. O(n log n): pairs wait in a heap, and one whose tokens have changed
 * since is dropped when it comes up.
 */
export function mergePairs(tokens: readonly number[], lookup: (left: number, right: number) => Merge | undefined): number[] {
  const token = Array.from(tokens);
  const before = token.map((_, i) => i - 1);
  const after = token.map((_, i) => (i + 1 < token.length ? i + 1 : -1));
  const heap = new PairHeap();
  const offer = (left: number): void => {
    const right = after[left];
    if (right < 0) return;
    const merge = lookup(token[left], token[right]);
    if (merge !== undefined) heap.push({ rank: merge.rank, left, leftToken: token[left], rightToken: token[right], merged: merge.token });
  };
  for (let i = 0; i + 1 < token.length; i++) offer(i);
  for (let pair = heap.pop(); pair !== undefined; pair = heap.pop()) {
    const { left } = pair;
    const right = after[left];
    // −1 marks a token that was swallowed.
    if (right < 0 || token[left] !== pair.leftToken || token[right] !== pair.rightToken) continue;
    token[left] = pair.merged;
    token[right] = -1;
    after[left] = after[right];
    if (after[left] >= 0) before[after[left]] = left;
    if (before[left] >= 0) offer(before[left]);
    offer(left);
  }
  return token.filter((id) => id >= 0);
}

interface Pair {
  readonly rank: number;
  readonly left: number;
  readonly leftToken: number;
  readonly rightToken: number;
  readonly merged: number;
}

const earlier = (a: Pair, b: Pair): boolean => a.rank < b.rank || (a.rank === b.rank && a.left < b.left);

/** A binary heap of pairs. */
class PairHeap {
  readonly #items: Pair[] = [];

  push(pair: Pair): void {
    const items = this.#items;
    let at = items.length;
    items.push(pair);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!earlier(pair, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = pair;
  }

  pop(): Pair | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return last;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && earlier(items[child + 1], items[child])) child++;
      if (!earlier(items[child], last)) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return top;
  }
}
