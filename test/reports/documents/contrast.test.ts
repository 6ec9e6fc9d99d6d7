import { describe, expect, it } from 'vitest';
import { DARK, LIGHT } from '../../../reports/figures/theme.ts';
import { PAGE_DARK, PAGE_LIGHT } from '../../../reports/page/chart-style.ts';

/** Contrast ratio of WCAG 2.2, from relative luminance. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [r, g, blue] = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

describe.each([['light', { ...LIGHT, ...PAGE_LIGHT }], ['dark', { ...DARK, ...PAGE_DARK }]] as const)('colours of report and deck, %s', (_, palette) => {
  it.each([
    ['text', 'page'], ['muted', 'page'], ['link', 'page'], ['loss', 'page'], ['win', 'page'], ['text', 'panel'], ['muted', 'panel'], ['loss', 'panel'], ['win', 'panel'], ['link', 'panel'],
    // The bar that tells a source, and the notes, are set in the page's colours turned round.
    ['page', 'text'],
  ] as const)('%s on %s is at least 4.5 : 1', (ink, ground) => {
    expect(contrast(palette[ink], palette[ground])).toBeGreaterThanOrEqual(4.5);
  });

  it('marks of systems, parts and places, and the edges of buttons and inputs, are at least 3 : 1 to the page', () => {
    for (const mark of [...palette.systems, ...palette.parts, ...palette.places, palette.axis]) expect(contrast(mark, palette.page), mark).toBeGreaterThanOrEqual(3);
  });

  it('the outline of what has the focus is at least 3 : 1', () => {
    expect(contrast(palette.focus, palette.page)).toBeGreaterThanOrEqual(3);
  });
});
