/** Keys of any kind → 0, 1, 2 … in order of first appearance. */

const SMALL_INTEGER_TEXT = /^(?:0|-?[1-9]\d{0,14})$/;

/**
 * Numbers the distinct keys it is shown. A string that spells an integer of at most 15 digits is the same key as that
 * integer; any other string (hexadecimal, a 64-bit decimal) is a key of its own.
 */
export class DenseIds {
  readonly #numbers = new Map<number, number>();
  readonly #strings = new Map<string, number>();

  /** How many distinct keys have been seen. */
  get size(): number {
    return this.#numbers.size + this.#strings.size;
  }

  /** The number of `key`: its old one, or the next free. */
  of(key: number | string): number {
    if (typeof key === 'string') {
      if (!SMALL_INTEGER_TEXT.test(key)) {
        const known = this.#strings.get(key);
        if (known !== undefined) return known;
        const id = this.size;
        this.#strings.set(key, id);
        return id;
      }
      key = Number(key);
    }
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const id = this.size;
    this.#numbers.set(key, id);
    return id;
  }
}
