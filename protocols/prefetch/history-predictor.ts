import type { Request } from '../../sim/serving/request.ts';
import type { Candidate, Predictor } from './predictor.ts';

/** Followers remembered for one unit; when there are more, the rarest are forgotten. */
const MOST_FOLLOWERS = 64;

/** How often one unit came with, or after, another. */
class PairCounts {
  readonly #uses = new Map<number, number>();
  readonly #pairs = new Map<number, Map<number, number>>();

  uses(unit: number): number {
    return this.#uses.get(unit) ?? 0;
  }

  followers(unit: number): ReadonlyMap<number, number> {
    return this.#pairs.get(unit) ?? NO_FOLLOWERS;
  }

  add(from: number, followers: Iterable<number>): void {
    this.#uses.set(from, this.uses(from) + 1);
    let counts = this.#pairs.get(from);
    if (counts === undefined) {
      counts = new Map();
      this.#pairs.set(from, counts);
    }
    for (const unit of followers) counts.set(unit, (counts.get(unit) ?? 0) + 1);
    if (counts.size > 2 * MOST_FOLLOWERS) keepMost(counts);
  }
}

const NO_FOLLOWERS: ReadonlyMap<number, number> = new Map();

function keepMost(counts: Map<number, number>): void {
  const kept = [...counts].sort(([a, x], [b, y]) => y - x || a - b).slice(0, MOST_FOLLOWERS);
  counts.clear();
  for (const [unit, count] of kept) counts.set(unit, count);
}

/**
 * First-order Markov chain over the questions of a session: a unit of the next question is expected with the probability that it followed a unit
 * of the question before, the highest over those. A session's first question is expected to ask for what was asked for most so far, with that frequency:
 * a chain of order zero.
 */
export class MarkovPredictor implements Predictor {
  readonly name = 'markov';
  readonly needsFirstStage = false;
  readonly #limit: number;
  readonly #transitions = new PairCounts();
  readonly #uses = new Map<number, number>();
  /** The most used units, in order; as many as may be asked for. */
  readonly #top: number[] = [];
  readonly #last = new Map<number, readonly number[]>();
  #questions = 0;

  /** @param limit most candidates of a request */
  constructor(limit: number) {
    this.#limit = limit;
  }

  candidates({ session }: Request): readonly Candidate[] {
    const before = session === undefined ? undefined : this.#last.get(session);
    const best = new Map<number, number>();
    for (const from of before ?? []) {
      const uses = this.#transitions.uses(from);
      for (const [unit, count] of this.#transitions.followers(from)) best.set(unit, Math.max(best.get(unit) ?? 0, count / uses));
    }
    if (best.size === 0) for (const unit of this.#top) best.set(unit, this.#uses.get(unit)! / this.#questions);
    return ranked(best, this.#limit);
  }

  learn({ session, units }: Request): void {
    const ids = [...new Set(units.map(({ id }) => id))];
    this.#questions++;
    for (const unit of ids) this.#count(unit);
    if (session === undefined) return;
    for (const from of this.#last.get(session) ?? []) this.#transitions.add(from, ids);
    this.#last.set(session, ids);
  }

  #count(unit: number): void {
    const uses = (this.#uses.get(unit) ?? 0) + 1;
    this.#uses.set(unit, uses);
    let at = this.#top.indexOf(unit);
    if (at < 0) {
      if (this.#top.length === this.#limit && uses <= this.#uses.get(this.#top[this.#top.length - 1])!) return;
      if (this.#top.length === this.#limit) this.#top.pop();
      at = this.#top.push(unit) - 1;
    }
    while (at > 0 && uses > this.#uses.get(this.#top[at - 1])!) {
      this.#top[at] = this.#top[at - 1];
      this.#top[--at] = unit;
    }
  }
}

/**
 * Units that came in one question with those that the first stage names, added to the first stage itself: a unit is expected with the probability
 * that one of the named came true times the frequency with which it came along, the highest over those.
 */
export class CoOccurrencePredictor implements Predictor {
  readonly name = 'co-occurrence';
  readonly needsFirstStage = true;
  readonly #limit: number;
  readonly #early: Predictor;
  readonly #pairs = new PairCounts();

  /** @param early names units at arrival */
  constructor(limit: number, early: Predictor) {
    this.#limit = limit;
    this.#early = early;
  }

  candidates(request: Request): readonly Candidate[] {
    const best = new Map<number, number>();
    for (const { unit: named, confidence } of this.#early.candidates(request)) {
      best.set(named, Math.max(best.get(named) ?? 0, confidence));
      const uses = this.#pairs.uses(named);
      for (const [unit, count] of this.#pairs.followers(named)) best.set(unit, Math.max(best.get(unit) ?? 0, (confidence * count) / uses));
    }
    return ranked(best, this.#limit);
  }

  learn(request: Request): void {
    this.#early.learn(request);
    const ids = [...new Set(request.units.map(({ id }) => id))];
    for (const from of ids) this.#pairs.add(from, ids.filter((unit) => unit !== from));
  }
}

function ranked(confidences: ReadonlyMap<number, number>, limit: number): readonly Candidate[] {
  return [...confidences]
    .sort(([a, x], [b, y]) => y - x || a - b)
    .slice(0, limit)
    .map(([unit, confidence]) => ({ unit, confidence }));
}
