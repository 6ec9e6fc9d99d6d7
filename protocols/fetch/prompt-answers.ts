import type { Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Location } from './locator.ts';

/** Answers that are known at once and still must not come inside the call that asks: all of one instant share one event. */
export class PromptAnswers {
  readonly #sim: Simulator;
  readonly #due: Handler<undefined>;
  #locations: Location[] = [];
  #callbacks: ((location: Location) => void)[] = [];

  constructor(sim: Simulator, label: string) {
    this.#sim = sim;
    this.#due = sim.handler(label, () => {
      const [locations, callbacks] = [this.#locations, this.#callbacks];
      this.#locations = [];
      this.#callbacks = [];
      for (let i = 0; i < callbacks.length; i++) callbacks[i](locations[i]);
    });
  }

  give(location: Location, done: (location: Location) => void): void {
    if (this.#callbacks.length === 0) this.#sim.schedule(0, this.#due);
    this.#locations.push(location);
    this.#callbacks.push(done);
  }
}
