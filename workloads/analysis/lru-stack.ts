/**
 * Stack distances of a least-recently-used cache (Mattson et al., "Evaluation techniques for storage hierarchies", IBM
 * Systems Journal 9(2), 1970): one pass tells the hits at every capacity, because a cache of capacity C holds exactly the
 * topmost units of the recency stack that fit in C.
 */
import { Fenwick } from './fenwick.ts';

/** How large a cache must be to hold a unit: all that was touched since, and the unit itself. */
export interface StackDistance {
  readonly units: number;
  readonly tokens: number;
}

interface Place {
  position: number;
  tokens: number;
}

const FIRST_POSITIONS = 1024;

/** The recency stack over positions in a Fenwick tree; positions are renumbered when they run out. Memory: the distinct units. */
export class LruStack {
  readonly #places = new Map<number, Place>();
  #size = FIRST_POSITIONS;
  #next = 0;
  #units = new Fenwick(FIRST_POSITIONS);
  #tokens = new Fenwick(FIRST_POSITIONS);

  /** Distinct units touched. */
  get size(): number {
    return this.#places.size;
  }

  /** Tokens of all distinct units touched. */
  get tokens(): number {
    return this.#tokens.total;
  }

  /** Undefined for a unit never touched. */
  distance(id: number): StackDistance | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : { units: this.#units.sumFrom(place.position), tokens: this.#tokens.sumFrom(place.position) };
  }

  /** Moves a unit to the top of the stack. */
  touch(id: number, tokens: number): void {
    if (this.#next === this.#size) this.#renumber();
    const place = this.#places.get(id);
    if (place === undefined) {
      this.#places.set(id, { position: this.#next, tokens });
    } else {
      this.#units.add(place.position, -1);
      this.#tokens.add(place.position, -place.tokens);
      place.position = this.#next;
      place.tokens = tokens;
    }
    this.#units.add(this.#next, 1);
    this.#tokens.add(this.#next, tokens);
    this.#next++;
  }

  #renumber(): void {
    const places = [...this.#places.values()].sort((a, b) => a.position - b.position);
    this.#size = Math.max(FIRST_POSITIONS, 2 * places.length);
    this.#units = new Fenwick(this.#size);
    this.#tokens = new Fenwick(this.#size);
    places.forEach((place, position) => {
      place.position = position;
      this.#units.add(position, 1);
      this.#tokens.add(position, place.tokens);
    });
    this.#next = places.length;
  }
}
