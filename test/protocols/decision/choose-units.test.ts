/** The choice against brute force over every cut, with costs that are simple functions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseUnits, CUT_TOKENS } from '../../../protocols/decision/choose-units.ts';
import type { Candidate, Choice, ChoiceInput } from '../../../protocols/decision/choose-units.ts';
import type { Decision } from '../../../protocols/decision/decision-names.ts';
import { ChunkGeometries } from '../../../protocols/placement/chunk-geometry.ts';
import type { PrefillPiece } from '../../../sim/hardware/step-shape.ts';

const geometries = new ChunkGeometries({ layers: 2, kvHeads: 1, headDim: 8, dtypeBytes: 2 }, { axes: ['layer'], maxSegments: 2, minSegmentBytes: 0 }, 'none');
const BYTES_PER_TOKEN = geometries.of(1).storedBytes;

interface Case {
  readonly tokens: readonly number[];
  readonly nsPerToken: number;
  readonly nsPerByte: number;
  readonly overheadNs: number;
  readonly latencyNs: number;
  readonly stepRemainingNs: number;
  readonly question: number;
}

/** A step costs an overhead, its tokens and their attention; a fetch a latency and its bytes. */
function inputOf({ tokens, nsPerToken, nsPerByte, overheadNs, latencyNs, stepRemainingNs, question }: Case, decision: Decision, reuse: 'chunk' | 'prefix', beside = false, underWay: readonly (number | undefined)[] = []): ChoiceInput {
  const candidates = tokens.map((each, id): Candidate => ({ unit: { id, tokens: each }, geometry: geometries.of(each), tiers: [-1, -1], underWayNs: underWay[id] }));
  return {
    decision, reuse, candidates, beside, stepRemainingNs, missShare: 0,
    finalPieces: [{ newTokens: question, contextTokens: tokens.reduce((sum, each) => sum + each, 0) }],
    stepsNs: (pieces) => overheadNs + pieces.reduce((ns, { newTokens, contextTokens }) => ns + nsPerToken * (newTokens + newTokens * (contextTokens + newTokens / 2) / 10_000), 0),
    fetchNs: (parts) => latencyNs + nsPerByte * parts.reduce((bytes, { geometry }) => bytes + geometry.storedBytes, 0),
    tail: (all, from) => geometries.tail(all, from),
  };
}

const cases = fc.record<Case>({
  tokens: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
  nsPerToken: fc.integer({ min: 1, max: 100 }),
  nsPerByte: fc.double({ min: 0.01, max: 2, noNaN: true }),
  overheadNs: fc.integer({ min: 1, max: 3000 }),
  latencyNs: fc.integer({ min: 0, max: 3000 }),
  stepRemainingNs: fc.integer({ min: 0, max: 3000 }),
  question: fc.integer({ min: 1, max: 100 }),
});
const check = (run: (c: Case) => void): void => { fc.assert(fc.property(cases, run), { seed: 3, numRuns: 200 }); };
const pieces = (lengths: readonly number[]): PrefillPiece[] => lengths.map((newTokens) => ({ newTokens, contextTokens: 0 }));

/** Serial times of every subset that is fetched, written down without the code under test. */
function bestSubsetNs(c: Case): number {
  const input = inputOf(c, 'cheapest', 'chunk');
  let best = Infinity;
  for (let mask = 0; mask < 1 << c.tokens.length; mask++) {
    const fetched = input.candidates.filter((_, i) => (mask & (1 << i)) !== 0);
    const computed = c.tokens.filter((_, i) => (mask & (1 << i)) === 0);
    const waitNs = Math.max(c.stepRemainingNs, fetched.length === 0 ? 0 : input.fetchNs(fetched));
    best = Math.min(best, waitNs + input.stepsNs([...pieces(computed), ...input.finalPieces]));
  }
  return best;
}

describe('the cheapest way', () => {
  it('one after the other: no subset of the chunks is better to fetch', () => {
    check((c) => {
      const choice = chooseUnits(inputOf(c, 'cheapest', 'chunk'));
      // Chunks of unequal length: the order by cost is optimal but for the quadratic part of attention and the rest of a step.
      expect(choice.expectedNs!).toBeLessThanOrEqual(bestSubsetNs(c) * 1.02);
      expect([...choice.fetch, ...choice.recompute].map(({ id }) => id).sort()).toEqual(c.tokens.map((_, i) => i));
    });
  });

  it('is never expected to be worse than what is always done', () => {
    check((c) => {
      const ns = (decision: Decision): number => chooseUnits(inputOf(c, decision, 'chunk')).expectedNs!;
      const least = Math.min(ns('always-fetch'), ns('always-recompute'));
      expect(ns('cheapest')).toBeLessThanOrEqual(least);
      expect(ns('cheapest-both-ends')).toBeLessThanOrEqual(Math.min(ns('cheapest'), ns('always-both-ends')));
    });
  });

  it('a prefix is fetched from its front, and the rest computed: the best of every leading run', () => {
    check((c) => {
      const input = inputOf(c, 'cheapest', 'prefix');
      const total = c.tokens.reduce((sum, each) => sum + each, 0);
      let best = Infinity;
      for (let run = 0, there = 0; run <= c.tokens.length; there += c.tokens[run++]) {
        const fetchNs = run === 0 ? 0 : input.fetchNs(input.candidates.slice(0, run));
        best = Math.min(best, Math.max(c.stepRemainingNs, fetchNs) + input.stepsNs([{ newTokens: total - there + c.question, contextTokens: there }]));
      }
      const choice = chooseUnits(input);
      expect(Math.min(choice.expectedNs!, chooseUnits(inputOf(c, 'always-recompute', 'prefix')).expectedNs!)).toBeLessThanOrEqual(best);
      // What is fetched leads.
      expect(choice.fetch.map(({ id }) => id)).toEqual(choice.fetch.map((_, i) => i));
    });
  });
});

