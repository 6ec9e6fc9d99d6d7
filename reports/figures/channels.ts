import type { SweptVariable } from '../study/swept-variable.ts';
import { textWidthPx } from './font.ts';
import { exactFormat, sweptOnLog } from './scales.ts';
import type { SystemStyle } from './system-style.ts';
import { TEXT_PX } from './theme.ts';

interface SystemChannels {
  readonly color: Record<string, unknown>;
  readonly shape: Record<string, unknown>;
  readonly strokeDash: Record<string, unknown>;
}

/** Colour, shape and dash by system. Legends are set apart from the chart, so the channels draw none. */
export function systemChannels(systems: readonly SystemStyle[]): SystemChannels {
  const channel = (range: readonly unknown[]): Record<string, unknown> => ({
    field: 'system', type: 'nominal', scale: { domain: systems.map((s) => s.label), range }, legend: null,
  });
  return { color: channel(systems.map((s) => s.light)), shape: channel(systems.map((s) => s.shape)), strokeDash: channel(systems.map((s) => s.dash)) };
}

/** The x channel of a swept variable: quantitative with a tick at each swept value, or one band per word. */
export function variableChannel(variable: SweptVariable, plotWidthPx: number, drawn: readonly (number | string)[]): Record<string, unknown> {
  const title = (variable.unit === '' ? variable.label : `${variable.label} (${variable.unit})`).replace(/^./, (c) => c.toUpperCase());
  if (!variable.numeric) {
    const order = variable.values.map((v) => v.text).filter((text) => drawn.includes(text));
    const band = plotWidthPx / Math.max(1, order.length);
    const crowded = order.some((text) => textWidthPx(text, TEXT_PX) > band - 6);
    return {
      field: 'x', type: 'nominal', sort: order, title, scale: { paddingInner: 0.3, paddingOuter: 0.15 },
      axis: { labelAngle: crowded ? -35 : 0, labelLimit: crowded ? 140 : 0, labelOverlap: false, ticks: false },
    };
  }
  const numbers = variable.values.flatMap((v) => (v.number !== undefined && drawn.includes(v.number) ? [v.number] : []));
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const log = numbers.length > 1 && sweptOnLog(numbers);
  // Room at both ends, so that end points and their labels stand clear of the frame.
  const domain = low === high ? [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2] : log ? padLog(low, high) : [low - (high - low) * 0.06, high + (high - low) * 0.06];
  return {
    field: 'x', type: 'quantitative', title,
    scale: { type: log ? 'log' : 'linear', domain, nice: false, ...(log ? {} : { zero: false }) },
    axis: { values: numbers, tickCount: numbers.length, labelFlush: false, labelOverlap: 'greedy', labelSeparation: 4, format: exactFormat(numbers), grid: false },
  };
}

function padLog(low: number, high: number): [number, number] {
  const room = Math.exp(Math.log(high / low) * 0.06);
  return [Number((low / room).toPrecision(6)), Number((high * room).toPrecision(6))];
}

/** Names in order of first appearance. */
export function systemOrder(labels: readonly string[]): string[] {
  return [...new Set(labels)];
}
