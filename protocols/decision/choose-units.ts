/**
 * For each unit that a request lacks: wait, fetch, compute, or both ends at once, by when the first token is expected.
 *
 * What has to be had is put in an order and cut once: what lies before the cut is computed, what lies behind it is fetched. Units of `chunk` reuse are independent, so
 * those stand first whose computation costs least against their fetch; units of `prefix` reuse stand in the order of the prompt, because a computed token attends
 * to all before it. Either way what is computed is a leading part of each unit, and what is fetched the rest of it, so that causal order holds.
 *
 *   one after the other   T(cut) = fetch(behind) + steps(before and the question)
 *   side by side          T(cut) = max(fetch(behind), rest of the step under way + steps(before)) + steps(question)
 *
 * Side by side, fetch falls and compute grows with the cut, so T is least where they meet. A prefix that is fetched and computed one after the other is fetched from
 * its front: what is computed then attends to what came.
 */
import type { PrefillPiece } from '../../sim/hardware/step-shape.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { ChunkGeometry } from '../placement/chunk-geometry.ts';
import type { Decision } from './decision-names.ts';
import type { FetchPart } from './fetch-outlook.ts';

export interface Candidate {
  readonly unit: ContextUnit;
  readonly geometry: ChunkGeometry;
  /** By segment: the tier of the node that holds it; -1 where it has to come from elsewhere. */
  readonly tiers: readonly number[];
  /** When the transfer or computation of it that is under way on this node is expected to be over and copied; undefined where there is none. */
  readonly underWayNs: Nanoseconds | undefined;
}

export interface ChoiceInput {
  readonly decision: Decision;
  readonly reuse: 'chunk' | 'prefix';
  /** In prompt order, each unit once. */
  readonly candidates: readonly Candidate[];
  /** What is computed when all units are there: the question, and what joining the units computes again. */
  readonly finalPieces: readonly PrefillPiece[];
  /** Units may be computed while others are fetched, whatever the decision. */
  readonly beside: boolean;
  /** Rest of the engine's step under way. */
  readonly stepRemainingNs: Nanoseconds;
  /** Share of what is asked of others that nobody has. */
  readonly missShare: number;
  readonly stepsNs: (pieces: readonly PrefillPiece[]) => Nanoseconds;
  readonly fetchNs: (parts: readonly FetchPart[]) => Nanoseconds;
  readonly tail: (tokens: number, from: number) => ChunkGeometry;
}

export interface Choice {
  readonly wait: readonly ContextUnit[];
  readonly recompute: readonly ContextUnit[];
  readonly fetch: readonly ContextUnit[];
  /** Not here, and nobody to ask: computed, and kept. */
  readonly absent: readonly ContextUnit[];
  /** The unit that the cut runs through: its first `tokens` are computed, the others fetched. It stands in `fetch` too. */
  readonly split: { readonly unit: ContextUnit; readonly tokens: number } | undefined;
  /** Computing begins at once, while the rest is fetched. */
  readonly beside: boolean;
  /** Time until the first token; undefined where nothing was decided. */
  readonly expectedNs: Nanoseconds | undefined;
}

/** Tokens between places where a unit may be cut: the group in which compressed keys are quantised, and two KV blocks. */
export const CUT_TOKENS = 32;

interface Cut {
  /** Units computed whole. */
  readonly whole: number;
  /** Tokens computed of the next one. */
  readonly tokens: number;
}

