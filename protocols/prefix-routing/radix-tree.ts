/**
 * Compact radix tree over block ids: which prefixes a cache holds.
 *
 * A path is a prompt's blocks in order. Every leading part of what was inserted is in the tree. An edge carries the longest run
 * of blocks that were last used together and that nothing branches off from; so all blocks of an edge have one time of use, and evicting the
 * least recently used leaf, tail first, is block-exact LRU. (A parent is used whenever its child is: leaves are always the oldest.)
 *
 * SGLang's RadixAttention (Zheng et al., NeurIPS 2024, section 3) has the same structure as objects; here nodes are rows of typed arrays,
 * edges are runs of one arena and children are found in one hash table.
 */
import { ChildTable } from './child-table.ts';
import { grown, LabelArena } from './label-arena.ts';
import { LeafHeap } from './leaf-heap.ts';

const ROOT = 0;
const NONE = -1;
/** Whole numbers of a node's row, and what they are: half a cache line, so that a step of a lookup fetches one. */
const ROW = 8;
const PARENT = 0;
const START = 1;
const LENGTH = 2;
const FIRST_CHILD = 3;
const NEXT_SIBLING = 4;
const PREVIOUS_SIBLING = 5;

export class RadixTree {
  readonly #labels: LabelArena;
  readonly #leaves = new LeafHeap();
  readonly #children: ChildTable;
  #rows = new Int32Array(ROW * 16);
  #usedAt = new Float64Array(16);
  #end = 1;
  #free = NONE;
  #nodes = 1;
  #clock = 0;

