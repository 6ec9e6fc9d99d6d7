/** Hits of an LRU cache at every capacity, and the reuse distances behind them, in one pass. */
import type { Request } from '../../sim/serving/request.ts';
import { LruStack } from './lru-stack.ts';
import { OctaveHistogram } from './octave-grid.ts';

/** What a cache of one size misses. */
export interface CurvePoint {
  /** Capacity of the cache, in tokens of KV. */
  readonly capacityTokens: number;
  /** Prompt tokens in units that had to be computed ÷ prompt tokens in units. */
  readonly missRatio: number;
}

/**
 * The cache looks a request up as a whole, then touches its units from the last to the first, so that the beginning of a
 * prompt is always more recent than what follows it: what LRU keeps is then closed under prefixes, as serving engines keep
 * it, and the curve is exact for reuse by prefix as well as by chunk. A unit larger than the cache passes through it.
 */
export class MissRatioCurve {
  readonly #stack = new LruStack();
  readonly #hitsByUnits = new Map<number, number>();
  readonly #tokenHits = new OctaveHistogram();
  readonly #exact: readonly { capacityTokens: number; tokenHits: number }[];
  #units = 0;
  #tokens = 0;

  /** @param capacitiesTokens capacities at which the curve is wanted exactly, beside those of the grid. */
  constructor(capacitiesTokens: readonly number[] = []) {
    this.#exact = capacitiesTokens.map((capacityTokens) => ({ capacityTokens, tokenHits: 0 }));
  }

  /** Units looked up. */
  get units(): number {
    return this.#units;
  }

  /** Distinct units seen. */
  get distinctUnits(): number {
    return this.#stack.size;
  }

  /** Tokens of the distinct units seen: a cache of this size misses first uses only. */
  get distinctTokens(): number {
    return this.#stack.tokens;
  }

  add(request: Request): void {
    // By prefix a unit is a hit only where all before it are: it needs the largest of their capacities.
    let neededUnits = 0;
    let neededTokens = 0;
    for (const unit of request.units) {
      this.#units++;
      this.#tokens += unit.tokens;
      const distance = neededUnits === Infinity ? undefined : this.#stack.distance(unit.id);
      if (distance === undefined) {
        if (request.reuse === 'prefix') neededUnits = Infinity;
        continue;
      }
      if (request.reuse === 'prefix') {
        neededUnits = Math.max(neededUnits, distance.units);
        neededTokens = Math.max(neededTokens, distance.tokens);
      } else {
        neededUnits = distance.units;
        neededTokens = distance.tokens;
      }
      this.#hitsByUnits.set(neededUnits, (this.#hitsByUnits.get(neededUnits) ?? 0) + 1);
      this.#tokenHits.add(neededTokens, unit.tokens);
      for (const point of this.#exact) if (neededTokens <= point.capacityTokens) point.tokenHits += unit.tokens;
    }
    for (let index = request.units.length - 1; index >= 0; index--) {
      const { id, tokens } = request.units[index];
      this.#stack.touch(id, tokens);
    }
  }

  /** Hits of a cache that holds so many units, all taken for equally large. Exact at every capacity. */
  hitsAtUnits(capacityUnits: number): number {
    let hits = 0;
    for (const [distance, count] of this.#hitsByUnits) if (distance <= capacityUnits) hits += count;
    return hits;
  }

  /** Exact at each capacity of the grid, from the first with a hit to the first that misses first uses only. */
  points(): CurvePoint[] {
    return this.#tokenHits
      .cumulative()
      .filter(({ weight }) => weight > 0)
      .map(({ size, weight }) => ({ capacityTokens: size, missRatio: this.#missRatio(weight) }));
  }

  /** The curve at the capacities given to the constructor. */
  exactPoints(): CurvePoint[] {
    return this.#exact.map(({ capacityTokens, tokenHits }) => ({ capacityTokens, missRatio: this.#missRatio(tokenHits) }));
  }

  /** Tokens of capacity that this share of the reused tokens needs, rounded up to the grid; undefined without reuse. */
  reuseDistanceTokens(share: number): number | undefined {
    return this.#tokenHits.quantile(share);
  }

  #missRatio(tokenHits: number): number {
    return this.#tokens === 0 ? 1 : 1 - tokenHits / this.#tokens;
  }
}
