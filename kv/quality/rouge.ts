/** ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004) as F1 of one candidate against one reference. */
import { countRuns, sharedRuns } from './text-words.ts';

/** F1 scores from 0 to 1. */
export interface Rouge {
  readonly rouge1: number;
  readonly rouge2: number;
  readonly rougeL: number;
}

/** Scores a candidate. Two texts without any runs of the length are alike (1); one with and one without are not (0). */
export function rouge(candidate: readonly string[], reference: readonly string[]): Rouge {
  const runs = (n: number): number =>
    f1(sharedRuns(countRuns(candidate, n), countRuns(reference, n)), Math.max(0, candidate.length - n + 1), Math.max(0, reference.length - n + 1));
  return { rouge1: runs(1), rouge2: runs(2), rougeL: f1(longestCommonSubsequence(candidate, reference), candidate.length, reference.length) };
}

function f1(shared: number, inCandidate: number, inReference: number): number {
  return inCandidate + inReference === 0 ? 1 : (2 * shared) / (inCandidate + inReference);
}

/** Length of the longest sequence of words that both texts contain in order. */
export function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  let above = new Int32Array(b.length + 1);
  for (const word of a) {
    const row = new Int32Array(b.length + 1);
    for (let j = 0; j < b.length; j++) row[j + 1] = word === b[j] ? above[j] + 1 : Math.max(row[j], above[j + 1]);
    above = row;
  }
  return above[b.length];
}
