import type { Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Request } from '../../sim/serving/request.ts';

/**
 * Lets requests arrive one after the other, reading each only when the one before has arrived, so that a long trace is never held
 * in memory. Stops the simulation when the last request has ended: what maintenance would still do belongs to no request.
 */
export class RequestFeed {
  readonly #sim: Simulator;
  readonly #requests: Iterator<Request>;
  readonly #offsetNs: Nanoseconds;
  readonly #arrive: Handler<Request>;
  #onArrival: (request: Request) => void = () => undefined;
  #arrived = 0;
  #ended = 0;
  #exhausted = false;

  /** @param offsetNs when the cluster is ready: the workload's time 0 */
  constructor(sim: Simulator, requests: Iterable<Request>, offsetNs: Nanoseconds) {
    this.#sim = sim;
    this.#requests = requests[Symbol.iterator]();
    this.#offsetNs = offsetNs;
    this.#arrive = sim.handler('request.arrive', this.#onArrive.bind(this), (request) => request.id);
  }

  /** Requests that have arrived and not ended. */
  get open(): number {
    return this.#arrived - this.#ended;
  }

  start(onArrival: (request: Request) => void): void {
    this.#onArrival = onArrival;
    this.#scheduleNext();
  }

  /** One request has ended, in whatever way. */
  ended(): void {
    this.#ended++;
    if (this.#exhausted && this.open === 0) this.#sim.stop();
  }

  #scheduleNext(): void {
    const next = this.#requests.next();
    if (next.done === true) {
      this.#exhausted = true;
      if (this.open === 0) this.#sim.stop();
      return;
    }
    const request = this.#offsetNs === 0 ? next.value : { ...next.value, arrivalNs: next.value.arrivalNs + this.#offsetNs };
    this.#sim.scheduleAt(request.arrivalNs, this.#arrive, request);
  }

  #onArrive(request: Request): void {
    this.#arrived++;
    this.#scheduleNext();
    this.#onArrival(request);
  }
}