export function chooseUnits(input: ChoiceInput): Choice {
  const { decision, reuse, candidates } = input;
  const waiting = decision.startsWith('cheapest') ? candidates.filter((each) => shouldWait(input, each)) : [];
  const rest = candidates.filter((each) => !waiting.includes(each));
  const ordered = reuse === 'prefix' ? rest : byComputeCost(input, rest);
  const plan = new CutPlan(input, ordered);
  const { cut, beside, leading } = plan.best();
  const computed = leading ? ordered.slice(cut.whole) : ordered.slice(0, cut.whole);
  const fetched = leading ? ordered.slice(0, cut.whole) : ordered.slice(cut.whole);
  const waitNs = waiting.reduce((longest, { underWayNs = 0 }) => Math.max(longest, underWayNs), 0);
  return {
    wait: waiting.map(({ unit }) => unit),
    recompute: computed.map(({ unit }) => unit),
    fetch: fetched.map(({ unit }) => unit),
    absent: [],
    split: cut.tokens === 0 ? undefined : { unit: ordered[cut.whole].unit, tokens: cut.tokens },
    beside: beside && (cut.whole > 0 || cut.tokens > 0),
    expectedNs: Math.max(leading ? plan.leadingNs(cut.whole) : plan.timeNs(cut, beside), waitNs + input.stepsNs(input.finalPieces)),
  };
}

/** A transfer or computation under way will end sooner than one begun now. */
function shouldWait({ stepsNs, fetchNs, stepRemainingNs }: ChoiceInput, { unit, geometry, tiers, underWayNs }: Candidate): boolean {
  if (underWayNs === undefined) return false;
  return underWayNs < Math.min(fetchNs([{ geometry, tiers }]), stepRemainingNs + stepsNs([{ newTokens: unit.tokens, contextTokens: 0 }]));
}

/** Least time to compute for the time to fetch first. */
function byComputeCost({ stepsNs, fetchNs }: ChoiceInput, candidates: readonly Candidate[]): Candidate[] {
  const seen = new Map<string, number>();
  const ratio = ({ unit, geometry, tiers }: Candidate): number => {
    const key = `${unit.tokens}/${tiers.join()}`;
    let known = seen.get(key);
    if (known === undefined) seen.set(key, (known = stepsNs([{ newTokens: unit.tokens, contextTokens: 0 }]) / fetchNs([{ geometry, tiers }])));
    return known;
  };
  return candidates.map((each, i) => ({ each, i, cost: ratio(each) })).sort((a, b) => a.cost - b.cost || a.i - b.i).map(({ each }) => each);
}

/** The times of every cut of one order of units. */
class CutPlan {
  readonly #input: ChoiceInput;
  readonly #order: readonly Candidate[];

  constructor(input: ChoiceInput, order: readonly Candidate[]) {
    this.#input = input;
    this.#order = order;
  }

  /** The cut that the decision takes. `leading`: what stands before it is fetched, and what stands behind it is computed, as a prefix has to be without both ends. */
  best(): { readonly cut: Cut; readonly beside: boolean; readonly leading: boolean } {
    const { decision, reuse, beside } = this.#input;
    const all = this.#order.length;
    const uncut = { tokens: 0 };
    if (decision === 'always-fetch' || all === 0) return { cut: { whole: 0, ...uncut }, beside: false, leading: false };
    if (decision === 'always-recompute') return { cut: { whole: all, ...uncut }, beside: false, leading: false };
    const meeting = decision === 'cheapest' ? undefined : this.#meeting();
    if (decision === 'always-both-ends' && meeting !== undefined) return { cut: meeting, beside: true, leading: false };
    let best = { cut: { whole: all, ...uncut } as Cut, beside, leading: false };
    let bestNs = this.timeNs(best.cut, beside);
    const offer = (cut: Cut, isBeside: boolean, leading: boolean): void => {
      const ns = leading ? this.leadingNs(cut.whole) : this.timeNs(cut, isBeside);
      if (ns >= bestNs) return;
      best = { cut, beside: isBeside, leading };
      bestNs = ns;
    };
    for (let whole = all; whole >= 0; whole--) {
      if (reuse === 'prefix') offer({ whole, ...uncut }, false, true);
      if (reuse === 'chunk' || beside) offer({ whole, ...uncut }, beside, false);
    }
    if (meeting !== undefined) offer(meeting, true, false);
    return best;
  }

