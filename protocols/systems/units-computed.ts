import { NumberMap } from '../../sim/kernel/number-map.ts';
import type { RequestState } from './request-state.ts';

/** Units being computed or stored now, with the number of requests that do: a miss of one of them is the price of not waiting. */
export class UnitsComputed {
  readonly #requests = new NumberMap<number>();

  has(unit: number): boolean {
    return this.#requests.has(unit);
  }

  /** The request computes what it missed from now on. */
  begin(state: RequestState): void {
    state.computing = true;
    for (const { id } of state.missed) this.#requests.set(id, (this.#requests.get(id) ?? 0) + 1);
  }

  /** It has stored it, or its node died. */
  end(state: RequestState): void {
    if (!state.computing) return;
    state.computing = false;
    for (const { id } of state.missed) {
      const others = this.#requests.get(id)! - 1;
      if (others > 0) this.#requests.set(id, others);
      else this.#requests.delete(id);
    }
  }
}
