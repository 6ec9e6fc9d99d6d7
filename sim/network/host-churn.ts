import type { RandomStream } from '../kernel/random-stream.ts';
import type { Handler, Simulator } from '../kernel/simulator.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import type { Network } from './network.ts';
import type { HostId } from './topology.ts';

/** Mean times, exponentially distributed. */
export interface ChurnTimes {
  readonly upNs: Nanoseconds;
  readonly downNs: Nanoseconds;
}

/**
 * Hosts that crash and come back by themselves, each on its own: up and down by turns for exponential times, so that in the long run a host
 * is down for down ÷ (up + down) of the time. The last one that is up stays up.
 */
export class HostChurn {
  readonly #simulator: Simulator;
  readonly #network: Network;
  readonly #hosts: readonly HostId[];
  readonly #times: ChurnTimes;
  readonly #random: RandomStream;
  readonly #crash: Handler<HostId>;
  readonly #recover: Handler<HostId>;

  constructor(simulator: Simulator, network: Network, hosts: readonly HostId[], times: ChurnTimes, random: RandomStream) {
    this.#simulator = simulator;
    this.#network = network;
    this.#hosts = hosts;
    this.#times = times;
    this.#random = random;
    this.#crash = simulator.handler('churn.crash', (host: HostId) => {
      this.#goDown(host);
    });
    this.#recover = simulator.handler('churn.recover', (host: HostId) => {
      network.recover(host);
      this.#stayUp(host);
    });
    for (const host of hosts) this.#stayUp(host);
  }

  #stayUp(host: HostId): void {
    this.#simulator.schedule(Math.round(this.#random.exponential(this.#times.upNs)), this.#crash, host);
  }

  #goDown(host: HostId): void {
    if (!this.#hosts.some((other) => other !== host && this.#network.isAlive(other))) {
      this.#stayUp(host);
      return;
    }
    this.#network.crash(host);
    this.#simulator.schedule(Math.round(this.#random.exponential(this.#times.downNs)), this.#recover, host);
  }
}
