import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textWidthPx, wrapText } from '../../../reports/figures/font.ts';
import { evenly } from '../../../reports/figures/evenly.ts';
import { endsOnScale, exactFormat, linearScale, logScale, measureScale, sweptOnLog } from '../../../reports/figures/scales.ts';

describe('scales', () => {
  it('hold all values, with two to nine ticks in rising order inside the domain', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }).map((v) => (v < 1e-6 ? 0 : v)), { minLength: 1, maxLength: 20 }), (values) => {
      const scale = measureScale(values);
      expect(scale.domain[0]).toBeLessThanOrEqual(Math.min(...values));
      expect(scale.domain[1]).toBeGreaterThanOrEqual(Math.max(...values));
      expect(scale.domain[1]).toBeGreaterThan(scale.domain[0]);
      expect(scale.ticks.length).toBeGreaterThanOrEqual(2);
      expect(scale.ticks.length).toBeLessThanOrEqual(9);
      scale.ticks.forEach((tick, i) => { if (i > 0) expect(tick).toBeGreaterThan(scale.ticks[i - 1]); });
      if (scale.log) expect(scale.domain[0]).toBeGreaterThan(0);
    }), { seed: 1, numRuns: 500 });
  });
  it('are logarithmic only for positive values far apart', () => {
    expect(measureScale([1, 7]).log).toBe(false);
    expect(measureScale([1, 8]).log).toBe(true);
    expect(measureScale([0, 1, 1000]).log).toBe(false);
    expect([measureScale([0.5, 8], 100).log, measureScale([2, 60], 100).log]).toEqual([true, false]);
    expect(measureScale([-1, 1000]).log).toBe(false);
  });
  it('survive empty, constant and zero data', () => {
    expect(measureScale([])).toMatchObject({ log: false, domain: [0, 1] });
    expect(measureScale([0, 0])).toMatchObject({ domain: [0, 1] });
    expect(measureScale([100])).toMatchObject({ domain: [0, 120] });
    expect(measureScale([NaN, Infinity])).toMatchObject({ domain: [0, 1] });
  });
  it('do not go beyond a ceiling that no value exceeds', () => {
    expect(measureScale([100, 98], 100).domain).toEqual([0, 100]);
  });
  it('have round ticks', () => {
    expect(linearScale(0, 1018).ticks).toEqual([0, 200, 400, 600, 800, 1000, 1200]);
    expect(logScale(0.21, 24).ticks).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]);
    expect(logScale(1, 1e9).ticks.every((t) => Number.isInteger(Math.log10(t)))).toBe(true);
  });
  it('have a format that shows every number fully', () => {
    expect(exactFormat([16, 32, 64])).toBe(',.0~f');
    expect(exactFormat([0.5, 10, 2.25])).toBe(',.2~f');
    expect(exactFormat([1e-7, 2.5e-7])).toBe(',.8~f');
    expect(exactFormat([1e21])).toBe(',.0~f');
    expect(exactFormat([1e-300])).toBe(',.20~f');
  });
  it('bring the ends of intervals onto logarithmic axes only', () => {
    expect(endsOnScale(linearScale(0, 10), 'low')).toEqual([]);
    expect(endsOnScale(logScale(1, 100), 'low', 'high')).toHaveLength(2);
  });
  it('put a swept variable on a logarithmic axis from a factor of eight', () => {
    expect(sweptOnLog([5, 10, 20, 50])).toBe(true);
    expect(sweptOnLog([2, 3, 4])).toBe(false);
    expect(sweptOnLog([0, 10, 100])).toBe(false);
  });
});

describe('text', () => {
  it('is measured with the shipped font: 2 048 units per em, DejaVu Sans Condensed', () => {
    // Advance of a digit in the font file: 1 172 units.
    expect(textWidthPx('0', 2048)).toBe(1172);
    expect(textWidthPx('00', 1024)).toBe(1172);
    expect(textWidthPx('Mean', 12, true)).toBeGreaterThan(textWidthPx('Mean', 12));
  });
  it('is wrapped at spaces, not at no-break ones, and never wider than asked for', () => {
    const lines = wrapText('Mean of 5 seeds, 95\u00A0% t\u00A0intervals · seeds\u00A01–5 · config\u00A03f9a1c77e0d2', 150, 12.5);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join(' ')).toContain('95\u00A0% t\u00A0intervals');
    for (const line of lines) expect(textWidthPx(line, 12.5)).toBeLessThanOrEqual(150);
    expect(textWidthPx(wrapText('x'.repeat(500), 100, 12.5)[0], 12.5)).toBeLessThanOrEqual(100);
  });
});

describe('evenly', () => {
  it('keeps the ends', () => {
    expect(evenly([1, 2, 3, 4, 5, 6, 7], 3)).toEqual([1, 4, 7]);
    expect(evenly([1, 2], 3)).toEqual([1, 2]);
    expect(evenly([1, 2], 1)).toEqual([1]);
  });
});
