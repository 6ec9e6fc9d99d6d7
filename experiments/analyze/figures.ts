/** The analysis as charts: hits by size of cache, uses by rank, hits by number of nodes. */
import { tokenHitRate } from '../../workloads/analysis/leading-hits.ts';
import type { TraceAnalysis } from '../../workloads/analysis/trace-analysis.ts';
import { finishFigure } from '../../reports/figures/figure.ts';
import type { Figure, FigureDraft } from '../../reports/figures/figure.ts';
import type { LegendItem } from '../../reports/figures/legend.ts';
import type { ChartSpec } from '../../reports/figures/render.ts';
import { axisChannel, linearScale, logScale } from '../../reports/figures/scales.ts';
import type { AxisScale } from '../../reports/figures/scales.ts';
import { LIGHT } from '../../reports/figures/theme.ts';
import { roundSignificant } from '../../reports/study/number-format.ts';
import { bytesText, countText, percentText } from './number-text.ts';
import type { Setting } from './words.ts';

type Row = Readonly<Record<string, string | number>>;

const PLOT_HEIGHT_PX = 230;
const GIB = 1_073_741_824;

/** Charts of what the trace allows; none without block hashes. */
export async function drawFigures(analysis: TraceAnalysis, setting: Setting, provenance: string): Promise<Figure[]> {
  const drafts = [cacheSizeFigure(analysis, setting), popularityFigure(analysis), nodesFigure(analysis)];
  const figures: Figure[] = [];
  for (const draft of drafts) if (draft !== undefined) figures.push(await finishFigure(draft, provenance));
  return figures;
}

interface Line {
  readonly label: string;
  readonly colour: string;
  readonly shape: string;
  readonly dash: readonly number[];
  /** Points are marked as well as joined. */
  readonly points: boolean;
}

const FIRST: Line = { label: '', colour: LIGHT.systems[0], shape: 'circle', dash: [1, 0], points: false };
const SECOND: Line = { label: '', colour: LIGHT.systems[1], shape: 'square', dash: [6, 3], points: false };
const THIRD: Line = { label: '', colour: LIGHT.systems[2], shape: 'triangle-up', dash: [2, 2], points: false };

function linesView(lines: readonly Line[], x: object, y: object): (plotWidthPx: number) => ChartSpec {
  const domain = lines.map(({ label }) => label);
  const channel = (field: 'colour' | 'shape' | 'dash'): object => ({ field: 'line', type: 'nominal', legend: null, scale: { domain, range: lines.map((line) => line[field]) } });
  const pointed = lines.filter(({ points }) => points).map(({ label }) => label);
  return (plotWidthPx) => ({
    width: plotWidthPx,
    height: PLOT_HEIGHT_PX,
    encoding: { x, y },
    layer: [
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { color: channel('colour'), strokeDash: channel('dash') } },
      ...(pointed.length === 0
        ? []
        : [{ transform: [{ filter: { field: 'line', oneOf: pointed } }], mark: { type: 'point', filled: true, size: 60, opacity: 1 }, encoding: { color: channel('colour'), shape: channel('shape') } }]),
    ],
  });
}

function legendOf(lines: readonly Line[]): LegendItem[] {
  return lines.length < 2 ? [] : lines.map(({ label, colour, shape, dash }) => ({ label, colour, shape, dash }));
}

/** What a figure says of its numbers: as a table, and for each row as the lines of a tooltip. `columns` are heads by key. */
function numbersOf(rows: readonly Row[], columns: Readonly<Record<string, string>>): Pick<FigureDraft, 'rows' | 'table' | 'tips'> {
  const keys = Object.keys(columns);
  return {
    rows,
    table: { head: Object.values(columns), rows: rows.map((row) => keys.map((key) => String(row[key]))) },
    tips: rows.map((row) => keys.map((key) => (key === 'line' ? String(row[key]) : `${columns[key]}: ${row[key]}`))),
  };
}

function cacheSizeFigure(analysis: TraceAnalysis, { kvBytesPerToken, model }: Setting): FigureDraft | undefined {
  const curve = analysis.missRatioCurve;
  if (curve.length < 2) return undefined;
  const best = 1 - curve.at(-1)!.missRatio;
  // The flat beginning of the curve would take most of a logarithmic axis.
  const drawn = curve.filter(({ missRatio }) => 1 - missRatio >= 0.005 * best);
  const rows = drawn.map(({ capacityTokens, missRatio }): Row => ({ line: 'LRU', gib: roundSignificant((capacityTokens * kvBytesPerToken) / GIB), hit: roundSignificant(100 * (1 - missRatio)) }));
  const sizes = rows.map(({ gib }) => gib as number);
  const lines = [{ ...FIRST, label: 'LRU' }];
  return {
    name: 'hits-by-cache-size',
    kind: 'series',
    headline: 'Hit rate by size of cache',
    conditions: `One LRU cache for all requests; KV of ${model}.`,
    interval: 'Exact for this trace',
    description: `Hits rise with the size of an LRU cache to ${percentText(best)} of tokens at ${bytesText(analysis.distinctTokens * kvBytesPerToken)}.`,
    ...numbersOf(rows, { gib: 'Cache (GiB)', hit: 'Tokens hit (%)' }),
    legend: [],
    view: linesView(
      lines,
      { field: 'gib', type: 'quantitative', ...axisChannel(logScale(Math.min(...sizes), Math.max(...sizes)), 'Cache (GiB)') },
      { field: 'hit', type: 'quantitative', ...axisChannel(linearScale(0, Math.max(10, 100 * best)), 'Tokens hit (%)') },
    ),
  };
}

