import { type Comparison, baselines, compare, subjects } from '../summary/comparisons.ts';
import { capital, formatNumber, formatRange, joinWords, roundSignificant } from '../study/number-format.ts';
import { type Study, bySeed, heldSettings, slice } from '../study/study.ts';
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

const FRONTIER = '#B0006D';
/** More combinations of further variables than this are not drawn: they are held. */
const MOST_PANELS = 6;

/** Where the closed form puts the break-even in one row of one panel, in cells from the left. */
interface Mark {
  readonly place: string;
  readonly position: number;
}

interface Row extends Readonly<Record<string, unknown>> {
  readonly x: string;
  readonly y: string;
  readonly panel: string;
  readonly ratio: number;
  readonly shade: number;
  readonly text: string;
  readonly ink: string;
  readonly baseline: string;
  /** Names the row of its panel. */
  readonly place: string;
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
  const others = study.variables.filter((v) => v !== x && v !== y);
  const panelled = others.reduce((count, v) => count * v.values.length, ours.length) <= MOST_PANELS ? others : [];
  const found = slice(study, [x, y, ...panelled]).flatMap((cell) => ours.flatMap((system) => {
    const best = baselines(study).flatMap((baseline) => compare(study, system, baseline, cell, 'ttftMeanMs') ?? [])
      .reduce<Comparison | undefined>((a, b) => (a === undefined || b.ratio.estimate > a.ratio.estimate ? b : a), undefined);
    return best === undefined || !(best.ratio.estimate > 0) ? [] : [best];
  }));
  if (found.length === 0) return { name, headline, reason: 'no trial reports the mean TTFT' };

  const rows = found.map((c): Row => {
    const log2 = Math.log(c.ratio.estimate) / Math.LN2;
    const shade = roundSignificant(Math.max(-1, Math.min(1, log2 / FULL_COLOUR_LOG2)), 4);
    return {
      x: valueText(x, c.cell[x.key]), y: valueText(y, c.cell[y.key]), panel: panelOf(c, ours.length > 1, panelled), ratio: roundSignificant(c.ratio.estimate),
      shade, text: `${formatNumber(c.ratio.estimate, 2)}${c.verdict === 'unclear' ? '?' : ''}`,
      // Not the inks of the theme: cells keep their colours in dark mode, and so must the text on them.
      ink: shade < -0.93 ? '#FFFFFE' : '#101215', baseline: c.baseline.label,
      place: placeOf(c, y, ours.length > 1, panelled),
    };
  });
  const held = heldSettings(study, [x, y, ...panelled]);
  const frontier = frontierMarks(study, x, found, rows);
  const panels = [...new Set(rows.map((r) => r.panel))];
  const wins = found.filter((c) => c.verdict === 'better').length;
  const losses = found.filter((c) => c.verdict === 'worse').length;
  return {
    name, kind: 'heat-map', headline, rows,
    legend: [
      { label: 'Peer to peer faster', colour: FASTER, shape: 'square' }, { label: 'slower', colour: SLOWER, shape: 'square' },
      ...(frontier.length === 0 ? [] : [{ label: 'break-even by bytes and prefill time', colour: FRONTIER, shape: 'square' as const }]),
    ],
    conditions: [
      `Mean TTFT of ${joinWords(ours.map((s) => s.label))} ÷ that of the best baseline in the cell.`, held === '' ? '' : `At ${held}.`,
      found.some((c) => c.verdict === 'unclear') ? '“?”: the interval does not exclude 1.' : '',
    ].filter((s) => s !== '').join(' '),
    interval: `Paired on ${study.manifest.seeds.length} seed${study.manifest.seeds.length === 1 ? '' : 's'}`,
    description: `Grid of ${rows.length} cells: peer to peer is faster than every baseline in ${wins}, slower than the best in ${losses}, without a clear answer in ${found.length - wins - losses}.`,
    view: (plotWidthPx) => view(x, y, rows, frontier, panels.length > 1 ? panels : [], plotWidthPx),
    tips: found.map((c) => [c.system.label, settingTitle(x, c.cell[x.key]), settingTitle(y, c.cell[y.key]), `${formatNumber(c.ratio.estimate)} × the TTFT of ${c.baseline.label}`, ...intervalTip(c.ratio.low, c.ratio.high, '')]),
    table: {
      head: [capital(x.label), capital(y.label), 'System', 'Best baseline', 'TTFT ratio', '95 % interval'],
      rows: found.map((c) => [
        valueText(x, c.cell[x.key]), valueText(y, c.cell[y.key]), c.system.label, c.baseline.label, formatNumber(c.ratio.estimate), formatRange(c.ratio.low, c.ratio.high, ''),
      ]),
    },
  };
}

function view(x: SweptVariable, y: SweptVariable, rows: readonly Row[], frontier: readonly Mark[], panels: readonly string[], plotWidthPx: number): ChartSpec {
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
      // A layer each: an offset within a column is a property of the mark, not of the data.
      ...frontier.map(({ place, position }) => {
        const column = Math.min(columns.length - 1, Math.floor(position));
        return {
          transform: [{ filter: `datum.place === ${JSON.stringify(place)} && datum.x === ${JSON.stringify(columns[column])}` }],
          mark: { type: 'tick', color: FRONTIER, thickness: 4, size: 28, orient: 'vertical', xOffset: roundSignificant(((position - column - 0.5) * plotWidthPx) / columns.length, 4) },
        };
      }),
      ...(fits ? [{ mark: { type: 'text', fontSize: TEXT_PX }, encoding: { text: { field: 'text' }, color: { field: 'ink', type: 'nominal', scale: null } } }] : []),
    ],
    resolve: { scale: { color: 'independent' } },
  };
  if (panels.length === 0) return chart;
  return { facet: { field: 'panel', type: 'nominal', sort: panels, header: { title: null, labelLimit: plotWidthPx } }, columns: 1, spacing: 14, spec: chart };
}

function panelOf({ system, cell }: Comparison, namesSystem: boolean, panelled: readonly SweptVariable[]): string {
  return [...(namesSystem ? [system.label] : []), ...panelled.map((v) => settingTitle(v, cell[v.key]))].join(' · ');
}

function placeOf(comparison: Comparison, y: SweptVariable, namesSystem: boolean, panelled: readonly SweptVariable[]): string {
  return `${panelOf(comparison, namesSystem, panelled)}/${valueText(y, comparison.cell[y.key])}`;
}

/** The analytic break-even link rate of each row, between the columns of link rates, in proportion to their logarithms. */
function frontierMarks(study: Study, x: SweptVariable, found: readonly Comparison[], rows: readonly Row[]): Mark[] {
  const rates = x.values.flatMap((v) => ('number' in v ? [v.number] : []));
  if (!['network.down', 'network.up'].includes(x.key) || x.unit !== 'Gbps' || rates.length < 2) return [];
  const marks = new Map<string, Mark>();
  found.forEach((comparison, i) => {
    const { place } = rows[i];
    const values = [...bySeed(study, comparison.cell, comparison.system.name, 'breakEvenGbps').values()];
    if (marks.has(place) || values.length === 0) return;
    const rate = values.reduce((sum, each) => sum + each, 0) / values.length;
    const above = rates.findIndex((each) => each > rate);
    if (above <= 0) return;
    const [low, high] = [rates[above - 1], rates[above]];
    marks.set(place, { place, position: roundSignificant(above - 0.5 + Math.log(rate / low) / Math.log(high / low), 5) });
  });
  return [...marks.values()];
}
