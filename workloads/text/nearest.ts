/** The nearest valid choice, for messages that say "did you mean". */
import { distance } from 'fastest-levenshtein';

/** The choice with the smallest edit distance, case ignored, if it is at most half of the word's length (or 2); else undefined. */
export function nearest(word: string, choices: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 2)) + 1;
  for (const choice of choices) {
    const edits = distance(lower, choice.toLowerCase());
    if (edits < bestDistance) {
      best = choice;
      bestDistance = edits;
    }
  }
  return best;
}
