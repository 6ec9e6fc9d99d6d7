/** What no key is. */
const EMPTY = -Infinity;
const LEAST_CAPACITY = 16;
const GROWTH = 4;

/**
 * Values by whole number, for what comes and goes as a simulation runs.
 *
 * Not a `Map`: whenever V8 rehashes one, the table left behind keeps a pointer to its successor. Once such a table has been promoted, every
 * later one survives each scavenge, with all that it pointed to when it was left, until the next full collection: three million short-lived
 * values through a map of three made scavenges of 40 to 75 ms instead of 1. Here keys and values are open-addressed in arrays that stay (linear
 * probing, Knuth vol. 3, section 6.4, algorithms L and R), and a removed value is forgotten at once.
 */
export class NumberMap<V> {
  #keys = new Float64Array(LEAST_CAPACITY).fill(EMPTY);
  #values: (V | undefined)[] = new Array<V | undefined>(LEAST_CAPACITY).fill(undefined);
  #mask = LEAST_CAPACITY - 1;
  #shift = 32 - Math.log2(LEAST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(key: number): boolean {
    return this.#keys[this.#find(key)] === key;
  }

  get(key: number): V | undefined {
    const place = this.#find(key);
    return this.#keys[place] === key ? this.#values[place] : undefined;
  }

  /** @param key a safe integer */
  set(key: number, value: V): void {
    let place = this.#find(key);
    if (this.#keys[place] !== key) {
      if (2 * (this.#size + 1) > this.#mask) {
        this.#grow();
        place = this.#find(key);
      }
      this.#keys[place] = key;
      this.#size++;
    }
    this.#values[place] = value;
  }

  /** False where the key is not there. */
  delete(key: number): boolean {
    const keys = this.#keys;
    const values = this.#values;
    const mask = this.#mask;
    let hole = this.#find(key);
    if (keys[hole] !== key) return false;
    this.#size--;
    for (let place = (hole + 1) & mask; keys[place] !== EMPTY; place = (place + 1) & mask) {
      // What a search for it would pass the hole to find must move into the hole.
      if (((place - this.#home(keys[place])) & mask) < ((place - hole) & mask)) continue;
      keys[hole] = keys[place];
      values[hole] = values[place];
      hole = place;
    }
    keys[hole] = EMPTY;
    values[hole] = undefined;
    return true;
  }

  /** All values, by ascending key: a copy, which may be walked while the map changes. */
  values(): V[] {
    const keys = this.#keys.filter((key) => key !== EMPTY).sort();
    return Array.from(keys, (key) => this.get(key)!);
  }

  /** Where the key is, or would be. */
  #find(key: number): number {
    const keys = this.#keys;
    const mask = this.#mask;
    let place = this.#home(key);
    while (keys[place] !== key && keys[place] !== EMPTY) place = (place + 1) & mask;
    return place;
  }

  /** Fibonacci hashing of both halves (ibid.): consecutive numbers spread evenly. */
  #home(key: number): number {
    const high = key === (key | 0) ? 0 : Math.floor(key / 0x100000000);
    return Math.imul((key | 0) ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> this.#shift;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const capacity = GROWTH * keys.length;
    this.#keys = new Float64Array(capacity).fill(EMPTY);
    this.#values = new Array<V | undefined>(capacity).fill(undefined);
    this.#mask = capacity - 1;
    this.#shift -= Math.log2(GROWTH);
    for (let from = 0; from < keys.length; from++) {
      if (keys[from] === EMPTY) continue;
      const place = this.#find(keys[from]);
      this.#keys[place] = keys[from];
      this.#values[place] = values[from];
    }
  }
}
