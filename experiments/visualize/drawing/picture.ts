/** The whole picture: ring and table side by side, with a title above and what was drawn below. */
import { summariseLookup } from './lookup-words.ts';
import { drawRing, RING_SIZE } from './ring.ts';
import { drawTable, TABLE_WIDTH } from './routing-table.ts';
import type { Scene } from './scene.ts';
import { escapeText, shortId } from './scene.ts';

const MARGIN = 20;
const TITLE = 64;
const FOOT = 56;
const GAP = 16;
/** Characters of 12.5 px that fit the width. */
const MOST_CHARACTERS = 180;

/** A complete SVG document. */
export function drawPicture(scene: Scene, font: string): string {
  const { picture, node, lookup, colours } = scene;
  const table = drawTable(scene);
  const width = 2 * MARGIN + RING_SIZE + GAP + TABLE_WIDTH;
  const body = Math.max(RING_SIZE, table.height);
  const height = TITLE + body + FOOT;
  const title = `${picture.title}: the tables of node ${shortId(picture.nodes[node].id)}${lookup === undefined ? '' : ` and its lookup of key ${shortId(lookup.key)}`}`;
  const line = (y: number, size: number, colour: string, text: string, weight = ''): string => `<text x="${MARGIN}" y="${y}" font-size="${size}" fill="${colour}"${weight}>${escapeText(text)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family='${font}' role="img" aria-label="${escapeText(title)}">`,
    `<rect width="${width}" height="${height}" fill="${colours.page}"/>`,
    line(30, 18, colours.text, title, ' font-weight="bold"'),
    line(52, 12.5, colours.muted, 'Identifiers run clockwise from the top. Lines: peers of the chosen node, in the colours of its table. Bands: the identifiers that a list or bucket covers. Numbered arrows: the queries of the lookup, in order.'),
    `<g transform="translate(${MARGIN} ${TITLE})">${drawRing(scene)}</g>`,
    `<g transform="translate(${MARGIN + RING_SIZE + GAP} ${TITLE + 12})">${table.svg}</g>`,
    line(TITLE + body + 22, 12.5, colours.text, summariseLookup(scene, MOST_CHARACTERS)),
    line(TITLE + body + 42, 12.5, colours.muted, picture.caption),
    '</svg>',
  ].join('\n');
}
