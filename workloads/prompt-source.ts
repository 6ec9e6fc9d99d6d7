/** What is asked, apart from when: prompts are made turn by turn, for open-loop and closed-loop clients alike. */
import { RandomStream } from '../sim/kernel/random-stream.ts';
import type { RandomStreams } from '../sim/kernel/random-streams.ts';
import type { Nanoseconds } from '../sim/kernel/time.ts';
import type { Request } from '../sim/serving/request.ts';
import type { UnitCatalogue } from './workload.ts';

export type Prompt = Omit<Request, 'id' | 'arrivalNs'>;

/** The place of a prompt in its conversation. */
export interface Turn {
  readonly timeNs: Nanoseconds;
  /** A conversation, or a client of a closed loop; dense from 0 in order of start. */
  readonly session: number;
  /** From 0 within the session. */
  readonly turn: number;
  /** No further turn of this session will be asked for. */
  readonly last: boolean;
}

/** A run of prompts in the making. Turns of a session come in order; popularity that drifts follows the latest time seen. */
export interface Prompts {
  next(turn: Turn): Prompt;
}

/** Makes prompts, run by run: `open` may be called several times, and with the same seed gives the same prompts. */
export interface PromptSource {
  readonly name: string;
  readonly catalogue?: UnitCatalogue;
  open(random: RandomStreams): Prompts;
}

/**
 * The stream for one purpose of one turn. It depends on nothing but these and the seed, so neither the order in which
 * sessions interleave, nor the number of draws that other turns made, changes what a turn asks.
 */
export function turnStream(random: RandomStreams, purpose: string, turn: { readonly session: number; readonly turn: number }): RandomStream {
  return new RandomStream(`workload/${purpose}/${turn.session}.${turn.turn}/${random.seed}`);
}
