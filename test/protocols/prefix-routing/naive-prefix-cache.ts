/** A trie with a map a block, its times of use written on every block: slow and plain. */
interface Block {
  usedAt: number;
  readonly below: Map<number, Block>;
}

export class NaivePrefixCache {
  readonly #root = new Map<number, Block>();
  #clock = 0;

  get blocks(): number {
    return this.paths(true).length;
  }

  match(path: readonly number[]): number {
    let level = this.#root;
    for (let depth = 0; depth < path.length; depth++) {
      const block = level.get(path[depth]);
      if (block === undefined) return depth;
      level = block.below;
    }
    return path.length;
  }

  touch(path: readonly number[]): number {
    const depth = this.match(path);
    this.insert(path.slice(0, depth));
    return depth;
  }

  insert(path: readonly number[]): number {
    this.#clock++;
    const added = path.length - this.match(path);
    let level = this.#root;
    for (const id of path) {
      let block = level.get(id);
      if (block === undefined) level.set(id, (block = { usedAt: 0, below: new Map() }));
      block.usedAt = this.#clock;
      level = block.below;
    }
    return added;
  }

  remove(path: readonly number[], depth: number): number {
    if (this.match(path) <= depth) return 0;
    const before = this.blocks;
    let level = this.#root;
    for (const id of path.slice(0, depth)) level = level.get(id)!.below;
    level.delete(path[depth]);
    return before - this.blocks;
  }

  evict(count: number): number {
    for (let gone = 0; gone < count; gone++) {
      let oldest: { readonly level: Map<number, Block>; readonly id: number; readonly usedAt: number } | undefined;
      const search = (level: Map<number, Block>): void => {
        for (const [id, block] of level) {
          if (block.below.size > 0) search(block.below);
          else if (oldest === undefined || block.usedAt < oldest.usedAt) oldest = { level, id, usedAt: block.usedAt };
        }
      };
      search(this.#root);
      if (oldest === undefined) return gone;
      oldest.level.delete(oldest.id);
    }
    return count;
  }

  /** Paths to all leaves, or to every block. */
  paths(inner = false): number[][] {
    const found: number[][] = [];
    const walk = (level: Map<number, Block>, above: readonly number[]): void => {
      for (const [id, { below }] of level) {
        const path = [...above, id];
        if (inner || below.size === 0) found.push(path);
        walk(below, path);
      }
    };
    walk(this.#root, []);
    return found;
  }
}