  timeNs(cut: Cut, beside: boolean): Nanoseconds {
    const { stepsNs, stepRemainingNs, finalPieces } = this.#input;
    const front = this.#front(cut);
    if (cut.whole === this.#order.length) return stepRemainingNs + stepsNs([...front, ...finalPieces]);
    const fetchNs = this.#fetchNs(cut);
    if (front.length === 0) return Math.max(stepRemainingNs, fetchNs) + this.#missedNs(cut) + stepsNs(finalPieces);
    if (!beside) return Math.max(stepRemainingNs, fetchNs) + this.#missedNs(cut) + stepsNs([...front, ...finalPieces]);
    return Math.max(fetchNs, stepRemainingNs + stepsNs(front)) + this.#missedNs(cut) + stepsNs(finalPieces);
  }

  /** A prefix of which the first `units` are fetched, and what follows is then computed. */
  leadingNs(units: number): Nanoseconds {
    const { stepsNs, fetchNs, stepRemainingNs, finalPieces } = this.#input;
    const parts = this.#order.slice(0, units);
    const contextTokens = tokensOf(parts);
    const restTokens = tokensOf(this.#order) - contextTokens;
    const last = finalPieces[finalPieces.length - 1];
    const rest = { newTokens: restTokens + last.newTokens, contextTokens: Math.max(0, contextTokens + last.contextTokens - tokensOf(this.#order)) };
    return Math.max(stepRemainingNs, parts.length === 0 ? 0 : fetchNs(parts)) + stepsNs([rest]);
  }

  /** Where both ends meet: the cut inside the order with the least time; undefined where there is no room for one. */
  #meeting(): Cut | undefined {
    const cuts = this.#places();
    if (cuts.length === 0) return undefined;
    let low = 0;
    let high = cuts.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#input.stepRemainingNs + this.#input.stepsNs(this.#front(cuts[middle])) >= this.#fetchNs(cuts[middle])) high = middle;
      else low = middle + 1;
    }
    const before = cuts[Math.max(0, low - 1)];
    return this.timeNs(before, true) < this.timeNs(cuts[low], true) ? before : cuts[low];
  }

  /** Every place strictly inside the order where it may be cut. */
  #places(): Cut[] {
    const cuts: Cut[] = [];
    this.#order.forEach(({ unit }, whole) => {
      for (let tokens = 0; tokens < unit.tokens; tokens += CUT_TOKENS) if (whole > 0 || tokens > 0) cuts.push({ whole, tokens });
    });
    return cuts;
  }

  #front({ whole, tokens }: Cut): PrefillPiece[] {
    if (this.#input.reuse === 'prefix') {
      const newTokens = tokensOf(this.#order.slice(0, whole)) + tokens;
      return newTokens === 0 ? [] : [{ newTokens, contextTokens: 0 }];
    }
    const pieces = this.#order.slice(0, whole).map(({ unit }) => ({ newTokens: unit.tokens, contextTokens: 0 }));
    if (tokens > 0) pieces.push({ newTokens: tokens, contextTokens: 0 });
    return pieces;
  }

  #fetchNs({ whole, tokens }: Cut): Nanoseconds {
    const parts: FetchPart[] = this.#order.slice(whole);
    if (tokens > 0) parts[0] = { geometry: this.#input.tail(this.#order[whole].unit.tokens, tokens), tiers: parts[0].tiers };
    return this.#input.fetchNs(parts);
  }

  /** What is expected to be computed after all, because nobody has it. */
  #missedNs({ whole }: Cut): Nanoseconds {
    const { missShare, stepsNs } = this.#input;
    const remote = missShare === 0 ? [] : this.#order.slice(whole).filter(({ tiers }) => tiers.includes(-1));
    return remote.length === 0 ? 0 : Math.round(missShare * stepsNs(remote.map(({ unit }) => ({ newTokens: unit.tokens, contextTokens: 0 }))));
  }
}

function tokensOf(candidates: readonly Candidate[]): number {
  let tokens = 0;
  for (const { unit } of candidates) tokens += unit.tokens;
  return tokens;
}
