/** Clients that do not wait for answers: prompts at the times of an arrival process. */
import { RandomStreams } from '../sim/kernel/random-streams.ts';
import type { Nanoseconds } from '../sim/kernel/time.ts';
import type { Request } from '../sim/serving/request.ts';
import type { ArrivalProcess } from './arrivals/arrival-process.ts';
import type { PromptSource } from './prompt-source.ts';
import { checkSessions, pauseAfter } from './sessions.ts';
import type { SessionOptions } from './sessions.ts';
import { TimedHeap } from './timed-heap.ts';
import type { UnitCatalogue, Workload } from './workload.ts';

/** What is asked, when, and for how long. */
export interface OpenLoopOptions {
  readonly prompts: PromptSource;
  readonly arrivals: ArrivalProcess;
  /** Follow-up questions. The arrival process then starts sessions, at its rate ÷ mean turns, so that the rate of requests stays its own. */
  readonly sessions?: SessionOptions;
  /** Ends the stream after so many requests; else it is as long as the arrivals, which may be for ever. */
  readonly limit?: number;
}

interface FollowUp {
  readonly session: number;
  readonly turn: number;
}

/** Arrival times depend on the arrival process, the seed and the session options only; prompts on the turn and the seed only. */
export class OpenLoopWorkload implements Workload {
  readonly name: string;
  readonly catalogue?: UnitCatalogue;
  readonly #options: OpenLoopOptions;

  constructor(options: OpenLoopOptions) {
    const { limit, sessions, prompts } = options;
    if (limit !== undefined && !(Number.isInteger(limit) && limit >= 0)) throw new RangeError(`request limit is ${limit}: expected a whole number of at least 0`);
    if (sessions !== undefined) checkSessions(sessions);
    this.name = prompts.name;
    if (prompts.catalogue !== undefined) this.catalogue = prompts.catalogue;
    this.#options = options;
  }

  *requests(random: RandomStreams): Generator<Request> {
    const { prompts, sessions, limit = Infinity } = this.#options;
    // Streams of its own, so that a second call with the same object gives the same requests.
    const streams = new RandomStreams(random.seed);
    const making = prompts.open(streams);
    const arrivals = sessions === undefined ? this.#options.arrivals : this.#options.arrivals.scaled(1 / sessions.meanTurns);
    const followUps = new TimedHeap<FollowUp>();
    const starts = arrivals.times(streams.stream('workload/arrivals'))[Symbol.iterator]();
    try {
      let start = limit > 0 ? starts.next() : ({ done: true, value: undefined } as const);
      let started = 0;
      for (let id = 0; id < limit; id++) {
        let arrivalNs: Nanoseconds;
        let session: number;
        let turn: number;
        if (start.done !== true && start.value <= followUps.nextTimeNs) {
          [arrivalNs, session, turn] = [start.value, started++, 0];
          start = starts.next();
        } else if (followUps.size > 0) {
          arrivalNs = followUps.nextTimeNs;
          ({ session, turn } = followUps.pop());
        } else {
          return;
        }
        const pauseNs = sessions === undefined ? undefined : pauseAfter(streams, sessions, session, turn);
        if (pauseNs !== undefined) followUps.push(arrivalNs + pauseNs, { session, turn: turn + 1 });
        const prompt = making.next({ timeNs: arrivalNs, session, turn, last: pauseNs === undefined });
        yield sessions === undefined ? { id, arrivalNs, ...prompt } : { id, arrivalNs, ...prompt, session };
      }
    } finally {
      starts.return?.();
    }
  }
}