function popularityFigure(analysis: TraceAnalysis): FigureDraft | undefined {
  const { rankUses, zipf, reuse } = analysis;
  if (zipf === undefined || rankUses.length < 2) return undefined;
  const what = reuse === 'chunk' ? 'chunk' : 'block';
  const counted = rankUses.map(({ rank, uses }): Row => ({ line: 'counted', rank, uses }));
  const normaliser = zipf.uses / sumOfPowers(zipf.exponent, zipf.ranks);
  const fitted = rankUses
    .map(({ rank }): Row => ({ line: 'fitted', rank, uses: roundSignificant(normaliser * Math.exp(-zipf.exponent * Math.log(rank))) }))
    .filter(({ uses }) => (uses as number) >= 0.5);
  const rows = [...counted, ...fitted];
  const uses = rows.map((row) => row['uses'] as number);
  const fittedLabel = `Zipf, exponent ${zipf.exponent.toFixed(2)}`;
  const lines = [{ ...FIRST, label: 'counted' }, { ...SECOND, label: 'fitted' }];
  return {
    name: 'uses-by-rank',
    kind: 'series',
    headline: `Uses of each ${what}, by rank`,
    conditions: '',
    interval: `Exact for this trace; shares differ from the fit by up to ${percentText(zipf.ksDistance)}`,
    description: `The most used ${what} is used ${countText(rankUses[0].uses)} times; the Zipf law fitted to all ${countText(zipf.ranks)} has exponent ${zipf.exponent.toFixed(2)}.`,
    ...numbersOf(rows, { line: 'Line', rank: 'Rank', uses: 'Uses' }),
    legend: legendOf(lines).map((item) => (item.label === 'fitted' ? { ...item, label: fittedLabel } : item)),
    view: linesView(
      lines,
      { field: 'rank', type: 'quantitative', ...axisChannel(fromOne(logScale(1, zipf.ranks)), `Rank of the ${what}`) },
      { field: 'uses', type: 'quantitative', ...axisChannel(logScale(Math.min(...uses), Math.max(...uses)), 'Uses') },
    ),
  };
}

/** The scale without the room before 1 that ranks never use. */
function fromOne(scale: AxisScale): AxisScale {
  return { ...scale, domain: [1, scale.domain[1]], ticks: scale.ticks.filter((tick) => tick >= 1) };
}

/** Σ r^−s for r = 1 … n. */
function sumOfPowers(s: number, n: number): number {
  let sum = 0;
  for (let rank = 1; rank <= n; rank++) sum += Math.exp(-s * Math.log(rank));
  return sum;
}

function nodesFigure(analysis: TraceAnalysis): FigureDraft | undefined {
  const { nodes, reuse } = analysis;
  if (nodes.length < 2 || reuse === 'none') return undefined;
  const shared: Line = { ...FIRST, label: 'shared cache', points: true };
  const own: Line = { ...SECOND, label: 'own caches', points: true };
  const session: Line = { ...THIRD, label: 'own, by session', points: true };
  const point = (line: Line, count: number, hits: number): Row => ({ line: line.label, nodes: count, hit: roundSignificant(100 * hits) });
  const rows = nodes.flatMap(({ nodes: count, shared: all, independent, bySession }) => [
    point(shared, count, tokenHitRate(all)),
    point(own, count, tokenHitRate(independent)),
    ...(bySession === undefined ? [] : [point(session, count, tokenHitRate(bySession))]),
  ]);
  const lines = nodes.some(({ bySession }) => bySession !== undefined) ? [shared, own, session] : [shared, own];
  const counts = nodes.map(({ nodes: count }) => count);
  const most = Math.max(10, ...rows.map((row) => row['hit'] as number));
  return {
    name: 'hits-by-nodes',
    kind: 'series',
    headline: 'Hit rate with own and with shared caches',
    conditions: analysis.capacityTokensPerNode === undefined ? 'Unbounded caches, requests dealt out in turn.' : 'The shared cache has the capacity of all nodes together.',
    interval: 'Exact for this trace',
    description: `With ${countText(counts.at(-1)!)} nodes, own caches hit ${percentText(tokenHitRate(nodes.at(-1)!.independent))} of tokens and a shared one ${percentText(tokenHitRate(nodes.at(-1)!.shared))}.`,
    ...numbersOf(rows, { line: 'Caches', nodes: 'Nodes', hit: 'Tokens hit (%)' }),
    legend: legendOf(lines),
    view: linesView(
      lines,
      { field: 'nodes', type: 'quantitative', ...axisChannel({ log: true, domain: [0.94 * Math.min(...counts), 1.06 * Math.max(...counts)], ticks: counts }, 'Nodes') },
      { field: 'hit', type: 'quantitative', ...axisChannel(linearScale(0, most), 'Tokens hit (%)') },
    ),
  };
}
