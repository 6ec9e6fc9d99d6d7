import { NumberMap } from '../../sim/kernel/number-map.ts';

/** How often each unit was asked for, and how often it did not have to be recomputed. */
export class UnitUses {
  readonly #places = new NumberMap<number>();
  // By place, in the order in which units were first asked for.
  readonly #units: number[] = [];
  readonly #asked: number[] = [];
  readonly #hit: number[] = [];

  add(unit: number, isHit: boolean): void {
    let place = this.#places.get(unit);
    if (place === undefined) {
      place = this.#units.length;
      this.#places.set(unit, place);
      this.#units.push(unit);
      this.#asked.push(0);
      this.#hit.push(0);
    }
    this.#asked[place]++;
    if (isHit) this.#hit[place]++;
  }

  /** Hit rate over the units asked for most often that together make up half of all that was asked; the lower id first among equals. */
  hotHitRate(): number {
    const [units, asked, hit] = [this.#units, this.#asked, this.#hit];
    const byUse = Uint32Array.from(units.keys()).sort((a, b) => asked[b] - asked[a] || units[a] - units[b]);
    const askedInAll = asked.reduce((sum, each) => sum + each, 0);
    let hotAsked = 0;
    let hotHit = 0;
    for (const place of byUse) {
      if (2 * hotAsked >= askedInAll) break;
      hotAsked += asked[place];
      hotHit += hit[place];
    }
    return hotHit / hotAsked;
  }
}
