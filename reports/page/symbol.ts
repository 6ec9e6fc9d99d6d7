/** Vega's point shapes as paths in a box of 14 px. */
const PATHS: Readonly<Record<string, string>> = {
  square: 'M2 2H12V12H2Z',
  'triangle-up': 'M7 1.5L12.8 12H1.2Z',
  'triangle-down': 'M7 12.5L12.8 2H1.2Z',
  'triangle-right': 'M12.5 7L2 12.8V1.2Z',
  'triangle-left': 'M1.5 7L12 12.8V1.2Z',
  diamond: 'M7 1L13 7L7 13L1 7Z',
  cross: 'M5 1.5H9V5H12.5V9H9V12.5H5V9H1.5V5H5Z',
  circle: 'M7 1.8A5.2 5.2 0 1 1 7 12.2A5.2 5.2 0 1 1 7 1.8Z',
};

/** Path of a point shape in a box of 14 px; an unknown shape becomes a circle. */
export function shapePath(shape: string): string {
  return PATHS[shape] ?? PATHS['circle'];
}

/** The symbol of a legend entry; an unknown shape becomes a circle. Its class lets dark mode swap the colour. */
export function symbolSvg(shape: string, colour: string): string {
  const outline = shape === 'hollow' ? PATHS['circle'] : shape === 'line' ? 'M0 7H14' : undefined;
  if (outline !== undefined) {
    return `<span class="swatch"><svg viewBox="0 0 14 14" aria-hidden="true" focusable="false"><path fill="none" stroke="${colour}" stroke-width="2" d="${outline}"/></svg></span>`;
  }
  return `<span class="swatch"><svg viewBox="0 0 14 14" aria-hidden="true" focusable="false"><path fill="${colour}" d="${shapePath(shape)}"/></svg></span>`;
}
