import { textWidthPx } from './font.ts';
import type { ChartSpec } from './render.ts';
import type { SystemStyle } from './system-style.ts';
import { TEXT_PX } from './theme.ts';

/** One entry of a legend. */
export interface LegendItem {
  readonly label: string;
  readonly colour: string;
  /** A point shape of Vega, `hollow` for a ring, or `line`. */
  readonly shape: string;
}

const SYMBOL_PX = 11;
const LABEL_GAP_PX = 4;
const ITEM_GAP_PX = 12;
const ROW_PX = 18;

export function systemItem(system: SystemStyle): LegendItem {
  return { label: system.label, colour: system.light, shape: system.shape };
}

function isOutline(item: LegendItem): boolean {
  return item.shape === 'hollow' || item.shape === 'line';
}

interface Placed extends LegendItem {
  readonly x: number;
  readonly y: number;
}

/** Sets entries one after the other and starts a new row where the next does not fit. */
function place(items: readonly LegendItem[], widthPx: number): { placed: Placed[]; rows: number } {
  const placed: Placed[] = [];
  let x = 0;
  let row = 0;
  for (const item of items) {
    const needed = SYMBOL_PX + LABEL_GAP_PX + textWidthPx(item.label, TEXT_PX);
    if (x > 0 && x + needed > widthPx) {
      x = 0;
      row += 1;
    }
    placed.push({ ...item, x, y: (row + 0.5) * ROW_PX });
    x += needed + ITEM_GAP_PX;
  }
  return { placed, rows: row + 1 };
}

/**
 * A legend as a view of its own, `widthPx` wide. Vega's own legends start at the plot's edge, which in a narrow figure
 * leaves too little room for one row.
 *
 * @param leftPx how far left of its own origin the view starts, to stand flush with axis titles below it
 */
export function legendView(items: readonly LegendItem[], widthPx: number, leftPx = 0): ChartSpec {
  const { placed, rows } = place(items, widthPx);
  const height = rows * ROW_PX;
  const x = (field: string): object => ({ field, type: 'quantitative', scale: { domain: [leftPx, widthPx], nice: false, zero: false }, axis: null });
  const y = { field: 'y', type: 'quantitative', scale: { domain: [height, 0], nice: false, zero: false }, axis: null };
  const literal = (field: string): object => ({ field, type: 'nominal', scale: null, legend: null });
  const rowsOf = (offsetPx: number, chosen: (item: LegendItem) => boolean): object[] =>
    placed.filter(chosen).map((item) => ({ label: item.label, colour: item.colour, shape: item.shape, x: item.x + offsetPx, y: item.y }));
  return {
    width: widthPx - leftPx,
    height,
    view: { stroke: null },
    layer: [
      ...[
        { chosen: (item: LegendItem) => !isOutline(item), mark: { type: 'point', filled: true, size: 75, opacity: 1 }, shape: literal('shape') },
        { chosen: (item: LegendItem) => item.shape === 'hollow', mark: { type: 'point', shape: 'circle', filled: false, size: 60, strokeWidth: 1.5, opacity: 1 } },
        { chosen: (item: LegendItem) => item.shape === 'line', mark: { type: 'point', shape: 'stroke', filled: false, size: 150, strokeWidth: 1.5, opacity: 1 } },
      ].filter(({ chosen }) => items.some(chosen)).map(({ chosen, mark, shape }) => ({
        data: { values: rowsOf(SYMBOL_PX / 2, chosen) },
        mark,
        encoding: { x: x('x'), y, color: literal('colour'), ...(shape === undefined ? {} : { shape }) },
      })),
      {
        data: { values: rowsOf(SYMBOL_PX + LABEL_GAP_PX, () => true) },
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: TEXT_PX },
        encoding: { x: x('x'), y, text: { field: 'label' } },
      },
    ],
  };
}
