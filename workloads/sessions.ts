/** Conversations: how many questions one has, and how long the user thinks between them. */
import type { RandomStreams } from '../sim/kernel/random-streams.ts';
import type { Nanoseconds } from '../sim/kernel/time.ts';
import { turnStream } from './prompt-source.ts';

/** Length and pace of conversations. */
export interface SessionOptions {
  /** Questions in a session, geometrically distributed from 1 on. */
  readonly meanTurns: number;
  /** Mean pause from one question to the next. */
  readonly thinkTimeNs: Nanoseconds;
  /** The pause is this long, plus an exponential rest: nobody asks on before an answer has come. Default 0. */
  readonly leastThinkTimeNs?: Nanoseconds;
}

/** @throws RangeError on options that make no sense. */
export function checkSessions(options: SessionOptions): void {
  if (!(options.meanTurns >= 1 && options.meanTurns < Infinity)) throw new RangeError(`mean turns is ${options.meanTurns}: expected a finite number of at least 1`);
  const { thinkTimeNs: mean, leastThinkTimeNs: least = 0 } = options;
  if (!(mean >= 0 && mean < Infinity)) throw new RangeError(`think time is ${mean} ns: expected a finite number of at least 0`);
  if (!(least >= 0 && least <= mean)) throw new RangeError(`least think time is ${least} ns: expected 0 to the mean, ${mean} ns`);
}

/** The pause after a turn, or undefined where the session ends with it. */
export function pauseAfter(random: RandomStreams, options: SessionOptions, session: number, turn: number): Nanoseconds | undefined {
  const stream = turnStream(random, 'session', { session, turn });
  if (!stream.bernoulli(1 - 1 / options.meanTurns)) return undefined;
  const least = options.leastThinkTimeNs ?? 0;
  return Math.round(least + stream.exponential(options.thinkTimeNs - least));
}
