import { createRequire } from 'node:module';
import { GlobalFonts, createCanvas } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';

const resolve = createRequire(import.meta.url).resolve;
const FAMILY = 'P2P-RAGCache figures';
/** Files of the font that figures are drawn with: regular, bold. */
export const FONT_FILES = ['DejaVuSansCondensed.ttf', 'DejaVuSansCondensed-Bold.ttf'].map((file) => resolve(`dejavu-fonts-ttf/ttf/${file}`));
/** The family those files carry by themselves. */
export const FONT_FAMILY = 'DejaVu Sans Condensed';

/** DejaVu has 2 048 units per em: measured at that size an advance is whole, so it is the same on every machine. */
const UNITS_PER_EM = 2048;

let context: SKRSContext2D | undefined;
const widths = new Map<string, number>();

function measuringContext(): SKRSContext2D {
  if (context === undefined) {
    // One family a weight, so that no system font of the same name is measured in its place.
    if (!GlobalFonts.registerFromPath(FONT_FILES[0], `${FAMILY} regular`) || !GlobalFonts.registerFromPath(FONT_FILES[1], `${FAMILY} bold`)) {
      throw new Error(`cannot read the font files ${FONT_FILES.join(', ')}: expected the package dejavu-fonts-ttf`);
    }
    context = createCanvas(1, 1).getContext('2d');
  }
  return context;
}

/** Width in px of one line of text at `sizePx`. */
export function textWidthPx(text: string, sizePx: number, bold = false): number {
  const key = `${bold ? 'b' : 'r'}${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    const canvas = measuringContext();
    canvas.font = `${UNITS_PER_EM}px "${FAMILY} ${bold ? 'bold' : 'regular'}"`;
    width = canvas.measureText(text).width;
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
