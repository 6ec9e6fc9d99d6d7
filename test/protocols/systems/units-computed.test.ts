import { describe, expect, it } from 'vitest';
import type { RequestState } from '../../../protocols/systems/request-state.ts';
import { UnitsComputed } from '../../../protocols/systems/units-computed.ts';

const missing = (...ids: number[]): RequestState => ({ missed: ids.map((id) => ({ id, tokens: 1 })), computing: false }) as unknown as RequestState;

describe('units under computation', () => {
  it('are those that some request computes, until the last of them has ended', () => {
    const units = new UnitsComputed();
    const [first, second] = [missing(1, 2), missing(2, 3)];
    units.begin(first);
    units.begin(second);
    expect([0, 1, 2, 3].map((id) => units.has(id))).toEqual([false, true, true, true]);
    units.end(first);
    expect([1, 2, 3].map((id) => units.has(id))).toEqual([false, true, true]);
    // Ended twice: stored, and then its node died.
    units.end(first);
    expect(units.has(2)).toBe(true);
    units.end(second);
    expect([1, 2, 3].some((id) => units.has(id))).toBe(false);
  });
});
