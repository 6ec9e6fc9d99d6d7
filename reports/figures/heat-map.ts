import { type Comparison, baselines, compare, subjects } from '../summary/comparisons.ts';
import { capital, formatNumber, formatRange, joinWords, roundSignificant } from '../study/number-format.ts';
import { type Study, heldSettings, slice } from '../study/study.ts';
import { type SweptVariable, settingTitle, valueText } from '../study/swept-variable.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalTip } from './figure-text.ts';
import { textWidthPx } from './font.ts';
import type { ChartSpec } from './render.ts';
import { TEXT_PX } from './theme.ts';

/** Two logarithms each way: a ratio of a quarter or of four has the full colour. */
const FULL_COLOUR_LOG2 = 2;
/** From blue (faster) over white to orange (slower): lightness falls the same way on both sides, so it reads without hue. */
const FASTER = '#2C6FB3';
const EVEN = '#F7F7F7';
const SLOWER = '#D9730D';

interface Row extends Readonly<Record<string, unknown>> {
  readonly x: string;
  readonly y: string;
  readonly panel: string;
  readonly ratio: number;
  readonly shade: number;
  readonly text: string;
  readonly ink: string;
  readonly baseline: string;
}

/**
 * Break-even map over two swept variables: mean TTFT of a peer-to-peer system ÷ that of the best baseline of each cell.
 * A ratio whose paired 95 % interval holds no clear answer carries a question mark.
 */
export function heatMap(study: Study, x: SweptVariable, y: SweptVariable): FigureDraft | Omission {
  const name = `ttft-break-even-by-${x.slug}-and-${y.slug}`;
  const headline = `Break-even by ${x.label} and ${y.label}`;
  const ours = subjects(study);
  if (ours.length === 0 || baselines(study).length === 0) return { name, headline, reason: 'it takes a peer-to-peer system and a baseline' };
  const found = slice(study, [x, y]).flatMap((cell) => ours.flatMap((system) => {
    const best = baselines(study).flatMap((baseline) => compare(study, system, baseline, cell, 'ttftMeanMs') ?? [])
      .reduce<Comparison | undefined>((a, b) => (a === undefined || b.ratio.estimate > a.ratio.estimate ? b : a), undefined);
    return best === undefined || !(best.ratio.estimate > 0) ? [] : [best];
  }));
  if (found.length === 0) return { name, headline, reason: 'no trial reports the mean TTFT' };

  const rows = found.map((c): Row => {
    const log2 = Math.log(c.ratio.estimate) / Math.LN2;
    const shade = roundSignificant(Math.max(-1, Math.min(1, log2 / FULL_COLOUR_LOG2)), 4);
    return {
      x: valueText(x, c.cell[x.key]), y: valueText(y, c.cell[y.key]), panel: c.system.label, ratio: roundSignificant(c.ratio.estimate),
      shade, text: `${formatNumber(c.ratio.estimate, 2)}${c.verdict === 'unclear' ? '?' : ''}`,
      // Not the inks of the theme: cells keep their colours in dark mode, and so must the text on them.
      ink: shade < -0.93 ? '#FFFFFE' : '#101215', baseline: c.baseline.label,
    };
  });
  const held = heldSettings(study, [x, y]);
  const wins = found.filter((c) => c.verdict === 'better').length;
  const losses = found.filter((c) => c.verdict === 'worse').length;
  return {
    name, kind: 'heat-map', headline, rows,
    legend: [
      { label: 'Peer to peer faster', colour: FASTER, shape: 'square' }, { label: 'slower', colour: SLOWER, shape: 'square' },
    ],
    conditions: [
      `Mean TTFT of ${joinWords(ours.map((s) => s.label))} ÷ that of the best baseline in the cell.`, held === '' ? '' : `At ${held}.`,
      found.some((c) => c.verdict === 'unclear') ? '“?”: the interval does not exclude 1.' : '',
    ].filter((s) => s !== '').join(' '),
    interval: `Paired on ${study.manifest.seeds.length} seed${study.manifest.seeds.length === 1 ? '' : 's'}`,
    description: `Grid of ${rows.length} cells: peer to peer is faster than every baseline in ${wins}, slower than the best in ${losses}, without a clear answer in ${found.length - wins - losses}.`,
    view: (plotWidthPx) => view(x, y, rows, ours.length > 1 ? ours.map((s) => s.label) : [], plotWidthPx),
    tips: found.map((c) => [c.system.label, settingTitle(x, c.cell[x.key]), settingTitle(y, c.cell[y.key]), `${formatNumber(c.ratio.estimate)} × the TTFT of ${c.baseline.label}`, ...intervalTip(c.ratio.low, c.ratio.high, '')]),
    table: {
      head: [capital(x.label), capital(y.label), 'System', 'Best baseline', 'TTFT ratio', '95 % interval'],
      rows: found.map((c) => [
        valueText(x, c.cell[x.key]), valueText(y, c.cell[y.key]), c.system.label, c.baseline.label, formatNumber(c.ratio.estimate), formatRange(c.ratio.low, c.ratio.high, ''),
      ]),
    },
  };
}

function view(x: SweptVariable, y: SweptVariable, rows: readonly Row[], panels: readonly string[], plotWidthPx: number): ChartSpec {
  const drawn = (variable: SweptVariable, field: 'x' | 'y'): string[] => variable.values.map((v) => v.text).filter((text) => rows.some((r) => r[field] === text));
  const columns = drawn(x, 'x');
  const crowded = columns.some((text) => textWidthPx(text, TEXT_PX) > plotWidthPx / columns.length - 4);
  const title = (variable: SweptVariable): string => capital(variable.label);
  const fits = plotWidthPx / columns.length > Math.max(...rows.map((r) => textWidthPx(r.text, TEXT_PX)));
  const chart = {
    width: plotWidthPx,
    height: { step: 30 },
    encoding: {
      x: { field: 'x', type: 'nominal', sort: columns, title: title(x), axis: { labelAngle: crowded ? -35 : 0, labelLimit: crowded ? 110 : 0, labelOverlap: false, ticks: false, domain: false } },
      // Numbers rise upwards, as on any axis.
      y: { field: 'y', type: 'nominal', sort: y.numeric ? drawn(y, 'y').reverse() : drawn(y, 'y'), title: title(y), axis: { labelLimit: 130, grid: false } },
    },
    layer: [
      {
        mark: { type: 'rect', stroke: '#FFFFFF', strokeWidth: 1.5 },
        encoding: {
          color: { field: 'shade', type: 'quantitative', scale: { domain: [-1, 0, 1], range: [FASTER, EVEN, SLOWER], interpolate: 'lab' }, legend: null },
          tooltip: [
            { field: 'x', title: title(x), type: 'nominal' }, { field: 'y', title: title(y), type: 'nominal' }, { field: 'panel', title: 'System', type: 'nominal' },
            { field: 'baseline', title: 'Best baseline', type: 'nominal' }, { field: 'ratio', title: 'TTFT ratio', type: 'quantitative', format: ',.3~r' },
          ],
        },
      },
      ...(fits ? [{ mark: { type: 'text', fontSize: TEXT_PX }, encoding: { text: { field: 'text' }, color: { field: 'ink', type: 'nominal', scale: null } } }] : []),
    ],
    resolve: { scale: { color: 'independent' } },
  };
  if (panels.length === 0) return chart;
  return { facet: { field: 'panel', type: 'nominal', sort: panels, header: { title: null, labelLimit: plotWidthPx } }, columns: 1, spacing: 14, spec: chart };
}
