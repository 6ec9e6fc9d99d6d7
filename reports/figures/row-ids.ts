import type { ChartSpec } from './render.ts';

/**
 * Marks a bare chart so that its SVG can be brought to life: every mark that draws rows carries the place of its row as its
 * description, which Vega writes as `aria-label`.
 */
export function withRowIds(spec: ChartSpec): ChartSpec {
  const { data, ...view } = spec as { data: { name: string; values: readonly object[] } } & Record<string, unknown>;
  return { ...(mark(view) as ChartSpec), data: { ...data, values: data.values.map((row, id) => ({ ...row, id })) } };
}

function mark(view: Record<string, unknown>): Record<string, unknown> {
  const inner = view['spec'] as Record<string, unknown> | undefined;
  if (inner !== undefined) return { ...view, spec: mark(inner) };
  const layer = view['layer'] as Record<string, unknown>[] | undefined;
  // A layer with data of its own (shading behind the chart) has no rows to point to.
  if (layer !== undefined) return { ...view, layer: layer.map((part) => (part['data'] === undefined ? mark(part) : part)) };
  // Whiskers keep silent in a figure that is read out; here they too must be found by their row.
  const shape = typeof view['mark'] === 'string' ? { type: view['mark'] } : (view['mark'] as object);
  return { ...view, mark: { ...shape, aria: true }, encoding: { ...(view['encoding'] as object | undefined), description: { field: 'id', type: 'nominal' } } };
}
