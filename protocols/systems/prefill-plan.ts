/** What a request's node is left to compute once it is known which of its units' KV there is. */
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { UnitFetch } from '../fetch/fetch-job.ts';
import { recomputedPieces, type Recomputation } from './recomputation.ts';
import type { RequestState } from './request-state.ts';

/** Units attend to all before them: the leading run that was found is reused, the rest computed as one piece. */
export function planPrefix(state: RequestState): void {
  const { node, sequence, units } = state;
  let leading = 0;
  while (leading < units.length && fetchOf(state, units[leading]).outcome !== 'missed') leading++;
  for (let i = 0; i < leading; i++) state.reusedTokens += units[i].tokens;
  state.missed = units.slice(leading);
  if (leading < units.length && fetchOf(state, units[leading]).inComputation) {
    // What lies behind a block that is still being computed is lost with it.
    for (const unit of state.missed) if (fetchOf(state, unit).outcome !== 'missed') state.missedInComputation++;
  }
  state.outcomes = units.map((unit, i) => (i < leading ? fetchOf(state, unit).outcome! : 'missed'));
  // The last token is computed even when all are cached: its logits are the first output.
  const cachedTokens = Math.min(state.reusedTokens, sequence.promptTokens - 1);
  node.engine.addPiece(sequence, { newTokens: sequence.promptTokens - cachedTokens, contextTokens: cachedTokens });
  node.engine.seal(sequence);
}

/** Units are independent: each missing one is computed alone, some tokens of all are computed again, then the question attends to everything. */
export function planStitched(state: RequestState, recomputation: Recomputation | undefined): void {
  const { node, sequence, units } = state;
  let contextTokens = 0;
  const computed = new Set<number>();
  for (const unit of units) {
    contextTokens += unit.tokens;
    if (fetchOf(state, unit).outcome !== 'missed') {
      state.reusedTokens += unit.tokens;
    } else if (!computed.has(unit.id)) {
      computed.add(unit.id);
      state.missed.push(unit);
      node.engine.addPiece(sequence, { newTokens: unit.tokens, contextTokens: 0 });
    }
  }
  state.outcomes = units.map((unit) => fetchOf(state, unit).outcome!);
  for (const piece of recomputation === undefined ? [] : recomputedPieces(units, recomputation)) {
    state.recomputedTokens += piece.newTokens;
    node.engine.addPiece(sequence, piece);
  }
  const { suffixTokens } = state.request;
  if (suffixTokens > 0) node.engine.addPiece(sequence, { newTokens: suffixTokens, contextTokens });
  else node.engine.addPiece(sequence, { newTokens: 1, contextTokens: contextTokens - 1 });
  node.engine.seal(sequence);
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

function fetchOf(state: RequestState, unit: ContextUnit): UnitFetch {
  return state.fetches.get(unit.id)!;
}
