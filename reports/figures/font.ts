import { createRequire } from 'node:module';
import { openSync } from 'fontkit';
import type { Font } from 'fontkit';

const resolve = createRequire(import.meta.url).resolve;
/** Files of the font that figures are drawn with: regular, bold. */
export const FONT_FILES = ['DejaVuSansCondensed.ttf', 'DejaVuSansCondensed-Bold.ttf'].map((file) => resolve(`dejavu-fonts-ttf/ttf/${file}`));
/** The family those files carry by themselves. */
export const FONT_FAMILY = 'DejaVu Sans Condensed';

/** Units per em of DejaVu: in these an advance is whole, so it is the same on every machine. */
const UNITS_PER_EM = 2048;

const fonts: (Font | undefined)[] = [undefined, undefined];
const widths = new Map<string, number>();

function font(bold: boolean): Font {
  const weight = bold ? 1 : 0;
  let opened = fonts[weight];
  if (opened === undefined) {
    opened = openSync(FONT_FILES[weight]) as Font;
    fonts[weight] = opened;
  }
  return opened;
}

/** Width in px of one line of text at `sizePx`, kerned. */
export function textWidthPx(text: string, sizePx: number, bold = false): number {
  const key = `${bold ? 'b' : 'r'}${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    width = font(bold).layout(text).advanceWidth;
    widths.set(key, width);
  }
  return (width * sizePx) / UNITS_PER_EM;
}

/** Breaks text at spaces, not at no-break ones, into lines of at most `widthPx`; a single word that is wider is cut with an ellipsis. */
export function wrapText(text: string, widthPx: number, sizePx: number, bold = false): string[] {
  const fits = (line: string): boolean => textWidthPx(line, sizePx, bold) <= widthPx;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/[ \t\n]+/u).filter((w) => w !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = fits(word) ? word : shorten(word, fits);
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Cuts one line of text to `widthPx`, ending in an ellipsis where something was cut. */
export function cutText(text: string, widthPx: number, sizePx: number, bold = false): string {
  const fits = (line: string): boolean => textWidthPx(line, sizePx, bold) <= widthPx;
  return fits(text) ? text : shorten(text, fits);
}

function shorten(text: string, fits: (line: string) => boolean): string {
  const characters = Array.from(new Intl.Segmenter().segment(text), (part) => part.segment);
  while (characters.length > 1 && !fits(`${characters.join('')}…`)) characters.pop();
  return `${characters.join('')}…`;
}
