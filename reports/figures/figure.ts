import { wrapText } from './font.ts';
import { type LegendItem, legendView } from './legend.ts';
import { type ChartSpec, drawSvg } from './render.ts';
import { withRowIds } from './row-ids.ts';
import { CHART_CONFIG, FIGURE_WIDTH_PX, HEADLINE_PX, LIGHT, TEXT_PX } from './theme.ts';

/** Kinds of figure, in the order of a report. The `figures` key of a config may name some of them. */
export const FIGURE_KINDS = ['metric', 'ttft-cdf', 'attribution', 'hit-rate', 'utilisation', 'heat-map', 'frontier', 'cost-performance', 'quality-frontier', 'hop-distribution', 'source-speedup', 'series'] as const;
export type FigureKind = (typeof FIGURE_KINDS)[number];

/** The numbers a figure draws, for readers who cannot or do not want to look. */
export interface FigureTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One chart, before it is fitted to its width and framed. */
export interface FigureDraft {
  /** File name without suffix, unique in a report. */
  readonly name: string;
  readonly kind: FigureKind;
  readonly headline: string;
  /** Under which settings, and what is drawn; '' where nothing needs saying. */
  readonly conditions: string;
  /** What the drawn intervals are, and over how many seeds. */
  readonly interval: string;
  /** What the chart shows, in one or two sentences with numbers: the text alternative. */
  readonly description: string;
  /** The chart as a Vega-Lite view (unit, layer or facet) whose plot is `plotWidthPx` wide; its data set is named `rows`. */
  readonly view: (plotWidthPx: number) => ChartSpec;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** For each row, the lines of its tooltip: what it is first, then its numbers. */
  readonly tips: readonly (readonly string[])[];
  readonly table: FigureTable;
  /** What the colours and shapes mean; empty where the axes say it. */
  readonly legend: readonly LegendItem[];
  /** Field of `rows` that a click on a legend entry filters by; absent where entries are not rows of their own. */
  readonly filterField?: string;
}

/** A chart that the data cannot fill, and why. */
export interface Omission {
  readonly name: string;
  readonly headline: string;
  readonly reason: string;
}

export interface Figure extends FigureDraft {
  /** Complete: headline, chart, caption. What `.vl.json`, SVG and PNG hold. */
  readonly spec: ChartSpec;
  /** SVG of the chart alone, its marks carrying their rows, for a page that sets headline, legend and caption itself. */
  readonly bareSvg: string;
  /** Caption with config hash, seeds and interval. */
  readonly caption: string;
}

export function isOmission(made: FigureDraft | Omission): made is Omission {
  return 'reason' in made;
}

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
const PADDING_PX = 8;
const TEXT_WIDTH_PX = FIGURE_WIDTH_PX - 2 * PADDING_PX;

/** Fits a draft to the figure width and frames it with its headline and caption. */
export async function finishFigure(draft: FigureDraft, provenance: string): Promise<Figure> {
  const caption = [draft.interval, provenance].filter((part) => part !== '').join(' · ');
  const bare = (plotWidthPx: number): ChartSpec => ({
    $schema: SCHEMA, description: draft.description, config: CHART_CONFIG, data: { name: 'rows', values: draft.rows }, ...draft.view(plotWidthPx),
  });
  const { plotWidthPx, leftPx, svg } = await fitPlot(bare);
  const title = {
    text: wrapText(draft.headline, TEXT_WIDTH_PX, HEADLINE_PX, true), lineHeight: 19, offset: 8,
    ...(draft.conditions === '' ? {} : { subtitle: wrapText(draft.conditions, TEXT_WIDTH_PX, TEXT_PX), subtitleLineHeight: 16, subtitlePadding: 4 }),
  };
  const view = draft.view(plotWidthPx);
  const spec: ChartSpec = {
    $schema: SCHEMA,
    description: draft.description,
    config: CHART_CONFIG,
    data: { name: 'rows', values: draft.rows },
    // A concatenation has two places for a title: the headline over its first view, the caption under the last.
    title: { text: wrapText(caption, TEXT_WIDTH_PX, TEXT_PX), orient: 'bottom', fontSize: TEXT_PX, fontWeight: 'normal', color: LIGHT.muted, lineHeight: 16, offset: 10 },
    spacing: 8,
    resolve: { scale: { color: 'independent', shape: 'independent', strokeDash: 'independent' } },
    vconcat: draft.legend.length === 0 ? [{ title, ...view }] : [{ title, ...legendView(draft.legend, TEXT_WIDTH_PX, leftPx) }, view],
  };
  return { ...draft, caption, spec, bareSvg: svg };
}

interface Fit {
  readonly plotWidthPx: number;
  /** From the left edge of axis titles to the plot. */
  readonly leftPx: number;
  /** The chart at that width. */
  readonly svg: string;
}

/** The plot width at which the whole chart, axes and padding included, is as wide as a figure. */
async function fitPlot(specOf: (plotWidthPx: number) => ChartSpec): Promise<Fit> {
  let plotWidthPx = 320;
  // Axis labels rarely change with the width, so the second try is nearly always exact.
  for (let tries = 1; ; tries++) {
    const picture = await drawSvg(withRowIds(specOf(plotWidthPx)));
    const next = Math.max(60, Math.floor(plotWidthPx + FIGURE_WIDTH_PX - picture.widthPx));
    if (next === plotWidthPx || tries === 4) return { plotWidthPx, leftPx: Math.max(0, picture.originXPx - PADDING_PX), svg: picture.svg };
    plotWidthPx = next;
  }
}