describe('both ends at once', () => {
  const frontTokens = ({ recompute, split }: Choice): number => recompute.reduce((sum, { tokens }) => sum + tokens, 0) + (split?.tokens ?? 0);

  it('meet where one token group more or less would be no better', () => {
    check((c) => {
      for (const reuse of ['chunk', 'prefix'] as const) {
        const input = inputOf({ ...c, tokens: c.tokens.map(() => 320) }, 'always-both-ends', reuse);
        const choice = chooseUnits(input);
        const total = 320 * c.tokens.length;
        // By hand: every multiple of a group, first tokens computed, the others fetched.
        let best = Infinity;
        for (let front = CUT_TOKENS; front < total; front += CUT_TOKENS) {
          const whole = Math.floor(front / 320);
          const lengths = [...Array.from({ length: whole }, () => 320), ...(front % 320 > 0 ? [front % 320] : [])];
          const frontNs = c.stepRemainingNs + input.stepsNs(reuse === 'chunk' ? pieces(lengths) : pieces([front]));
          best = Math.min(best, Math.max(c.latencyNs + c.nsPerByte * BYTES_PER_TOKEN * (total - front), frontNs) + input.stepsNs(input.finalPieces));
        }
        expect(choice.expectedNs).toBeCloseTo(best, 3);
        expect(choice.beside).toBe(true);
      }
    });
  });

  it('meet at t = (bytes − rate · overhead) ÷ (bytes a token + rate · time a token) without attention', () => {
    const c: Case = { tokens: [6400], nsPerToken: 50, nsPerByte: 0.9, overheadNs: 1000, latencyNs: 500, stepRemainingNs: 0, question: 10 };
    const input = { ...inputOf(c, 'always-both-ends', 'chunk'), stepsNs: (each: readonly PrefillPiece[]) => c.overheadNs + c.nsPerToken * each.reduce((sum, { newTokens }) => sum + newTokens, 0) };
    const meeting = (c.latencyNs + c.nsPerByte * BYTES_PER_TOKEN * 6400 - c.overheadNs) / (c.nsPerByte * BYTES_PER_TOKEN + c.nsPerToken);
    expect(Math.abs(frontTokens(chooseUnits(input)) - meeting)).toBeLessThanOrEqual(CUT_TOKENS);
  });

  it('a prefix is computed from its first token on and fetched to its last', () => {
    check((c) => {
      const choice = chooseUnits(inputOf(c, 'always-both-ends', 'prefix'));
      const order = [...choice.recompute, ...choice.fetch].map(({ id }) => id);
      expect(order).toEqual(c.tokens.map((_, i) => i));
      if (choice.split !== undefined) {
        expect(choice.fetch[0]).toBe(choice.split.unit);
        expect(choice.split.tokens % CUT_TOKENS).toBe(0);
        expect(choice.split.tokens).toBeLessThan(choice.split.unit.tokens);
      }
    });
  });
});

describe('waiting', () => {
  const c: Case = { tokens: [100, 100], nsPerToken: 10, nsPerByte: 0.5, overheadNs: 100, latencyNs: 100, stepRemainingNs: 0, question: 10 };
  const choose = (decision: Decision, ...underWay: (number | undefined)[]): Choice => chooseUnits(inputOf(c, decision, 'chunk', false, underWay));

  it('is chosen where what is under way ends sooner than anything begun now', () => {
    expect(choose('cheapest', 1000).wait.map(({ id }) => id)).toEqual([0]);
    expect(choose('cheapest', 2000).wait).toEqual([]);
    expect(choose('cheapest', undefined, 10).wait.map(({ id }) => id)).toEqual([1]);
  });

  it('is never chosen where the way is prescribed', () => {
    for (const decision of ['always-fetch', 'always-recompute', 'always-both-ends'] as const) expect(choose(decision, 1, 1).wait).toEqual([]);
  });
});
