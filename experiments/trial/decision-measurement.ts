/** How units were had, and how far off what was expected of that was, over measured requests. */
import type { RequestState } from '../../protocols/systems/request-state.ts';
import { MILLISECOND } from '../../sim/kernel/time.ts';

export class DecisionMeasurement {
  readonly #units = { fetch: 0, recompute: 0, wait: 0, bothEnds: 0 };
  #requests = 0;
  #errorNs = 0;
  #magnitudeNs = 0;

  add({ choice, decidedNs, sequence, preempted }: RequestState): void {
    if (choice?.expectedNs === undefined) return;
    const split = choice.split === undefined ? 0 : 1;
    this.#units.fetch += choice.fetch.length - split;
    this.#units.recompute += choice.recompute.length;
    this.#units.wait += choice.wait.length;
    this.#units.bothEnds += split;
    if (preempted) return;
    const errorNs = choice.expectedNs - (sequence.firstTokenNs - decidedNs);
    this.#requests++;
    this.#errorNs += errorNs;
    this.#magnitudeNs += Math.abs(errorNs);
  }

  /** Only where anything was decided: what does not apply is left out. */
  metrics(): Record<string, number> {
    if (this.#requests === 0) return {};
    const { fetch, recompute, wait, bothEnds } = this.#units;
    const units = fetch + recompute + wait + bothEnds;
    return {
      ...(units === 0 ? {} : { chosenFetch: fetch / units, chosenRecompute: recompute / units, chosenWait: wait / units, chosenBothEnds: bothEnds / units }),
      decisionErrorMeanMs: this.#errorNs / this.#requests / MILLISECOND,
      decisionErrorMs: this.#magnitudeNs / this.#requests / MILLISECOND,
    };
  }
}
