/**
 * The one theme of all charts. Sizes are for print at half a page's width: a figure is FIGURE_WIDTH px = 3.3 in = 237.6 pt
 * wide, so text of 12.5 px comes out at 7.07 pt, and nothing is set smaller.
 */
export const FIGURE_WIDTH_PX = 420;
export const HALF_PAGE_WIDTH_PT = 237.6;
export const TEXT_PX = 12.5;
export const HEADLINE_PX = 15;

/** Drawn with DejaVu Sans Condensed, which npm ships; Arial and Helvetica have nearly its widths where it is missing. */
export const FONT_STACK = '"DejaVu Sans Condensed", Arial, Helvetica, "Liberation Sans", sans-serif';

/**
 * Colours for up to eight systems. They start from Okabe and Ito's set (M. Okabe, K. Ito, "Color Universal Design", 2008);
 * its lighter half is too pale for a white page, so those places were searched for colours with a contrast of at least 3 : 1
 * to the page (WCAG 2.2, 1.4.11) and the largest distance between any two under normal, protan, deutan and tritan vision.
 * Shape and dash tell systems apart without colour.
 */
const SYSTEM_LIGHT = ['#0072B2', '#D55E00', '#00A06B', '#C07DC0', '#930B0F', '#314568', '#4A052F', '#5875FF'] as const;
const SYSTEM_DARK = ['#56B4E9', '#FF9C64', '#38956D', '#FCC9FC', '#F94034', '#A7C2C3', '#C08DAB', '#7F8BFF'] as const;

/** Parts of a TTFT, in the order of a request's life; neighbours in the stack differ most. */
const PART_LIGHT = ['#73567E', '#DD7B00', '#A53A02', '#5734CE', '#5495F1', '#422779', '#898A93', '#6A1625'] as const;
const PART_DARK = ['#AA94A1', '#FFCF22', '#F36B0A', '#7A89FF', '#B7C6FF', '#5A63AC', '#EEF2D7', '#B74142'] as const;

/** Where a unit was found: local, remote, missed. */
const PLACE_LIGHT = ['#1A3E8C', '#4795D6', '#8A8A8E'] as const;
const PLACE_DARK = ['#4F7CF0', '#A9D8FF', '#74787F'] as const;

const INK_LIGHT = { page: '#FFFFFF', text: '#1B2027', muted: '#4B5563', grid: '#E2E5E9', axis: '#87909B' } as const;
const INK_DARK = { page: '#14171C', text: '#EDF0F4', muted: '#B4BCC8', grid: '#2C323B', axis: '#7D8794' } as const;

export interface Palette {
  readonly page: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly axis: string;
  readonly systems: readonly string[];
  readonly parts: readonly string[];
  readonly places: readonly string[];
}

export const LIGHT: Palette = { ...INK_LIGHT, systems: SYSTEM_LIGHT, parts: PART_LIGHT, places: PLACE_LIGHT };
export const DARK: Palette = { ...INK_DARK, systems: SYSTEM_DARK, parts: PART_DARK, places: PLACE_DARK };

/** Every light colour with its dark counterpart: a page in dark mode swaps them, so a chart is drawn once. */
export function darkCounterparts(): [light: string, dark: string][] {
  const inks = (Object.keys(INK_LIGHT) as (keyof typeof INK_LIGHT)[]).map((key): [string, string] => [LIGHT[key], DARK[key]]);
  const lists = (['systems', 'parts', 'places'] as const).flatMap((key) => LIGHT[key].map((colour, i): [string, string] => [colour, DARK[key][i]]));
  return [...inks, ...lists];
}

export const SYSTEM_SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'triangle-down', 'cross', 'triangle-right', 'triangle-left'] as const;
/** Dash patterns in px; the first is solid. */
export const SYSTEM_DASHES = [[1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [12, 4], [4, 2, 1, 2], [1, 3], [8, 2, 2, 2, 2, 2]] as const;

/** Vega-Lite config shared by all charts. */
export const CHART_CONFIG = {
  background: LIGHT.page,
  font: FONT_STACK,
  padding: 8,
  view: { stroke: null },
  axis: {
    labelFontSize: TEXT_PX, titleFontSize: TEXT_PX, titleFontWeight: 'normal', labelColor: LIGHT.muted, titleColor: LIGHT.text,
    gridColor: LIGHT.grid, domainColor: LIGHT.axis, tickColor: LIGHT.axis, titlePadding: 6, labelPadding: 4, labelLimit: 160, titleLimit: 0,
  },
  axisX: { grid: false, labelFlush: false },
  axisY: { domain: false, ticks: false },
  header: { labelFontSize: TEXT_PX, labelFontWeight: 'bold', labelColor: LIGHT.text, labelAnchor: 'start', labelPadding: 4, title: null, labelLimit: 300 },
  title: { fontSize: HEADLINE_PX, subtitleFontSize: TEXT_PX, color: LIGHT.text, subtitleColor: LIGHT.muted, anchor: 'start', frame: 'bounds' },
  text: { fontSize: TEXT_PX, color: LIGHT.text },
} as const;
