/** What a request's node is left to compute once it is known which of its units' KV there is. */
import type { PrefillPiece } from '../../sim/hardware/step-shape.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { UnitOutcome } from '../fetch/fetch-job.ts';
import { recomputedPieces, type Recomputation } from './recomputation.ts';
import type { RequestState } from './request-state.ts';

/** Computed before the units were known to be there. */
function headTokensOf({ choice }: RequestState, unit: ContextUnit): number {
  return choice?.split?.unit.id === unit.id ? choice.split.tokens : 0;
}

export function outcomeOf(state: RequestState, unit: ContextUnit): UnitOutcome | undefined {
  return state.chosen.has(unit.id) ? 'missed' : state.fetches.get(unit.id)?.outcome;
}

/** The pieces that can be computed before anything has come: what it was decided to compute. */
export function frontPieces(state: RequestState): PrefillPiece[] {
  const { choice, request } = state;
  if (choice === undefined) return [];
  for (const { id } of choice.recompute) state.given.add(id);
  const heads = choice.split === undefined ? [] : [choice.split.tokens];
  const lengths = [...choice.recompute.map(({ tokens }) => tokens), ...heads];
  if (request.reuse === 'chunk') return lengths.map((newTokens) => ({ newTokens, contextTokens: 0 }));
  const newTokens = lengths.reduce((sum, each) => sum + each, 0);
  return newTokens === 0 ? [] : [{ newTokens, contextTokens: 0 }];
}

/** A unit turned out to be nowhere: what there is to compute of it; undefined where that has been given. */
export function missedPiece(state: RequestState, unit: ContextUnit): PrefillPiece | undefined {
  if (state.given.has(unit.id)) return undefined;
  state.given.add(unit.id);
  const contextTokens = headTokensOf(state, unit);
  return { newTokens: unit.tokens - contextTokens, contextTokens };
}

/** Units attend to all before them: the leading run that was computed or found is used, the rest computed as one piece. */
export function planPrefix(state: RequestState, nowNs: Nanoseconds): void {
  const { units, given } = state;
  let leading = 0;
  let coveredTokens = 0;
  for (; leading < units.length; leading++) {
    const unit = units[leading];
    const isGiven = given.has(unit.id);
    if (!isGiven && outcomeOf(state, unit) === 'missed') {
      coveredTokens += headTokensOf(state, unit);
      break;
    }
    coveredTokens += unit.tokens;
    if (!isGiven) state.reusedTokens += unit.tokens - headTokensOf(state, unit);
  }
  state.missed = units.slice(leading).filter(({ id }) => !state.chosen.has(id));
  if (leading < units.length && state.fetches.get(units[leading].id)?.inComputation === true) {
    // What lies behind a block that is still being computed is lost with it.
    for (const unit of state.missed) if (outcomeOf(state, unit) !== 'missed') state.missedInComputation++;
  }
  state.outcomes = units.map((unit, i) => (i < leading ? outcomeOf(state, unit)! : 'missed'));
  if (state.finalGiven && leading === hopedFor(state)) return;
  state.work.give([prefixFinal(state, coveredTokens)], state.lastActivity, nowNs, state.finalGiven);
}

/** Leading units of a prefix that will be there if none is missing: those fetched, and those that are being computed. */
function hopedFor({ units, chosen, given }: RequestState): number {
  const end = units.findIndex(({ id }) => chosen.has(id) && !given.has(id));
  return end < 0 ? units.length : end;
}

/** What is computed of a prefix when so many tokens of it are there. The last token is computed even when all are: its logits are the first output. */
function prefixFinal({ sequence: { promptTokens } }: RequestState, coveredTokens: number): PrefillPiece {
  const contextTokens = Math.min(coveredTokens, promptTokens - 1);
  return { newTokens: promptTokens - contextTokens, contextTokens };
}

/** Units are independent: each missing one is computed alone, some tokens of all are computed again, then the question attends to everything. */
export function planStitched(state: RequestState, recomputation: Recomputation | undefined, nowNs: Nanoseconds): void {
  const { units } = state;
  const computed = new Set<number>();
  const pieces: PrefillPiece[] = [];
  for (const unit of units) {
    if (outcomeOf(state, unit) !== 'missed') {
      state.reusedTokens += unit.tokens - headTokensOf(state, unit);
    } else if (!computed.has(unit.id)) {
      computed.add(unit.id);
      if (!state.chosen.has(unit.id)) state.missed.push(unit);
      const piece = missedPiece(state, unit);
      if (piece !== undefined) pieces.push(piece);
    }
  }
  state.outcomes = units.map((unit) => outcomeOf(state, unit)!);
  state.work.give(pieces, state.lastActivity, nowNs);
  // What was begun before it was known that something is missing has to be done again.
  if (!state.finalGiven || pieces.length > 0) giveStitchedFinal(state, recomputation, nowNs, state.lastActivity);
}

/** What is computed when all units are there, as if none were missing. */
export function finalPieces(state: RequestState, recomputation: Recomputation | undefined): PrefillPiece[] {
  if (state.request.reuse === 'prefix') return [prefixFinal(state, tokensOf(state.units.slice(0, hopedFor(state))))];
  return [...(recomputation === undefined ? [] : recomputedPieces(state.units, recomputation)), questionPiece(state)];
}

/** Gives the engine what is computed when all units are there, before they are. */
export function giveFinal(state: RequestState, recomputation: Recomputation | undefined, nowNs: Nanoseconds, releasedBy: number): void {
  if (state.request.reuse === 'prefix') state.work.give(finalPieces(state, undefined), releasedBy, nowNs);
  else giveStitchedFinal(state, recomputation, nowNs, releasedBy);
  state.finalGiven = true;
}

function giveStitchedFinal(state: RequestState, recomputation: Recomputation | undefined, nowNs: Nanoseconds, releasedBy: number): void {
  const repaired = recomputation === undefined ? [] : recomputedPieces(state.units, recomputation);
  for (const { newTokens } of repaired) state.recomputedTokens += newTokens;
  state.work.give(repaired, releasedBy, nowNs, true);
  // A prompt without a question computes its last token once more.
  state.work.give([questionPiece(state)], releasedBy, nowNs, state.finalGiven || (state.request.suffixTokens === 0 && state.reusedTokens === 0));
}

function questionPiece({ request: { suffixTokens }, units }: RequestState): PrefillPiece {
  const contextTokens = tokensOf(units);
  return suffixTokens > 0 ? { newTokens: suffixTokens, contextTokens } : { newTokens: 1, contextTokens: contextTokens - 1 };
}

function tokensOf(units: readonly ContextUnit[]): number {
  let tokens = 0;
  for (const unit of units) tokens += unit.tokens;
  return tokens;
}

/** Nothing but the engine's own prefix cache: what it found there when it began to compute. */
export function countCached(state: RequestState): void {
  const { units, sequence, delivery } = state;
  const came = (i: number): boolean => delivery !== undefined && i >= delivery.from && i < delivery.to;
  let end = 0;
  let leading = 0;
  while (leading < units.length && end + units[leading].tokens <= sequence.cachedTokens) end += units[leading++].tokens;
  state.outcomes = units.map((_, i) => (i < leading ? (came(i) ? 'remote' : 'local') : 'missed'));
  state.missed = units.slice(leading);
  state.reusedTokens = end;
}
