import type { Request } from '../../sim/serving/request.ts';
import type { RequestState } from './request-state.ts';

/** A system under test: takes requests at their arrival and reports each when it has ended. */
export interface ServingSystem {
  readonly name: string;
  /** A request arrives at the cluster now. */
  handle(request: Request): void;
}

/** How a request ended. */
export type RequestOutcome = 'completed' | 'rejected' | 'failed';

/** Told once for every request. `state` is undefined when no node could be found for it. */
export type RequestListener = (request: Request, outcome: RequestOutcome, state: RequestState | undefined) => void;
