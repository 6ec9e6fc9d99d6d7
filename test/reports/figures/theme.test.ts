import { describe, expect, it } from 'vitest';
import { styleSystems } from '../../../reports/figures/system-style.ts';
import { DARK, FIGURE_WIDTH_PX, HALF_PAGE_WIDTH_PT, LIGHT, TEXT_PX, darkCounterparts } from '../../../reports/figures/theme.ts';

type Triple = [number, number, number];

const rgb = (hex: string): Triple => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255) as Triple;
const linear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);

/** Contrast ratio of WCAG 2.2. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [r, g, bl] = rgb(hex).map(linear) as Triple;
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  };
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** Full dichromacy, on linear RGB: Machado, Oliveira and Fernandes, IEEE TVCG 15(6), 2009, table 1, severity 1. */
const VISION: Record<string, Triple[]> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

/** Distance in OKLab (B. Ottosson, 2020) × 100; 2 is about a just noticeable difference. */
function distance(a: string, b: string, vision: Triple[]): number {
  const lab = (hex: string): Triple => {
    const c = rgb(hex).map(linear);
    const [r, g, bl] = vision.map((row) => Math.min(1, Math.max(0, row[0] * c[0] + row[1] * c[1] + row[2] * c[2]))) as Triple;
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * bl);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * bl);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * bl);
    return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
  };
  const [x, y] = [lab(a), lab(b)];
  return 100 * Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

describe('theme', () => {
  for (const [name, palette] of [['light', LIGHT], ['dark', DARK]] as const) {
    it(`${name}: text has a contrast of 4.5 : 1 to the page, marks of 3 : 1`, () => {
      for (const text of [palette.text, palette.muted]) expect(contrast(text, palette.page)).toBeGreaterThanOrEqual(4.5);
      for (const mark of [...palette.systems, ...palette.parts, ...palette.places]) expect(contrast(mark, palette.page), mark).toBeGreaterThanOrEqual(2.95);
    });
    it(`${name}: any two systems differ for every kind of colour vision`, () => {
      for (const [kind, vision] of Object.entries(VISION)) {
        palette.systems.forEach((a, i) => { palette.systems.slice(0, i).forEach((b) => { expect(distance(a, b, vision), `${kind} ${a} ${b}`).toBeGreaterThan(5); }); });
      }
    });
    it(`${name}: neighbouring parts of a stack differ for every kind of colour vision`, () => {
      for (const [kind, vision] of Object.entries(VISION)) {
        palette.parts.slice(1).forEach((part, i) => { expect(distance(part, palette.parts[i], vision), `${kind} ${part}`).toBeGreaterThan(8); });
        palette.places.slice(1).forEach((place, i) => { expect(distance(place, palette.places[i], vision), `${kind} ${place}`).toBeGreaterThan(8); });
      }
    });
  }
  it('text is at least 7 pt when the figure is printed at half a page', () => {
    expect((TEXT_PX * HALF_PAGE_WIDTH_PT) / FIGURE_WIDTH_PX).toBeGreaterThanOrEqual(7);
  });
  it('each light colour has one dark counterpart', () => {
    const lights = darkCounterparts().map(([light]) => light.toLowerCase());
    expect(new Set(lights).size).toBe(lights.length);
  });
});

describe('style of systems', () => {
  const named = (names: string[]): { name: string; label: string }[] => names.map((name) => ({ name, label: name }));
  it('is the same in every study', () => {
    const alone = styleSystems(named(['p2p']))[0];
    const among = styleSystems(named(['central-disk', 'something-new', 'p2p', 'no-reuse'])).find((s) => s.name === 'p2p');
    expect(among).toEqual(alone);
  });
  it('never gives two systems the same colour, shape and dash', () => {
    const styles = styleSystems(named(['p2p', 'no-reuse', ...Array.from({ length: 14 }, (_, i) => `other-${i}`)]));
    expect(new Set(styles.map((s) => `${s.light} ${s.shape} ${s.dash.join()}`)).size).toBe(styles.length);
    expect(new Set(styles.slice(0, 8).map((s) => s.light)).size).toBe(8);
  });
  it('takes names that are also names of object properties', () => {
    expect(styleSystems(named(['constructor', '__proto__']))).toHaveLength(2);
  });
});
