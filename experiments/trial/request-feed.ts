import type { Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Request } from '../../sim/serving/request.ts';
import { ClosedLoopWorkload } from '../../workloads/arrivals/closed-loop.ts';
import type { ClosedLoop } from '../../workloads/arrivals/closed-loop.ts';
import type { Workload } from '../../workloads/workload.ts';

/**
 * Lets requests arrive. Those of an open loop come one after the other, each read only when the one before has arrived, so that a long trace is never held
 * in memory; those of a closed loop when the last answer of their client has come. Stops the simulation when the last request has ended: what maintenance
 * would still do belongs to no request.
 */
export class RequestFeed {
  readonly #sim: Simulator;
  readonly #listed: Iterator<Request> | undefined;
  readonly #loop: ClosedLoop | undefined;
  readonly #offsetNs: Nanoseconds;
  readonly #arrive: Handler<Request>;
  #onArrival: (request: Request) => void = () => undefined;
  /** Requests whose arrival is scheduled. */
  #coming = 0;
  #open = 0;

  /** @param offsetNs when the cluster is ready: the workload's time 0 */
  constructor(sim: Simulator, workload: Workload | ClosedLoopWorkload, offsetNs: Nanoseconds) {
    this.#sim = sim;
    if (workload instanceof ClosedLoopWorkload) this.#loop = workload.start(sim.random);
    else this.#listed = workload.requests(sim.random)[Symbol.iterator]();
    this.#offsetNs = offsetNs;
    this.#arrive = sim.handler('request.arrive', this.#onArrive.bind(this), (request) => request.id);
  }

  /** Requests that have arrived and not ended. */
  get open(): number {
    return this.#open;
  }

  start(onArrival: (request: Request) => void): void {
    this.#onArrival = onArrival;
    for (const request of this.#loop?.initial() ?? []) this.#schedule(request);
    this.#scheduleListed();
    this.#stopIfDone();
  }

  /** One request has ended, in whatever way. */
  ended(request: Request): void {
    this.#open--;
    const next = this.#loop?.completed(request, this.#sim.now - this.#offsetNs);
    if (next !== undefined) this.#schedule(next);
    this.#stopIfDone();
  }

  #scheduleListed(): void {
    const next = this.#listed?.next();
    if (next?.done === false) this.#schedule(next.value);
  }

  #schedule(request: Request): void {
    this.#coming++;
    const arriving = this.#offsetNs === 0 ? request : { ...request, arrivalNs: request.arrivalNs + this.#offsetNs };
    this.#sim.scheduleAt(arriving.arrivalNs, this.#arrive, arriving);
  }

  #onArrive(request: Request): void {
    this.#coming--;
    this.#open++;
    this.#scheduleListed();
    this.#onArrival(request);
  }

  #stopIfDone(): void {
    if (this.#coming === 0 && this.#open === 0) this.#sim.stop();
  }
}
