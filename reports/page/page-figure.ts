import type { ChartSpec } from '../figures/render.ts';

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
  return { ...view, encoding: { ...(view['encoding'] as object | undefined), description: { field: 'id', type: 'nominal' } } };
}

/**
 * The SVG of a marked chart for a page: rows in `data-row`, without Vega's own roles and labels (the page gives the chart a
 * text alternative and a table), scaled by its view box.
 */
export function pageSvg(svg: string): string {
  return svg
    .replace(/ font-family="[^"]*"/g, '')
    .replace(/ (?:role|aria-roledescription|aria-hidden)="[^"]*"/g, '')
    .replace(/ aria-label="(\d+)"/g, ' data-row="$1"')
    .replace(/ aria-label="[^"]*"/g, '')
    .replace(/^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>/, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $1 $2" aria-hidden="true" focusable="false">');
}
