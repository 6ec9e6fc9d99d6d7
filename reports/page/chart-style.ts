/** The colours of charts and of the pages around them, in light and dark. */
import { DARK, LIGHT, type Palette, darkCounterparts } from '../figures/theme.ts';

/** Colours of a page beyond those of its charts. Text and line pairs meet WCAG 2.2 AA. */
export const PAGE_LIGHT = { panel: '#F6F7F9', line: '#CFD5DC', link: '#0B5CAD', loss: '#A82300', win: '#0B6B3A', focus: '#0B5CAD' } as const;
export const PAGE_DARK = { panel: '#1C2128', line: '#3A424D', link: '#8CC4FF', loss: '#FF9C7A', win: '#7BD8A4', focus: '#8CC4FF' } as const;

function paletteVariables(palette: Palette, page: Readonly<Record<keyof typeof PAGE_LIGHT, string>>): string {
  const list = (name: string, colours: readonly string[]): string => colours.map((colour, i) => `--${name}${i}:${colour}`).join(';');
  const own = Object.entries(page).map(([name, colour]) => `--${name}:${colour}`).join(';');
  return `--page:${palette.page};--text:${palette.text};--muted:${palette.muted};--grid:${palette.grid};--axis:${palette.axis};${list('s', palette.systems)};${list('p', palette.parts)};${own}`;
}

/** Custom properties for a rule of `:root`. */
export function lightVariables(): string {
  return paletteVariables(LIGHT, PAGE_LIGHT);
}

export function darkVariables(): string {
  return paletteVariables(DARK, PAGE_DARK);
}

/** In dark mode each colour of a chart gives way to its counterpart, so the SVG in the page serves both. */
export function darkCharts(): string {
  return darkCounterparts()
    .flatMap(([light, dark]) => [`:is(.chart,.swatch) [fill="${light}" i]{fill:${dark}}`, `.chart [stroke="${light}" i]{stroke:${dark}}`])
    .join('\n');
}
