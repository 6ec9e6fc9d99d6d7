/** How often each unit is used, and how unevenly. */
import type { Request } from '../../sim/serving/request.ts';

/** Counts uses of units over requests, in any order. */
export class UseCounts {
  readonly #counts = new Map<number, number>();
  #uses = 0;

  /** Uses in all: units of requests. */
  get uses(): number {
    return this.#uses;
  }

  /** Distinct units. */
  get size(): number {
    return this.#counts.size;
  }

  add(request: Request): void {
    for (const { id } of request.units) {
      this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
      this.#uses++;
    }
  }

  of(id: number): number {
    return this.#counts.get(id) ?? 0;
  }

  /** Use counts, the largest first. */
  descending(): Float64Array {
    return Float64Array.from(this.#counts.values()).sort().reverse();
  }

  /**
   * The hot units: the smallest set, most used first, that makes up at least `share` of all uses (by default half, which is
   * what *hot* means in this project's hit rates). Of equally used units the lower ids come first.
   */
  hot(share = 0.5): Set<number> {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`hot share is ${share}: expected a share from 0 to 1`);
    const byUse = [...this.#counts].sort(([idA, countA], [idB, countB]) => countB - countA || idA - idB);
    const hot = new Set<number>();
    let uses = 0;
    for (const [id, count] of byUse) {
      if (uses >= share * this.#uses) break;
      hot.add(id);
      uses += count;
    }
    return hot;
  }
}

/** The share of uses that the most used `share` of the units take (at least one unit). */
export function topShare(descendingCounts: ArrayLike<number>, share: number): number {
  const taken = Math.max(1, Math.round(share * descendingCounts.length));
  let top = 0;
  let all = 0;
  for (let index = 0; index < descendingCounts.length; index++) {
    all += descendingCounts[index];
    if (index < taken) top += descendingCounts[index];
  }
  return all === 0 ? 0 : top / all;
}
