import type { Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { Location, Locator } from './locator.ts';

/** Everything lies at one well-known host: nothing has to be looked up. */
export class FixedLocator implements Locator {
  readonly #sim: Simulator;
  readonly #location: Location;
  readonly #answer: Handler<(location: Location) => void>;

  constructor(sim: Simulator, host: HostId) {
    this.#sim = sim;
    this.#location = { holders: [host], own: false, hops: 0, latencyNs: 0, timeouts: 0 };
    this.#answer = sim.handler('locate.fixed', (done) => {
      done(this.#location);
    });
  }

  locate(_from: HostId, _unit: number, _segment: number, _afresh: boolean, done: (location: Location) => void): void {
    this.#sim.schedule(0, this.#answer, done);
  }
}
