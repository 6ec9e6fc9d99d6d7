/**
 * Clients that wait: each asks, waits for its answer, thinks, and asks again. The number of requests in the system is
 * bounded by the number of clients, which is how saturation throughput is measured.
 */
import { RandomStreams } from '../../sim/kernel/random-streams.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Request } from '../../sim/serving/request.ts';
import type { Prompts, PromptSource } from '../prompt-source.ts';
import { turnStream } from '../prompt-source.ts';
import type { UnitCatalogue } from '../workload.ts';

/** Who asks, what, and how patiently. */
export interface ClosedLoopOptions {
  readonly prompts: PromptSource;
  readonly clients: number;
  /** Mean of the exponential pause between an answer and the next question; also spreads the first questions. 0: none. */
  readonly thinkTimeNs: Nanoseconds;
  /** No more than so many requests in all. */
  readonly limit?: number;
}

/** A workload whose arrivals depend on completions, and so cannot be listed beforehand. */
export class ClosedLoopWorkload {
  readonly name: string;
  readonly catalogue?: UnitCatalogue;
  readonly options: ClosedLoopOptions;

  constructor(options: ClosedLoopOptions) {
    const { clients, thinkTimeNs, limit } = options;
    if (!(Number.isInteger(clients) && clients >= 1)) throw new RangeError(`clients is ${clients}: expected a whole number of at least 1`);
    if (!(thinkTimeNs >= 0 && thinkTimeNs < Infinity)) throw new RangeError(`think time is ${thinkTimeNs} ns: expected a finite number of at least 0`);
    if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0)) throw new RangeError(`request limit is ${limit}: expected a whole number of at least 0`);
    this.options = options;
    this.name = options.prompts.name;
    if (options.prompts.catalogue !== undefined) this.catalogue = options.prompts.catalogue;
  }

  start(random: RandomStreams): ClosedLoop {
    return new ClosedLoop(this.options, new RandomStreams(random.seed));
  }
}

/**
 * One run of the clients. What a client asks in its n-th turn and how long it thinks before depend on the client, n and
 * the seed only, never on how fast a system answered: every system under test is asked the same questions. Request ids are
 * dense in order of issue; `session` is the client.
 */
export class ClosedLoop {
  readonly #options: ClosedLoopOptions;
  readonly #random: RandomStreams;
  readonly #prompts: Prompts;
  /** The turn each client will take next. */
  readonly #nextTurn: Int32Array;
  #issued = 0;

  constructor(options: ClosedLoopOptions, random: RandomStreams) {
    this.#options = options;
    this.#random = random;
    this.#prompts = options.prompts.open(random);
    this.#nextTurn = new Int32Array(options.clients);
  }

  /** The first question of every client, by arrival time. To be called once. */
  initial(): Request[] {
    if (this.#issued > 0) throw new Error('initial() was called before: a closed loop starts once');
    const clients = Array.from({ length: this.#options.clients }, (_, client) => ({ client, timeNs: this.#thinkNs(client, 0) }));
    clients.sort((a, b) => a.timeNs - b.timeNs || a.client - b.client);
    const first: Request[] = [];
    for (const { client, timeNs } of clients) {
      const request = this.#issue(client, timeNs);
      if (request !== undefined) first.push(request);
    }
    return first;
  }

  /**
   * Reports that a request has ended (answered, failed or rejected) at `nowNs`.
   *
   * @returns its client's next request, arriving at `nowNs` or later; undefined once the limit is reached.
   */
  completed(request: Request, nowNs: Nanoseconds): Request | undefined {
    const client = request.session;
    if (client === undefined || !(client >= 0 && client < this.#nextTurn.length)) throw new RangeError(`request ${request.id} is of no client of this closed loop`);
    return this.#issue(client, nowNs + this.#thinkNs(client, this.#nextTurn[client]));
  }

  #thinkNs(client: number, turn: number): Nanoseconds {
    if (this.#options.thinkTimeNs === 0) return 0;
    return Math.round(turnStream(this.#random, 'think', { session: client, turn }).exponential(this.#options.thinkTimeNs));
  }

  #issue(client: number, arrivalNs: Nanoseconds): Request | undefined {
    if (this.#issued >= (this.#options.limit ?? Infinity)) return undefined;
    const turn = this.#nextTurn[client];
    this.#nextTurn[client] = turn + 1;
    const prompt = this.#prompts.next({ timeNs: arrivalNs, session: client, turn, last: false });
    return { id: this.#issued++, arrivalNs, ...prompt, session: client };
  }
}
