/** Ids for prefixes: equal exactly where the pieces and everything before them are equal. */

/**
 * A trie, its nodes numbered. Ids are dense from 0 in order of first
 * appearance, as block hashes in a recorded trace are once mapped.
 */
export class PrefixIds {
  /** children[p + 1] are the prefixes that lengthen prefix p by one piece; children[0] those of one piece. */
  readonly #children: (Map<number, number> | undefined)[] = [undefined];

  /** How many distinct prefixes have been seen. */
  get size(): number {
    return this.#children.length - 1;
  }

  /** For each piece, the id of the prefix that ends with it. */
  of(pieces: readonly number[]): number[] {
    let parent = -1;
    return pieces.map((piece) => {
      const children = (this.#children[parent + 1] ??= new Map<number, number>());
      let id = children.get(piece);
      if (id === undefined) {
        id = this.size;
        this.#children.push(undefined);
        children.set(piece, id);
      }
      parent = id;
      return id;
    });
  }
}
