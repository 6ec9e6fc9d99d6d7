/** BLEU-4 (Papineni et al. 2002) over a corpus, kept as counts that add up. */
import { countRuns, sharedRuns } from './text-words.ts';

/** Longest run counted. */
const ORDER = 4;

/** Matching and possible runs of one to four words, and lengths, of one text or of many. */
export interface BleuCounts {
  readonly matches: readonly number[];
  readonly possible: readonly number[];
  readonly candidateWords: number;
  readonly referenceWords: number;
}

/** Counts of one candidate against one reference. */
export function bleuCounts(candidate: readonly string[], reference: readonly string[]): BleuCounts {
  const orders = Array.from({ length: ORDER }, (_, i) => i + 1);
  return {
    matches: orders.map((n) => sharedRuns(countRuns(candidate, n), countRuns(reference, n))),
    possible: orders.map((n) => Math.max(0, candidate.length - n + 1)),
    candidateWords: candidate.length,
    referenceWords: reference.length,
  };
}

/**
 * BLEU from 0 to 1: geometric mean of the four precisions times the brevity penalty, without smoothing, so a corpus without one matching run
 * of four words scores 0. Orders longer than every candidate are left out.
 */
export function bleu(corpus: readonly BleuCounts[]): number {
  const sum = (of: (counts: BleuCounts) => number): number => corpus.reduce((total, counts) => total + of(counts), 0);
  const candidateWords = sum((counts) => counts.candidateWords);
  const referenceWords = sum((counts) => counts.referenceWords);
  if (candidateWords === 0) return referenceWords === 0 ? 1 : 0;
  let logs = 0;
  let orders = 0;
  for (let n = 0; n < ORDER; n++) {
    const possible = sum((counts) => counts.possible[n]);
    if (possible === 0) continue;
    logs += Math.log(sum((counts) => counts.matches[n]) / possible);
    orders++;
  }
  const brevity = candidateWords >= referenceWords ? 1 : Math.exp(1 - referenceWords / candidateWords);
  return brevity * Math.exp(logs / orders);
}
