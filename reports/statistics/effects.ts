import jStat from 'jstat';
import { mean } from './moments.ts';

/** One trial: the level of each swept factor, and the value measured. */
export interface Observation {
  readonly levels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MainEffect {
  readonly factor: string;
  /** Share of the total variation between observations that this factor alone explains (η²), 0 to 1. */
  readonly share: number;
  /** Largest minus smallest level mean, in the unit of the value. */
  readonly range: number;
  /** Mean at each level, over all other factors, in order of first appearance. */
  readonly means: readonly { level: string; mean: number }[];
  /** P-value of the F test against the variation between seeds; NaN where no cell has two seeds. */
  readonly pValue: number;
}

export interface Interaction {
  readonly factors: readonly [string, string];
  /** Share of the total variation that the two explain together beyond their main effects, 0 to 1. */
  readonly share: number;
  /** The pair of levels that departs most from the sum of the main effects, and by how much. */
  readonly strongest: { readonly levels: readonly [string, string]; readonly departure: number };
  readonly pValue: number;
}

export interface EffectSummary {
  /** Largest share first. */
  readonly main: readonly MainEffect[];
  /** Largest share first; empty where the design is not a complete, balanced factorial. */
  readonly interactions: readonly Interaction[];
  /** Share left between the seeds of one cell. */
  readonly residualShare: number;
  /** True for a complete factorial with equally many observations in every cell. */
  readonly balanced: boolean;
  readonly totalVariation: number;
}

/**
 * Which factors matter: the analysis of variance of a factorial experiment (Jain, The Art of Computer Systems Performance
 * Analysis, 1991, chapters 17–23, "allocation of variation"). In a balanced complete factorial the parts are orthogonal, so
 * shares add up to at most 1. In an unbalanced design (one factor at a time) main effects come from the observations in
 * which the other factors stay at their most common level, and no interaction can be told.
 */
export function summariseEffects(observations: readonly Observation[]): EffectSummary {
  const factors = factorsOf(observations);
  const balanced = isBalanced(observations, factors);
  const grand = observations.length === 0 ? NaN : mean(observations.map((o) => o.value));
  const totalVariation = observations.reduce((sum, o) => sum + (o.value - grand) * (o.value - grand), 0);
  const cells = groupBy(observations, (o) => factors.map((f) => o.levels[f]));
  const residual = cells.reduce((sum, cell) => sum + squares(cell.members), 0);
  const residualDf = observations.length - cells.length;
  const share = (part: number): number => (totalVariation === 0 ? 0 : Math.max(0, part) / totalVariation);
  const pValue = (part: number, df: number): number => fTest(part, df, residual, residualDf);

  const main = factors.map((factor): MainEffect => {
    const used = balanced ? observations : othersAtCommonLevel(observations, factors, factor);
    const groups = groupBy(used, (o) => [o.levels[factor]]);
    const means = groups.map((g) => ({ level: g.key[0], mean: mean(g.members.map((o) => o.value)) }));
    const centre = mean(used.map((o) => o.value));
    const part = groups.reduce((sum, g, i) => sum + g.members.length * (means[i].mean - centre) * (means[i].mean - centre), 0);
    const values = means.map((m) => m.mean);
    return { factor, share: share(part), range: Math.max(...values) - Math.min(...values), means, pValue: pValue(part, groups.length - 1) };
  });

  const interactions: Interaction[] = [];
  if (balanced) {
    for (let i = 0; i < factors.length; i++) {
      for (let j = i + 1; j < factors.length; j++) {
        interactions.push(interaction(observations, main[i], main[j], grand, share, pValue));
      }
    }
  }
  const byShare = (a: { share: number }, b: { share: number }): number => b.share - a.share;
  return { main: main.sort(byShare), interactions: interactions.sort(byShare), residualShare: share(residual), balanced, totalVariation };
}

function interaction(
  observations: readonly Observation[],
  a: MainEffect,
  b: MainEffect,
  grand: number,
  share: (part: number) => number,
  pValue: (part: number, df: number) => number,
): Interaction {
  const levelMean = (effect: MainEffect, level: string): number => effect.means.find((m) => m.level === level)!.mean;
  let part = 0;
  let strongest: Interaction['strongest'] = { levels: [a.means[0].level, b.means[0].level], departure: 0 };
  for (const group of groupBy(observations, (o) => [o.levels[a.factor], o.levels[b.factor]])) {
    const [levelA, levelB] = group.key as [string, string];
    const departure = mean(group.members.map((o) => o.value)) - levelMean(a, levelA) - levelMean(b, levelB) + grand;
    part += group.members.length * departure * departure;
    if (Math.abs(departure) > Math.abs(strongest.departure)) strongest = { levels: [levelA, levelB], departure };
  }
  return {
    factors: [a.factor, b.factor], share: share(part), strongest,
    pValue: pValue(part, (a.means.length - 1) * (b.means.length - 1)),
  };
}

/** Factors that take at least two levels: one that never varies has no effect to tell. */
function factorsOf(observations: readonly Observation[]): string[] {
  const names = [...new Set(observations.flatMap((o) => Object.keys(o.levels)))];
  for (const o of observations) {
    const missing = names.find((name) => !(name in o.levels));
    if (missing !== undefined) throw new RangeError(`an observation has no level for factor '${missing}': expected every factor in each`);
    if (!Number.isFinite(o.value)) throw new RangeError(`an observation has the value ${o.value}: expected a finite number`);
  }
  return names.filter((name) => new Set(observations.map((o) => o.levels[name])).size > 1);
}

function isBalanced(observations: readonly Observation[], factors: readonly string[]): boolean {
  const counts = groupBy(observations, (o) => factors.map((f) => o.levels[f])).map((g) => g.members.length);
  const expected = factors.reduce((product, f) => product * new Set(observations.map((o) => o.levels[f])).size, 1);
  return counts.length === expected && counts.every((count) => count === counts[0]);
}

function othersAtCommonLevel(observations: readonly Observation[], factors: readonly string[], factor: string): Observation[] {
  const common = new Map(factors.map((f) => [f, mostCommon(observations.map((o) => o.levels[f]))]));
  return observations.filter((o) => factors.every((f) => f === factor || o.levels[f] === common.get(f)));
}

/** The most frequent item; the first to appear among equals. */
function mostCommon(items: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}

function squares(members: readonly Observation[]): number {
  const centre = mean(members.map((o) => o.value));
  return members.reduce((sum, o) => sum + (o.value - centre) * (o.value - centre), 0);
}

function fTest(part: number, df: number, residual: number, residualDf: number): number {
  if (residualDf < 1 || df < 1) return NaN;
  if (residual === 0) return part > 0 ? 0 : 1;
  return 1 - jStat.centralF.cdf(part / df / (residual / residualDf), df, residualDf);
}

interface Group {
  key: string[];
  members: Observation[];
}

function groupBy(observations: readonly Observation[], keyOf: (o: Observation) => string[]): Group[] {
  const groups = new Map<string, Group>();
  for (const o of observations) {
    const key = keyOf(o);
    const name = JSON.stringify(key);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { key, members: [o] });
    else group.members.push(o);
  }
  return [...groups.values()];
}
