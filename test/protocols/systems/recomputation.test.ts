import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recomputedPieces } from '../../../protocols/systems/recomputation.ts';

const units = (...tokens: number[]): { id: number; tokens: number }[] => tokens.map((each, id) => ({ id, tokens: each }));
const FIRST_4 = { firstTokens: 4, share: 0, selectionShare: 0 };

describe('recomputed pieces', () => {
  it('are the first tokens of every chunk but the first, each behind all that comes before it', () => {
    expect(recomputedPieces(units(100, 3, 50), FIRST_4)).toEqual([{ newTokens: 3, contextTokens: 100 }, { newTokens: 4, contextTokens: 103 }]);
    expect(recomputedPieces(units(100), FIRST_4)).toEqual([]);
    expect(recomputedPieces([], FIRST_4)).toEqual([]);
  });

  it('are the chosen share of what stands behind the first chunk, and the layer that choosing them took', () => {
    expect(recomputedPieces(units(100, 100, 100), { firstTokens: 0, share: 0.15, selectionShare: 1 / 32 })).toEqual([{ newTokens: 37, contextTokens: 263 }]);
    // All of them are at most all of them.
    expect(recomputedPieces(units(100, 100), { firstTokens: 0, share: 1, selectionShare: 0.5 })).toEqual([{ newTokens: 100, contextTokens: 100 }]);
  });

  it('never ask for more than is behind the first chunk, and never look beyond the prompt', () => {
    fc.assert(fc.property(
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 8 }), fc.nat(40), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(),
      (tokens, firstTokens, share, byShare) => {
        const pieces = recomputedPieces(units(...tokens), byShare ? { firstTokens: 0, share, selectionShare: 0.03 } : { firstTokens, share: 0, selectionShare: 0 });
        const total = tokens.reduce((sum, each) => sum + each, 0);
        const again = pieces.reduce((sum, piece) => sum + piece.newTokens, 0);
        expect(again).toBeLessThanOrEqual(total - tokens[0]);
        for (const { newTokens, contextTokens } of pieces) {
          expect(newTokens).toBeGreaterThan(0);
          expect(contextTokens).toBeGreaterThanOrEqual(tokens[0]);
          expect(contextTokens + newTokens).toBeLessThanOrEqual(total);
        }
      },
    ), { seed: 1, numRuns: 300 });
  });
});
