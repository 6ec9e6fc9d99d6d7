import { capital } from '../study/number-format.ts';
import type { SweptVariable } from '../study/swept-variable.ts';
import { systemChannels, variableChannel } from './channels.ts';
import type { ChartSpec } from './render.ts';
import { type AxisScale, axisChannel, endsOnScale, exactFormat } from './scales.ts';
import type { SystemStyle } from './system-style.ts';
import { LIGHT } from './theme.ts';

/** One dot of a chart against a swept variable, in display units. */
export interface VariableRow extends Readonly<Record<string, unknown>> {
  readonly system: string;
  /** Number on a numeric axis, text on one of words. */
  readonly x: number | string;
  /** Title of the panel the dot lies in; '' in a chart of one panel. */
  readonly panel: string;
  readonly value: number;
  /** Ends of the interval; null where the data bound none. */
  readonly low: number | null;
  readonly high: number | null;
  /** `published`: a value that others published; `curve`: a point of a law. Absent: a result. */
  readonly beside?: 'published' | 'curve';
}

export interface VariableChart {
  readonly variable: SweptVariable;
  readonly systems: readonly SystemStyle[];
  readonly rows: readonly VariableRow[];
  readonly scale: AxisScale;
  readonly yTitle: string;
  /** Panel titles in order; empty for a chart of one panel. */
  readonly panels: readonly string[];
  /** Panels beside each other. */
  readonly columns: number;
  readonly panelHeightPx: number;
}

const PANEL_GAP_PX = 14;

/**
 * Dots with whiskers against a swept variable: joined by lines where the variable is a number, beside each other within
 * its band where it is a word.
 */
export function variableView(chart: VariableChart, plotWidthPx: number): ChartSpec {
  const { variable, systems, rows, scale, panels, columns } = chart;
  const width = columns === 1 ? plotWidthPx : Math.max(40, Math.floor((plotWidthPx - (columns - 1) * PANEL_GAP_PX) / columns));
  const channels = systemChannels(systems);
  const dodge = variable.numeric ? {} : { xOffset: { field: 'system', type: 'nominal', sort: systems.map((s) => s.label) } };
  const y = { type: 'quantitative', ...axisChannel(scale, chart.yTitle) };
  const results = rows.some((r) => r.beside !== undefined) ? { transform: [{ filter: 'datum.beside == null' }] } : {};
  const view = {
    width,
    height: chart.panelHeightPx,
    encoding: { x: variableChannel(variable, width, rows.map((r) => r.x)), ...dodge },
    layer: [
      ...(rows.some((r) => r.beside === 'curve') ? [lawLines(y)] : []),
      ...(rows.some((r) => r.low !== null) ? whiskers(y, scale, channels.color) : []),
      ...(variable.numeric ? [{ ...results, mark: { type: 'line', strokeWidth: 2 }, encoding: { y: { field: 'value', ...y }, color: channels.color, strokeDash: channels.strokeDash } }] : []),
      ...(rows.some((r) => r.beside === 'published') ? [publishedPoints(y, channels.color, tooltips(chart))] : []),
      {
        ...results,
        mark: { type: 'point', filled: true, size: 70, opacity: 1, stroke: LIGHT.page, strokeWidth: 1 },
        encoding: { y: { field: 'value', ...y }, color: channels.color, shape: channels.shape, tooltip: tooltips(chart) },
      },
    ],
  };
  if (panels.length === 0) return view;
  return { facet: { field: 'panel', type: 'nominal', sort: panels, header: { title: null, labelLimit: columns === 1 ? 300 : width } }, columns, spacing: PANEL_GAP_PX, spec: view };
}

/** Laws as thin dashed lines behind the results. */
function lawLines(y: object): object {
  return {
    transform: [{ filter: "datum.beside == 'curve'" }],
    mark: { type: 'line', strokeWidth: 1.5, color: LIGHT.axis, strokeDash: [4, 3], clip: true },
    encoding: { y: { field: 'value', ...y }, detail: { field: 'system', type: 'nominal' } },
  };
}

/** Published values as rings in the colour of their system. */
function publishedPoints(y: object, color: object, tooltip: object[]): object {
  return {
    transform: [{ filter: "datum.beside == 'published'" }],
    mark: { type: 'point', shape: 'circle', filled: false, size: 150, strokeWidth: 1.75, opacity: 1, clip: true },
    encoding: { y: { field: 'value', ...y }, color, tooltip },
  };
}

/** Vertical whiskers with end ticks from `low` to `high`. */
export function whiskers(y: object, scale: AxisScale, color: object): object[] {
  const bounded = { transform: [{ filter: 'datum.low != null && datum.high != null' }, ...endsOnScale(scale, 'low', 'high')] };
  return [
    { ...bounded, mark: { type: 'rule', strokeWidth: 1.5, clip: true, aria: false }, encoding: { y: { field: 'low', ...y }, y2: { field: 'high' }, color } },
    ...['low', 'high'].map((end) => ({
      ...bounded, mark: { type: 'tick', orient: 'horizontal', size: 9, thickness: 1.5, opacity: 1, clip: true, aria: false }, encoding: { y: { field: end, ...y }, color },
    })),
  ];
}

function tooltips({ variable, rows, panels, yTitle }: VariableChart): object[] {
  const number = { type: 'quantitative', format: ',.4~r' };
  return [
    { field: 'system', title: 'System', type: 'nominal' },
    { field: 'x', title: capital(variable.label), ...(variable.numeric ? { type: 'quantitative', format: exactFormat(rows.map((r) => Number(r.x))) } : { type: 'nominal' }) },
    ...(panels.length === 0 ? [] : [{ field: 'panel', title: 'Panel', type: 'nominal' }]),
    { field: 'value', title: yTitle, ...number },
    ...(rows.some((r) => r.low !== null) ? [{ field: 'low', title: '95 % from', ...number }, { field: 'high', title: '95 % to', ...number }] : []),
  ];
}
