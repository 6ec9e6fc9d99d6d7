import { describe, expect, it } from 'vitest';
import { type Observation, summariseEffects } from '../../../reports/statistics/effects.ts';

function design(rows: readonly (readonly [string, string, readonly number[]])[]): Observation[] {
  return rows.flatMap(([memory, cache, values]) => values.map((value) => ({ levels: { memory, cache }, value })));
}

describe('effect summary', () => {
  it("gives Jain's 2² example: memory 76 %, cache 19 %, both 5 %", () => {
    // Jain 1991, chapter 17: MIPS at 4 and 16 MB of memory, 1 and 2 KB of cache.
    const summary = summariseEffects(design([['4', '1', [15]], ['16', '1', [45]], ['4', '2', [25]], ['16', '2', [75]]]));
    expect(summary.totalVariation).toBeCloseTo(2100, 9);
    expect(summary.main.map((m) => [m.factor, m.range])).toEqual([['memory', 40], ['cache', 20]]);
    expect(summary.main[0].share).toBeCloseTo(1600 / 2100, 12);
    expect(summary.main[1].share).toBeCloseTo(400 / 2100, 12);
    expect(summary.interactions[0].share).toBeCloseTo(100 / 2100, 12);
    expect(Math.abs(summary.interactions[0].strongest.departure)).toBeCloseTo(5, 12);
    expect(summary.main[0].pValue).toBeNaN();
  });
  it("gives Jain's 2²·3 example: 78.9, 15.4 and 4.3 %, and 1.45 % error", () => {
    // Jain 1991, chapter 18, with three replications of each cell.
    const summary = summariseEffects(design([
      ['4', '1', [15, 18, 12]], ['16', '1', [45, 48, 51]], ['4', '2', [25, 28, 19]], ['16', '2', [75, 75, 81]],
    ]));
    expect(summary.totalVariation).toBeCloseTo(7032, 9);
    expect(summary.main[0].share * 7032).toBeCloseTo(5547, 6);
    expect(summary.main[1].share * 7032).toBeCloseTo(1083, 6);
    expect(summary.interactions[0].share * 7032).toBeCloseTo(300, 6);
    expect(summary.residualShare * 7032).toBeCloseTo(102, 6);
    expect(summary.main[0].pValue).toBeLessThan(0.001);
    expect(summary.interactions[0].pValue).toBeLessThan(0.01);
  });
  it('shares of a balanced factorial add up to one', () => {
    const rows: Observation[] = [];
    for (const a of ['x', 'y', 'z']) for (const b of ['1', '2']) for (let seed = 0; seed < 3; seed++) rows.push({ levels: { a, b }, value: a.charCodeAt(0) * Number(b) + seed * seed });
    const summary = summariseEffects(rows);
    const sum = summary.residualShare + summary.main.reduce((s, m) => s + m.share, 0) + summary.interactions.reduce((s, m) => s + m.share, 0);
    expect(sum).toBeCloseTo(1, 12);
  });
  it('tells main effects only when one factor varies at a time', () => {
    const rows: Observation[] = [['0', '0', 10], ['1', '0', 20], ['0', '1', 11], ['0', '2', 12]].map(([a, b, value]) => ({ levels: { a: String(a), b: String(b) }, value: Number(value) }));
    const summary = summariseEffects(rows);
    expect(summary.balanced).toBe(false);
    expect(summary.interactions).toEqual([]);
    expect(summary.main.map((m) => [m.factor, m.range])).toEqual([['a', 10], ['b', 2]]);
  });
  it('leaves out what never varies, and survives constant and empty data', () => {
    expect(summariseEffects([]).main).toEqual([]);
    const flat = summariseEffects([{ levels: { a: '1', b: 'x' }, value: 3 }, { levels: { a: '2', b: 'x' }, value: 3 }]);
    expect(flat.main).toMatchObject([{ factor: 'a', share: 0, range: 0 }]);
    expect(() => summariseEffects([{ levels: { a: '1' }, value: NaN }])).toThrow('value NaN');
    expect(() => summariseEffects([{ levels: { a: '1' }, value: 1 }, { levels: { b: '1' }, value: 1 }])).toThrow("factor 'b'");
  });
});
