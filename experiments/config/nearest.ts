/** The nearest valid choice to something mistyped. */
import { distance } from 'fastest-levenshtein';

/** Edits beyond this share of the longer word make a suggestion a guess, so none is given. */
const FARTHEST = 0.6;

/** Longer words are not typing slips. */
const LONGEST = 200;

/** The choice nearest to `word` by edit distance, ignoring case; among equals one with the same first letter, then the first. */
export function nearest(word: string, choices: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const choice of choices) {
    const candidate = choice.toLowerCase();
    const edits = distance(wanted, candidate);
    if (edits > FARTHEST * Math.max(wanted.length, candidate.length)) continue;
    const score = edits + (candidate.startsWith(wanted.charAt(0)) ? 0 : 0.5);
    if (score < bestScore) {
      best = choice;
      bestScore = score;
    }
  }
  return best;
}

/** The key path nearest to `path`; one that ends in the same last part is preferred to one that is near as a whole. */
export function nearestPath(path: string, paths: readonly string[]): string | undefined {
  const last = (text: string): string => text.slice(text.lastIndexOf('.') + 1).toLowerCase();
  const sameEnd = paths.filter((choice) => last(choice) === last(path));
  return nearest(path, sameEnd) ?? (sameEnd.length === 1 ? sameEnd[0] : nearest(path, paths));
}
