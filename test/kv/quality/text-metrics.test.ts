import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bleu, bleuCounts } from '../../../kv/quality/bleu.ts';
import { longestCommonSubsequence, rouge } from '../../../kv/quality/rouge.ts';
import { textWords } from '../../../kv/quality/text-words.ts';

const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });

describe('ROUGE', () => {
  it("gives the example of Lin's paper, §3: police kill the gunman", () => {
    const reference = textWords('police killed the gunman');
    // F1 with β = 1; both candidates share 'police', 'the', 'gunman' (unigrams) with the reference.
    const first = rouge(textWords('police kill the gunman'), reference);
    const second = rouge(textWords('the gunman kill police'), reference);
    expect(first).toEqual({ rouge1: 0.75, rouge2: 1 / 3, rougeL: 0.75 });
    expect(second).toEqual({ rouge1: 0.75, rouge2: 1 / 3, rougeL: 0.5 });
  });

  it('is 1 for a text against itself, symmetric, and between 0 and 1', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(rouge(a, a)).toEqual({ rouge1: 1, rouge2: 1, rougeL: 1 });
        const there = rouge(a, b);
        expect(there).toEqual(rouge(b, a));
        for (const score of Object.values(there)) expect(score >= 0 && score <= 1).toBe(true);
        expect(there.rougeL).toBeLessThanOrEqual(there.rouge1 + 1e-12);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('counts the longest common subsequence', () => {
    expect(longestCommonSubsequence(Array.from('AGCAT'), Array.from('GAC'))).toBe(2);
    expect(longestCommonSubsequence([], ['x'])).toBe(0);
  });
});

describe('BLEU', () => {
  it("clips repeated words as Papineni's first example does: the the the …", () => {
    const counts = bleuCounts(textWords('the the the the the the the'), textWords('The cat is on the mat.'));
    expect([counts.matches[0], counts.possible[0]]).toEqual([2, 7]);
  });

  it('is the geometric mean of precisions, by hand', () => {
    // 'a b c d e' against 'a b c d f': 4/5 · 3/4 · 2/3 · 1/2 = 0.2; same length, no penalty.
    expect(bleu([bleuCounts(Array.from('abcde'), Array.from('abcdf'))])).toBeCloseTo(Math.sqrt(Math.sqrt(0.2)), 12);
    // All of 'a b c d' is in 'a b c d e f': precision 1, brevity e^(1 − 6/4).
    expect(bleu([bleuCounts(Array.from('abcd'), Array.from('abcdef'))])).toBeCloseTo(Math.exp(-0.5), 12);
  });

  it('adds counts over a corpus rather than averaging scores', () => {
    const good = bleuCounts(Array.from('abcde'), Array.from('abcde'));
    const bad = bleuCounts(Array.from('xyzuv'), Array.from('abcde'));
    expect(bleu([good, bad])).toBeCloseTo(0.5, 12);
    expect(bleu([bad])).toBe(0);
    expect(bleu([])).toBe(1);
    expect(bleu([bleuCounts([], ['a'])])).toBe(0);
    expect(bleu([bleuCounts(['a', 'b'], ['a', 'b'])])).toBe(1);
  });
});

describe('words', () => {
  it('are lower-case runs of letters, and marks on their own', () => {
    expect(textWords('Lily\'s "Mom" said: 12 o’clock!')).toEqual(["lily's", '"', 'mom', '"', 'said', ':', '12', 'o', '’', 'clock', '!']);
    expect(textWords('  ')).toEqual([]);
  });
});