  /** @param chained ids are chained hashes, each of a block and all before it (`HashChain`): a run of blocks is compared by its last one */
  constructor({ chained = false }: { readonly chained?: boolean } = {}) {
    this.#labels = new LabelArena(chained);
    this.#rows[ROW * ROOT + PARENT] = NONE;
    this.#rows[ROW * ROOT + FIRST_CHILD] = NONE;
    this.#children = new ChildTable({
      parentOf: (node) => this.#rows[ROW * node + PARENT],
      firstBlockOf: (node) => this.#labels.at(this.#rows[ROW * node + START]),
    });
  }

  /** Blocks in the tree. */
  get blocks(): number {
    return this.#labels.live;
  }

  /** Nodes, the root included. */
  get nodes(): number {
    return this.#nodes;
  }

  /** Bytes of all arrays, as allocated. */
  get byteLength(): number {
    return this.#rows.byteLength + this.#usedAt.byteLength + this.#labels.byteLength + this.#leaves.byteLength + this.#children.byteLength;
  }

  /** How many leading blocks of the path are here. Nothing is changed. */
  match(path: ArrayLike<number>): number {
    let parent = ROOT;
    let depth = 0;
    while (depth < path.length) {
      let node = this.#children.find(parent, path[depth], true);
      if (node === NONE) return depth;
      let same = this.#matching(node, path, depth);
      if (same === 0) {
        // Another block of the same hash.
        node = this.#children.find(parent, path[depth]);
        if (node === NONE) return depth;
        same = this.#matching(node, path, depth);
      }
      depth += same;
      if (same < this.#rows[ROW * node + LENGTH]) return depth;
      parent = node;
    }
    return depth;
  }

  #matching(node: number, path: ArrayLike<number>, depth: number): number {
    return this.#labels.matching(this.#rows[ROW * node + START], this.#rows[ROW * node + LENGTH], path, depth);
  }

  /** As `match`; what matched counts as used now. */
  touch(path: ArrayLike<number>): number {
    return this.#use(path).depth;
  }

  /** Puts the path in, used now. Returns how many of its blocks are new. */
  insert(path: ArrayLike<number>): number {
    const { node, depth } = this.#use(path);
    const added = path.length - depth;
    if (added === 0) return 0;
    const leaf = this.#newNode(node, this.#labels.append(path, depth), added);
    this.#usedAt[leaf] = this.#clock;
    this.#attach(leaf);
    this.#leaves.remove(node);
    this.#leaves.set(leaf, this.#clock);
    this.#mergeWithOnlyChild(node);
    this.#compactIfSparse();
    return added;
  }

  /**
   * Takes out the block at this depth of the path, and all that lies behind it on any path.
   * Returns how many blocks went; 0 where the path is not here so far.
   */
  remove(path: ArrayLike<number>, depth: number): number {
    let node = ROOT;
    let above = 0;
    while (above <= depth) {
      node = this.#children.find(node, path[above]);
      if (node === NONE) return 0;
      const length = this.#rows[ROW * node + LENGTH];
      const same = this.#labels.matching(this.#rows[ROW * node + START], length, path, above);
      if (above + same > depth) break;
      if (same < length) return 0;
      above += length;
    }
    const before = this.blocks;
    const keep = depth - above;
    for (let child = this.#rows[ROW * node + FIRST_CHILD]; child !== NONE; child = this.#rows[ROW * node + FIRST_CHILD]) this.#removeSubtree(child);
    this.#shorten(node, this.#rows[ROW * node + LENGTH] - keep);
    this.#compactIfSparse();
    return before - this.blocks;
  }

  /** Takes out the `count` blocks that were used least recently, leaves first. Returns how many went: fewer where there are no more. */
  evict(count: number): number {
    let left = count;
    while (left > 0) {
      const leaf = this.#leaves.first();
      if (leaf === NONE) break;
      const taken = Math.min(left, this.#rows[ROW * leaf + LENGTH]);
      this.#shorten(leaf, taken);
      left -= taken;
    }
    this.#compactIfSparse();
    return count - left;
  }

  clear(): void {
    for (let child = this.#rows[ROW * ROOT + FIRST_CHILD]; child !== NONE; child = this.#rows[ROW * ROOT + FIRST_CHILD]) this.#removeSubtree(child);
    this.#compactIfSparse();
  }

  /** The path to each leaf; together they make the same tree. */
  *paths(): Generator<number[]> {
    const path: number[] = [];
    const stack: number[] = [];
    const depths: number[] = [];
    const descend = (node: number): void => {
      for (let child = this.#rows[ROW * node + FIRST_CHILD]; child !== NONE; child = this.#rows[ROW * child + NEXT_SIBLING]) {
        stack.push(child);
        depths.push(path.length);
      }
    };
    descend(ROOT);
    while (stack.length > 0) {
      const node = stack.pop()!;
      path.length = depths.pop()!;
      for (let i = 0; i < this.#rows[ROW * node + LENGTH]; i++) path.push(this.#labels.at(this.#rows[ROW * node + START] + i));
      if (this.#rows[ROW * node + FIRST_CHILD] === NONE) yield [...path];
      else descend(node);
    }
  }

  /** Walks down as far as the path matches and marks it used: an edge that it leaves half-way is split there. */
  #use(path: ArrayLike<number>): { node: number; depth: number } {
    const now = ++this.#clock;
    let node = ROOT;
    let depth = 0;
    while (depth < path.length) {
      const child = this.#children.find(node, path[depth]);
      if (child === NONE) break;
      const same = this.#labels.matching(this.#rows[ROW * child + START], this.#rows[ROW * child + LENGTH], path, depth);
      depth += same;
      const whole = same === this.#rows[ROW * child + LENGTH];
      const used = whole ? child : this.#split(child, same);
      this.#usedAt[used] = now;
      if (this.#rows[ROW * used + FIRST_CHILD] === NONE) this.#leaves.set(used, now);
      this.#mergeWithOnlyChild(node);
      node = used;
      if (!whole) break;
    }
    return { node, depth };
  }

  /** Cuts an edge after `keep` blocks. The upper part is a new node, so that what hangs below keeps its parent. */
  #split(node: number, keep: number): number {
    const upper = this.#newNode(this.#rows[ROW * node + PARENT], this.#rows[ROW * node + START], keep);
    this.#usedAt[upper] = this.#usedAt[node];
    this.#detach(node);
    this.#rows[ROW * node + PARENT] = upper;
    this.#rows[ROW * node + START] += keep;
    this.#rows[ROW * node + LENGTH] -= keep;
    this.#attach(upper);
    this.#attach(node);
    return upper;
  }

  /** Joins a node with its only child where both were used at the same time. The child is what is left. */
  #mergeWithOnlyChild(node: number): void {
    if (node === ROOT) return;
    const child = this.#rows[ROW * node + FIRST_CHILD];
    if (child === NONE || this.#rows[ROW * child + NEXT_SIBLING] !== NONE || this.#usedAt[child] !== this.#usedAt[node]) return;
    const parent = this.#rows[ROW * node + PARENT];
    this.#detach(child);
    this.#detach(node);
    this.#rows[ROW * child + START] = this.#labels.join(this.#rows[ROW * node + START], this.#rows[ROW * node + LENGTH], this.#rows[ROW * child + START], this.#rows[ROW * child + LENGTH]);
    this.#rows[ROW * child + LENGTH] += this.#rows[ROW * node + LENGTH];
    this.#rows[ROW * child + PARENT] = parent;
    this.#attach(child);
    this.#freeNode(node);
  }

  /** Takes blocks off the end of a leaf; one that is left without any goes, and what it hung on may become a leaf, or one with its last child. */
  #shorten(leaf: number, count: number): void {
    this.#labels.release(count);
    if (count < this.#rows[ROW * leaf + LENGTH]) {
      this.#rows[ROW * leaf + LENGTH] -= count;
      if (this.#rows[ROW * leaf + FIRST_CHILD] === NONE) this.#leaves.set(leaf, this.#usedAt[leaf]);
      return;
    }
    const parent = this.#rows[ROW * leaf + PARENT];
    this.#detach(leaf);
    this.#leaves.remove(leaf);
    this.#freeNode(leaf);
    if (parent === ROOT) return;
    if (this.#rows[ROW * parent + FIRST_CHILD] === NONE) this.#leaves.set(parent, this.#usedAt[parent]);
    else this.#mergeWithOnlyChild(parent);
  }

  #removeSubtree(top: number): void {
    const stack = [top];
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const child = this.#rows[ROW * node + FIRST_CHILD];
      if (child !== NONE) {
        stack.push(child);
        continue;
      }
      stack.pop();
      this.#labels.release(this.#rows[ROW * node + LENGTH]);
      this.#detach(node);
      this.#leaves.remove(node);
      this.#freeNode(node);
    }
  }

  #attach(node: number): void {
    const parent = this.#rows[ROW * node + PARENT];
    const next = this.#rows[ROW * parent + FIRST_CHILD];
    this.#rows[ROW * node + PREVIOUS_SIBLING] = NONE;
    this.#rows[ROW * node + NEXT_SIBLING] = next;
    if (next !== NONE) this.#rows[ROW * next + PREVIOUS_SIBLING] = node;
    this.#rows[ROW * parent + FIRST_CHILD] = node;
    this.#children.add(node);
  }

  #detach(node: number): void {
    this.#children.remove(node);
    const before = this.#rows[ROW * node + PREVIOUS_SIBLING];
    const after = this.#rows[ROW * node + NEXT_SIBLING];
    if (before === NONE) this.#rows[ROW * this.#rows[ROW * node + PARENT] + FIRST_CHILD] = after;
    else this.#rows[ROW * before + NEXT_SIBLING] = after;
    if (after !== NONE) this.#rows[ROW * after + PREVIOUS_SIBLING] = before;
  }

  #newNode(parent: number, start: number, length: number): number {
    let node = this.#free;
    if (node === NONE) {
      node = this.#end++;
      this.#reserve();
    } else {
      this.#free = this.#rows[ROW * node + NEXT_SIBLING];
    }
    this.#nodes++;
    this.#rows[ROW * node + PARENT] = parent;
    this.#rows[ROW * node + START] = start;
    this.#rows[ROW * node + LENGTH] = length;
    this.#rows[ROW * node + FIRST_CHILD] = NONE;
    return node;
  }

  #freeNode(node: number): void {
    this.#rows[ROW * node + LENGTH] = 0;
    this.#rows[ROW * node + NEXT_SIBLING] = this.#free;
    this.#free = node;
    this.#nodes--;
  }

  #reserve(): void {
    this.#rows = grown(this.#rows, (length) => new Int32Array(length), ROW * this.#end);
    this.#usedAt = grown(this.#usedAt, (length) => new Float64Array(length), this.#end);
  }

  #compactIfSparse(): void {
    if (this.#labels.isSparse) this.#labels.compact(this.#runs());
  }

  *#runs(): Generator<readonly [number, number, (start: number) => void]> {
    for (let node = 1; node < this.#end; node++) {
      if (this.#rows[ROW * node + LENGTH] > 0) yield [this.#rows[ROW * node + START], this.#rows[ROW * node + LENGTH], (start) => { this.#rows[ROW * node + START] = start; }];
    }
  }
}
