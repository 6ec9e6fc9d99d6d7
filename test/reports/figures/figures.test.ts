import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { chooseFigures, isFigureName } from '../../../reports/figures/choose-figures.ts';
import { type Figure, type FigureDraft, type Omission, finishFigure, isOmission } from '../../../reports/figures/figure.ts';
import { FONT_FILES } from '../../../reports/figures/font.ts';
import { provenance } from '../../../reports/figures/figure-text.ts';
import { drawPng, drawSvg } from '../../../reports/figures/render.ts';
import { FIGURE_WIDTH_PX, HALF_PAGE_WIDTH_PT } from '../../../reports/figures/theme.ts';
import { REPLICAS, UPLINK, crossover, peersWin } from '../behaviours.ts';
import { FOUR_SYSTEMS, type SyntheticStudy } from '../synthetic-results.ts';
import { withSyntheticStudy } from '../synthetic-study.ts';

async function drafts(study: SyntheticStudy): Promise<{ drafts: (FigureDraft | Omission)[]; note: string }> {
  return withSyntheticStudy({ queriesPerTrial: 40, seeds: ['1', '2', '3'], ...study }, async (made) => ({ drafts: await chooseFigures(made), note: provenance(made) }));
}

/** Finished figures; with `only`, those of these names. */
async function figures(study: SyntheticStudy, only?: readonly string[]): Promise<Figure[]> {
  const made = await drafts(study);
  const wanted = made.drafts.filter((d): d is FigureDraft => !isOmission(d) && (only === undefined || only.includes(d.name)));
  return Promise.all(wanted.map((d) => finishFigure(d, made.note)));
}

