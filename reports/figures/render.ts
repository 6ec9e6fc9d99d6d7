import { Resvg } from '@resvg/resvg-js';
import * as vega from 'vega';
import { compile } from 'vega-lite';
import type { TopLevelSpec } from 'vega-lite';
import { FONT_FAMILY, FONT_FILES, textWidthPx } from './font.ts';

/** A Vega-Lite specification, as plain JSON. */
export type ChartSpec = Readonly<Record<string, unknown>>;

export interface Picture {
  readonly svg: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Where the origin of the first plot lies, from the left edge. */
  readonly originXPx: number;
}

interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
  /** Width from which the text is cut, in px; 0 or absent where it is not. */
  readonly limit?: number;
}

/** vega measures text on a canvas where it finds one, and guesses elsewhere; this gives it the true widths everywhere. */
interface TextMetrics {
  width: (item: TextItem, text: string) => number;
}

/** Pixels of a PNG per px of a figure. */
export const PNG_SCALE = 2;

function useTrueTextWidths(): void {
  const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
  textMetrics.width = measure;
}

function measure(item: TextItem, text: string | number | null | undefined): number {
  if (text === undefined || text === null || text === '') return 0;
  const weight = item.fontWeight;
  const widthPx = textWidthPx(String(text), item.fontSize ?? 11, weight === 'bold' || Number(weight) >= 600);
  // Vega asks for the width of the whole text, of which no more than the limit is drawn.
  return item.limit !== undefined && item.limit > 0 ? Math.min(widthPx, item.limit) : widthPx;
}

/** The Vega specification of a chart. A warning of the compiler is an error here: it means a chart not drawn as meant. */
export function compileChart(spec: ChartSpec): vega.Spec {
  const complain = (...messages: readonly unknown[]): never => {
    throw new Error(`chart: ${messages.map(String).join(' ')}`);
  };
  const logger = { level: () => logger, error: complain, warn: complain, info: () => logger, debug: () => logger };
  return compile(spec as unknown as TopLevelSpec, { logger: logger }).spec;
}

/** Draws a chart as SVG. The same spec gives the same bytes, whatever was drawn before it. */
export async function drawSvg(spec: ChartSpec): Promise<Picture> {
  useTrueTextWidths();
  const view = new vega.View(vega.parse(compileChart(spec)), { renderer: 'none' });
  try {
    await view.runAsync();
    // Clip paths and gradients are numbered through the life of the process; a file must not show that.
    (vega as unknown as { resetSVGDefIds: () => void }).resetSVGDefIds();
    const svg = tidySvg(await view.toSVG());
    const size = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg);
    if (size === null) throw new Error('chart: the SVG has no size');
    return { svg, widthPx: Number(size[1]), heightPx: Number(size[2]), originXPx: Number(/ transform="translate\((-?[\d.]+),/.exec(svg)?.[1] ?? 0) };
  } finally {
    view.finalize();
  }
}

/** Three decimals are a thousandth of a pixel; more only carry last bits that differ between JavaScript engines. */
function tidySvg(svg: string): string {
  return svg
    .replace(/ (d|transform|x|y|x1|x2|y1|y2|cx|cy|r|width|height|points|viewBox|stroke-dasharray)="([^"]*)"/g, (_, name: string, value: string) => {
      return ` ${name}="${value.replace(/-?\d*\.\d+(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(3)) + 0))}"`;
    });
}

/** Rasterises an SVG with the shipped font alone, at `PNG_SCALE` pixels per px. */
export function drawPng(svg: string): Uint8Array {
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: PNG_SCALE },
    font: { fontFiles: FONT_FILES, loadSystemFonts: false, defaultFontFamily: FONT_FAMILY },
    background: 'white',
  });
  return resvg.render().asPng();
}
