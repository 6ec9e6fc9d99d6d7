import { systemOrder } from './channels.ts';
import type { ChartSpec } from './render.ts';
import { type AxisScale, axisChannel } from './scales.ts';
import { LIGHT, TEXT_PX } from './theme.ts';

/** One segment of a horizontal stack, or the text and whisker at its end; in display units. */
export interface StackRow extends Readonly<Record<string, unknown>> {
  readonly system: string;
  readonly panel: string;
  /** 'part': a segment of the main bar; 'hidden': of the thin bar under it; 'total': where the stack ends. */
  readonly lane: 'part' | 'hidden' | 'total';
  readonly part: string;
  readonly start: number;
  readonly end: number;
  /** Printed beside the stack; empty for segments. */
  readonly text: string;
  readonly low: number | null;
  readonly high: number | null;
}

export interface StackChart {
  readonly rows: readonly StackRow[];
  readonly parts: readonly { readonly label: string; readonly colour: string }[];
  readonly scale: AxisScale;
  readonly xTitle: string;
  readonly panels: readonly string[];
  /** Room for the printed totals. */
  readonly textPx: number;
}

/** Horizontal stacked bars, a row per system, a panel per cell, the total printed at the right. */
export function stackedView(chart: StackChart, plotWidthPx: number): ChartSpec {
  const { rows, parts, scale, panels, textPx } = chart;
  const hidden = rows.some((r) => r.lane === 'hidden');
  const order = systemOrder(rows.map((r) => r.system));
  const width = Math.max(40, plotWidthPx - textPx);
  const x = { type: 'quantitative', ...axisChannel(scale, chart.xTitle, { axis: { grid: true } }) };
  const color = { field: 'part', type: 'nominal', scale: { domain: parts.map((p) => p.label), range: parts.map((p) => p.colour) }, legend: null };
  const number = { type: 'quantitative', format: ',.4~r' };
  const lane = (name: StackRow['lane'], extra = ''): object => ({ transform: [{ filter: `datum.lane === '${name}'${extra}` }] });
  const bars = (name: 'part' | 'hidden', mark: object): object => ({
    ...lane(name),
    mark: { type: 'bar', stroke: LIGHT.page, strokeWidth: 0.75, ...mark },
    encoding: {
      x: { field: 'start', ...x }, x2: { field: 'end' }, color,
      tooltip: [
        { field: 'system', title: 'System', type: 'nominal' }, { field: 'part', title: name === 'part' ? 'Part' : 'Hidden part', type: 'nominal' },
        { field: 'size', title: chart.xTitle, ...number },
      ],
    },
  });
  const view = {
    width,
    height: { step: hidden ? 36 : 30 },
    encoding: { y: { field: 'system', type: 'nominal', sort: order, title: null, axis: { labelColor: LIGHT.text, grid: false, labelLimit: 150 } } },
    layer: [
      bars('part', { height: 17, yOffset: hidden ? -5 : 0 }),
      ...(hidden ? [bars('hidden', { height: 6, yOffset: 10 })] : []),
      { ...lane('total', ' && datum.low != null'), mark: { type: 'rule', strokeWidth: 1.5, color: LIGHT.text, yOffset: hidden ? -5 : 0, clip: true }, encoding: { x: { field: 'low', ...x }, x2: { field: 'high' } } },
      ...['low', 'high'].map((end) => ({
        ...lane('total', ' && datum.low != null'), mark: { type: 'tick', orient: 'vertical', size: 9, thickness: 1.5, opacity: 1, color: LIGHT.text, yOffset: hidden ? -5 : 0, clip: true }, encoding: { x: { field: end, ...x } },
      })),
      { ...lane('total'), mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: TEXT_PX, color: LIGHT.text, yOffset: hidden ? -5 : 0 }, encoding: { x: { value: width + 6 }, text: { field: 'text' } } },
    ],
  };
  if (panels.length === 0) return view;
  return { facet: { field: 'panel', type: 'nominal', sort: panels, header: { title: null, labelLimit: plotWidthPx } }, columns: 1, spacing: 10, spec: view };
}