/** What is drawn, in px of the figure: the box around everything but the page. */
function inkBox(svg: string): { x: number; y: number; width: number; height: number } {
  const bare = svg.replace(/<rect width="[\d.]+" height="[\d.]+" fill="#FFFFFF"\/>/, '');
  const box = new Resvg(bare, { font: { fontFiles: FONT_FILES, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans Condensed' } }).getBBox();
  if (box === undefined) throw new Error('nothing is drawn');
  return box;
}

const series = { timeS: Array.from({ length: 60 }, (_, i) => i), value: Array.from({ length: 60 }, (_, i) => 0.5 + 0.3 * Math.sin(i)) };

/** `drawn`: the figures that no other study of the list draws in the same way. */
const STUDIES: Record<string, { study: SyntheticStudy; names: string[]; drawn: string[] }> = {
  'one numeric key': { study: { sweep: [REPLICAS], behaviour: peersWin }, names: ['ttft-by-replicas', 'ttft-p99-by-replicas', 'ttft-cdf', 'ttft-attribution', 'hit-rate', 'utilisation'], drawn: ['ttft-by-replicas', 'ttft-cdf', 'ttft-attribution', 'hit-rate', 'utilisation'] },
  'one key of words': {
    study: { sweep: [{ key: 'compression', values: ['none', 'moderate', 'aggressive'], description: '' }], behaviour: (_, system) => peersWin({}, system) },
    names: ['ttft-by-compression', 'ttft-p99-by-compression', 'ttft-cdf', 'ttft-attribution', 'hit-rate', 'utilisation'],
    drawn: ['ttft-by-compression'],
  },
  'two keys': {
    study: { sweep: [UPLINK, REPLICAS], behaviour: crossover },
    names: ['ttft-by-up-and-replicas', 'ttft-p99-by-up', 'ttft-cdf', 'ttft-attribution', 'hit-rate', 'utilisation', 'ttft-break-even-by-up-and-replicas'],
    drawn: ['ttft-by-up-and-replicas', 'ttft-break-even-by-up-and-replicas'],
  },
  'no sweep, faults and time lines': {
    study: { config: 'faults:\n  - { at: 20s, crash: [1], for: 10s }\n', behaviour: (_, system) => ({ ...peersWin({}, system), series: { hitRate: series } }) },
    names: ['ttft-by-system', 'ttft-p99-by-system', 'ttft-cdf', 'ttft-attribution', 'hit-rate', 'utilisation', 'over-time-hit-rate'],
    drawn: ['ttft-by-system', 'ttft-cdf', 'utilisation', 'over-time-hit-rate'],
  },
  'a swept request rate': {
    study: { sweep: [{ key: 'workload.rate', values: ['1/s', '4/s'], description: '' }], behaviour: (_, system) => peersWin({}, system) },
    names: ['ttft-by-rate', 'ttft-p99-by-rate', 'ttft-cdf', 'ttft-attribution', 'hit-rate', 'utilisation', 'frontier-ttft-p99-throughput-rps'],
    drawn: ['frontier-ttft-p99-throughput-rps'],
  },
};

describe.each(Object.entries(STUDIES))('figures of a study with %s', (_, { study, names, drawn }) => {
  it('are chosen from the sweep', async () => {
    expect((await drafts(study)).drafts.filter((d) => !isOmission(d)).map((d) => d.name)).toEqual(names);
  });
  it('are drawn whole, at one width, in type of at least 7 pt', async () => {
    const made = await figures(study, drawn);
    expect(made).toHaveLength(drawn.length);
    for (const figure of made) {
      const { svg, widthPx, heightPx } = await drawSvg(figure.spec);
      expect(Math.abs(widthPx - FIGURE_WIDTH_PX), figure.name).toBeLessThanOrEqual(2);
      const box = inkBox(svg);
      expect(box.x, `${figure.name}: cut at the left`).toBeGreaterThanOrEqual(0);
      expect(box.y, `${figure.name}: cut at the top`).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width, `${figure.name}: cut at the right`).toBeLessThanOrEqual(widthPx);
      expect(box.y + box.height, `${figure.name}: cut at the bottom`).toBeLessThanOrEqual(heightPx);
      const sizes = Array.from(svg.matchAll(/font-size="([\d.]+)px"/g), (match) => Number(match[1]));
      expect(sizes.length).toBeGreaterThan(3);
      expect((Math.min(...sizes) * HALF_PAGE_WIDTH_PT) / widthPx, figure.name).toBeGreaterThanOrEqual(6.99);
      expect(/NaN|undefined|Infinity/.test(svg), 'a number that is none').toBe(false);
      expect(figure.caption).toContain('3f9a1c77e0d2');
      expect(figure.caption).toContain('1–3');
      expect(figure.tips).toHaveLength(figure.rows.length);
      for (const row of figure.table.rows) expect(row).toHaveLength(figure.table.head.length);
    }
  });
});

describe('figures', () => {
  it('are the same bytes whatever was drawn before', async () => {
    const [first] = await figures({ sweep: [REPLICAS], behaviour: peersWin, figures: ['ttft-cdf'] });
    const before = await drawSvg(first.spec);
    await figures({ behaviour: peersWin, figures: ['utilisation'] });
    const [second] = await figures({ sweep: [REPLICAS], behaviour: peersWin, figures: ['ttft-cdf'] });
    const after = await drawSvg(second.spec);
    expect(after.svg === before.svg).toBe(true);
    expect(Buffer.from(drawPng(after.svg)).equals(Buffer.from(drawPng(before.svg)))).toBe(true);
    expect(JSON.stringify(second.spec) === JSON.stringify(first.spec)).toBe(true);
  });
  it('draw intervals, and say so where one seed gives none', async () => {
    const [many] = await figures({ sweep: [REPLICAS], behaviour: peersWin, figures: ['ttftMeanMs'] });
    expect(many.caption).toMatch(/Mean of 3 seeds, 95.% t.intervals/);
    expect(many.rows.every((r) => typeof r['low'] === 'number')).toBe(true);
    const [one] = await figures({ sweep: [REPLICAS], behaviour: peersWin, seeds: ['1'], figures: ['ttftMeanMs'] });
    expect(one.caption).toContain('One seed, so no interval');
    expect(one.rows.every((r) => r['low'] === null)).toBe(true);
  });
  it('say where systems lie on top of each other', async () => {
    const [figure] = await figures({ sweep: [REPLICAS], noise: 0, behaviour: () => ({ parts: { prefill: 100 } }), figures: ['ttftMeanMs'] });
    expect(figure.conditions).toContain('No reuse, Central disk, Central memory and P2P-RAGCache coincide.');
  });
  it('and systems that are merely close on a logarithmic axis do not', async () => {
    const means: Record<string, number> = { 'no-reuse': 200, 'central-disk': 40_000, 'central-memory': 200, p2p: 230 };
    const [figure] = await figures({ sweep: [REPLICAS], noise: 0, behaviour: (_, system) => ({ parts: { prefill: means[system] } }), figures: ['ttftMeanMs'] });
    expect(figure.conditions).toContain('No reuse and Central memory coincide.');
    expect(figure.conditions).not.toContain('P2P-RAGCache');
  });
  it('mark swept values as they are, evenly spaced or not', async () => {
    const [figure] = await figures({ sweep: [{ key: 'cluster.ssd.capacity', values: ['16GiB', '32GiB', '64GiB'], description: '' }], behaviour: (_, system) => peersWin({}, system), figures: ['ttftMeanMs'] });
    const { svg } = await drawSvg(figure.spec);
    for (const text of ['16', '32', '64']) expect(svg).toContain(`>${text}</text>`);
  });
  it('draw an interval that goes below zero down from its mean on a logarithmic axis', async () => {
    const [figure] = await figures({
      sweep: [REPLICAS], noise: 0, seeds: ['1', '2'], figures: ['ttftMeanMs'], systems: FOUR_SYSTEMS.slice(0, 2),
      behaviour: (_, system, seed) => ({ parts: { prefill: system === 'no-reuse' ? 10 : seed === '1' ? 100 : 2000 } }),
    });
    expect(figure.rows.some((r) => Number(r['low']) < 0)).toBe(true);
    const { svg } = await drawSvg(figure.spec);
    const rules = Array.from(svg.matchAll(/<line [^>]*translate\([\d.]+,([\d.]+)\)" x2="0" y2="(-?[\d.]+)" stroke="#\w+" stroke-width="1.5"/g), (m) => [Number(m[1]), Number(m[1]) + Number(m[2])]);
    const whiskers = rules.filter(([from, to]) => from !== to);
    expect(whiskers.length).toBeGreaterThan(0);
    // The plot is 230 px high, and the mean of a wide interval stands in its upper half.
    for (const ends of whiskers) expect(Math.max(...ends)).toBeGreaterThan(115);
  });
  it('of constant and of zero data are still charts', async () => {
    for (const prefill of [100, 0]) {
      const made = await figures({ sweep: [REPLICAS], noise: 0, behaviour: () => ({ parts: { prefill } }), queriesPerTrial: 10, figures: ['ttftMeanMs', 'ttft-cdf', 'hit-rate'] });
      expect(made).toHaveLength(3);
      for (const figure of made) expect(/NaN|undefined|Infinity/.test((await drawSvg(figure.spec)).svg)).toBe(false);
    }
  });
  it('that no data can fill are left out with a reason', async () => {
    const made = await drafts({ queriesPerTrial: 0, behaviour: () => ({ parts: {} }), figures: ['metric', 'ttft-cdf', 'attribution', 'utilisation', 'heat-map', 'frontier', 'series', 'nonsense'] });
    for (const draft of made.drafts) expect(isOmission(draft), draft.name).toBe(true);
    expect(made.drafts.map((d) => (isOmission(d) ? d.reason : ''))).toEqual(expect.arrayContaining(['no trial reports Mean TTFT', 'no trial saved its queries', 'it takes two swept keys', 'no trial saved a time line']));
  });
  it('can be named in the config: by kind or by metric', async () => {
    const made = await drafts({ sweep: [REPLICAS], behaviour: peersWin, figures: ['utilisation', 'e2eMeanMs', 'utilisation'] });
    expect(made.drafts.map((d) => d.name)).toEqual(['utilisation', 'e2e-by-replicas']);
    expect([isFigureName('ttft-cdf'), isFigureName('ttftP99Ms'), isFigureName('auto'), isFigureName('toString')]).toEqual([true, true, false, false]);
  });
  it('draw stacks that differ too much as shares', async () => {
    const slow = (system: string): number => (system === 'no-reuse' ? 60_000 : 100);
    const [figure] = await figures({ behaviour: (_, system) => ({ parts: { queueing: slow(system), prefill: 50 } }), figures: ['attribution'] });
    expect(figure.conditions).toContain('as shares');
    const ends = FOUR_SYSTEMS.map(({ label }) => Math.max(...figure.rows.filter((r) => r['system'] === label && r['lane'] === 'part').map((r) => Number(r['end']))));
    for (const end of ends) expect(end).toBeCloseTo(100, 3);
  });
  it('of a TTFT split add up to the TTFT', async () => {
    const [figure] = await figures({ behaviour: (_, system) => peersWin({}, system), figures: ['attribution'] });
    for (const { label } of FOUR_SYSTEMS) {
      const parts = figure.rows.filter((r) => r['system'] === label && r['lane'] === 'part');
      const total = figure.rows.find((r) => r['system'] === label && r['lane'] === 'total')!;
      expect(Number(parts.at(-1)!['end'])).toBeCloseTo(Number(total['end']), 2);
      expect(Number(total['low'])).toBeLessThan(Number(total['end']));
    }
  });
  it('mark on a break-even map what is not clear', async () => {
    const [figure] = await figures({ sweep: [UPLINK, REPLICAS], behaviour: crossover, figures: ['heat-map'] });
    const at = (x: string): string => String(figure.rows.find((r) => r['x'] === x)!['text']);
    expect(Number(at('10\u00A0Gbps'))).toBeGreaterThan(1);
    expect(Number(at('100\u00A0Gbps'))).toBeLessThan(1);
    const [same] = await figures({ sweep: [UPLINK, REPLICAS], behaviour: () => ({ parts: { queueing: 100 } }), figures: ['heat-map'] });
    expect(same.rows.some((r) => String(r['text']).endsWith('?'))).toBe(true);
  });
});
