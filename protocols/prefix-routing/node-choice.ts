/** Which node should serve a request, given what is believed of each. A pure rule: it is told everything it may use. */
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';

export const TIE_BREAKS = ['least-loaded', 'nearest', 'random'] as const;

export interface Candidate {
  readonly host: number;
  /** Leading tokens of the prompt thought to be cached there. */
  readonly tokens: number;
  /** Requests that it is thought to have. */
  readonly load: number;
  /** One-way latency from where the decision is made; 0 for that node itself. */
  readonly latencyNs: Nanoseconds;
}

export interface ChoiceRules {
  /** A longer match elsewhere is worth the way only from so many tokens on. */
  readonly minGainTokens: number;
  readonly tieBreak: (typeof TIE_BREAKS)[number];
  /** A node with so many requests more than the least loaded one is passed over; undefined looks at matches alone. */
  readonly spill: number | undefined;
}

export interface Choice {
  readonly candidate: Candidate;
  /** Another node had the longest match, but too many requests. */
  readonly spilled: boolean;
}

/**
 * The longest match, if it gains enough over `home`, the node that decides; else home. With `spill`, only among nodes that are not overloaded;
 * if home is overloaded and no match is worth it, the least loaded.
 * `home` is undefined where the node that decides serves nothing itself: without a match worth it, the least loaded then.
 */
export function chooseNode(candidates: readonly Candidate[], home: Candidate | undefined, rules: ChoiceRules, random: RandomStream): Choice {
  const { spill, minGainTokens, tieBreak } = rules;
  let least = Infinity;
  for (const { load } of candidates) least = Math.min(least, load);
  const fits = (candidate: Candidate): boolean => spill === undefined || candidate.load <= least + spill;
  let most = -1;
  let mostFitting = -1;
  for (const candidate of candidates) {
    most = Math.max(most, candidate.tokens);
    if (fits(candidate)) mostFitting = Math.max(mostFitting, candidate.tokens);
  }
  const isHomeFree = home !== undefined && fits(home);
  const homeTokens = home?.tokens ?? 0;
  const spilled = most > mostFitting && most - homeTokens >= minGainTokens;
  if (isHomeFree && mostFitting - homeTokens < minGainTokens) return { candidate: home, spilled };
  const worth = isHomeFree || mostFitting >= minGainTokens;
  const tied = candidates.filter((candidate) => fits(candidate) && (worth ? candidate.tokens === mostFitting : candidate.load === least));
  return { candidate: breakTie(tied, tieBreak, random), spilled: spilled || (home !== undefined && !isHomeFree) };
}

function breakTie(tied: readonly Candidate[], rule: ChoiceRules['tieBreak'], random: RandomStream): Candidate {
  if (tied.length === 1) return tied[0];
  const key = ({ load, latencyNs }: Candidate): number => (rule === 'nearest' ? latencyNs : load);
  const least = tied.reduce((low, candidate) => Math.min(low, key(candidate)), Infinity);
  const best = rule === 'random' ? tied : tied.filter((candidate) => key(candidate) === least);
  return best[random.integer(best.length)];
}
