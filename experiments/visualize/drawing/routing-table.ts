/** The chosen node's routing table as a grid. */
import type { TableView } from '../picture-data.ts';
import type { Scene } from './scene.ts';
import { escapeText, groupColour, px, shortId } from './scene.ts';

/** Width of the grid; its height follows from its rows. */
export const TABLE_WIDTH = 560;
const ROW = 24;
const TEXT_PX = 12.5;
const HEAD_PX = 14;

/** Grows downwards as rows are added. */
interface Sheet {
  y: number;
  readonly parts: string[];
}

/** The grid as SVG content, and its height. */
export function drawTable(scene: Scene): { readonly svg: string; readonly height: number } {
  const sheet: Sheet = { y: 0, parts: [] };
  const table = scene.picture.tables[scene.node];
  switch (table.protocol) {
    case 'chord':
      drawChord(scene, sheet, table);
      break;
    case 'kademlia':
      drawKademlia(scene, sheet, table);
      break;
    case 'pastry':
      drawPastry(scene, sheet, table);
  }
  return { svg: sheet.parts.join('\n'), height: sheet.y };
}

function drawChord(scene: Scene, sheet: Sheet, table: Extract<TableView, { protocol: 'chord' }>): void {
  const { colours } = scene;
  heading(scene, sheet, 'Finger table', 0);
  row(sheet, [
    textAt(0, 'finger', colours.muted),
    textAt(150, 'starts at', colours.muted),
    textAt(300, 'node', colours.muted),
  ]);
  for (const { from, to, start, peer } of table.fingers) {
    row(sheet, [
      textAt(0, from === to ? `+2${superscript(from)}` : `+2${superscript(from)} … 2${superscript(to)}`, colours.text),
      textAt(150, shortId(start), colours.muted),
      cell(scene, 300, idOf(scene, peer), 0, peer),
    ]);
  }
  if (table.fingers.length === 0) note(scene, sheet, 'none: the node is alone');
  list(scene, sheet, 'Successor list', 2, table.successors);
  list(scene, sheet, 'Predecessor', 5, table.predecessor < 0 ? [] : [table.predecessor]);
}

function drawKademlia(scene: Scene, sheet: Sheet, table: Extract<TableView, { protocol: 'kademlia' }>): void {
  heading(scene, sheet, 'k-buckets: by shared leading bits, least recently seen first', undefined);
  const perLine = 8;
  table.buckets.forEach(({ index, peers }, group) => {
    for (let i = 0; i < Math.max(1, peers.length); i += perLine) {
      const label = i === 0 ? [swatch(scene, 0, group), textAt(18, `${index} ${index === 1 ? 'bit' : 'bits'}`, scene.colours.text)] : [];
      row(sheet, [...label, ...peers.slice(i, i + perLine).map((peer, j) => cell(scene, 72 + j * 60, idOf(scene, peer), group, peer))]);
    }
  });
  if (table.buckets.length === 0) note(scene, sheet, 'empty: the node is alone');
}

function drawPastry(scene: Scene, sheet: Sheet, table: Extract<TableView, { protocol: 'pastry' }>): void {
  const { colours } = scene;
  list(scene, sheet, 'Leaf set: smaller identifiers, nearest first', 2, table.smaller);
  list(scene, sheet, 'Leaf set: larger identifiers, nearest first', 2, table.larger);
  heading(scene, sheet, 'Routing table: by shared leading digits, then the next digit', undefined);
  const columns = table.rows[0]?.length ?? 0;
  const perLine = Math.min(8, columns);
  table.rows.forEach((peers, l) => {
    const group = l === 0 ? 0 : l === 1 ? 1 : l + 1;
    for (let first = 0; first < columns; first += perLine) {
      const label = first === 0 ? [swatch(scene, 0, group), textAt(18, `${l} ${l === 1 ? 'digit' : 'digits'}`, colours.text)] : [];
      const cells = peers.slice(first, first + perLine).map((peer, j) => digitCell(scene, 72 + j * 60, (first + j).toString(columns), peer, group));
      row(sheet, [...label, ...cells]);
    }
    sheet.y += 4;
  });
  if (table.rows.length === 0) note(scene, sheet, 'empty: the leaf set holds all peers there are');
  if (table.neighbourhood.length > 0) list(scene, sheet, 'Neighbourhood set: nearest by round trip', 6, table.neighbourhood);
}

/** A cell of Pastry's table: its digit, then the peer, the node's own digit, or nothing. */
function digitCell(scene: Scene, x: number, digit: string, peer: number, group: number): (y: number) => string {
  const { colours } = scene;
  if (peer >= 0) return cell(scene, x, idOf(scene, peer), group, peer);
  const own = peer === -2;
  return (y) =>
    `<rect x="${px(x)}" y="${px(y + 1)}" width="56" height="${ROW - 4}" rx="3" fill="${own ? colours.grid : 'none'}" stroke="${colours.grid}"/><text x="${px(x + 28)}" y="${px(y + ROW / 2 + 3)}" text-anchor="middle" font-size="${TEXT_PX}" fill="${colours.muted}">${own ? 'own' : `${digit}·`}</text>`;
}

/** A heading with the colour of its group, and cells below it, eight to a line. */
function list(scene: Scene, sheet: Sheet, label: string, group: number, peers: readonly number[]): void {
  heading(scene, sheet, label, group);
  const perLine = 9;
  for (let i = 0; i < peers.length; i += perLine) {
    row(sheet, peers.slice(i, i + perLine).map((peer, j) => cell(scene, j * 62, idOf(scene, peer), group, peer)));
  }
  if (peers.length === 0) note(scene, sheet, 'none');
}

function heading(scene: Scene, sheet: Sheet, label: string, group: number | undefined): void {
  sheet.y += sheet.y === 0 ? 0 : 12;
  const mark = group === undefined ? '' : swatch(scene, 0, group)(sheet.y);
  sheet.parts.push(`${mark}<text x="${group === undefined ? 0 : 18}" y="${px(sheet.y + ROW / 2 + 4)}" font-size="${HEAD_PX}" font-weight="bold" fill="${scene.colours.text}">${escapeText(label)}</text>`);
  sheet.y += ROW;
}

function note(scene: Scene, sheet: Sheet, words: string): void {
  row(sheet, [textAt(0, words, scene.colours.muted)]);
}

function row(sheet: Sheet, items: readonly ((y: number) => string)[]): void {
  sheet.parts.push(items.map((item) => item(sheet.y)).join(''));
  sheet.y += ROW;
}

function textAt(x: number, words: string, colour: string): (y: number) => string {
  return (y) => `<text x="${px(x)}" y="${px(y + ROW / 2 + 3)}" font-size="${TEXT_PX}" fill="${colour}">${escapeText(words)}</text>`;
}

function swatch(scene: Scene, x: number, group: number): (y: number) => string {
  return (y) => `<rect x="${px(x)}" y="${px(y + 6)}" width="12" height="12" rx="2" fill="${groupColour(scene, group)}"/>`;
}

/** A peer in a box in the colour of its group; thick where the lookup goes through it. */
function cell(scene: Scene, x: number, id: string, group: number, peer: number): (y: number) => string {
  const used = scene.lookup?.steps.slice(0, scene.steps).some(({ messages }) => messages.some((m) => m.kind === 'query' && m.from === scene.node && m.to === peer)) === true;
  const colour = groupColour(scene, group);
  const box = (y: number): string =>
    `<rect x="${px(x)}" y="${px(y + 1)}" width="56" height="${ROW - 4}" rx="3" fill="${used ? scene.colours.path : 'none'}" fill-opacity="0.25" stroke="${used ? scene.colours.path : colour}" stroke-width="${used ? 2.5 : 1.2}"/><text x="${px(x + 28)}" y="${px(y + ROW / 2 + 3)}" text-anchor="middle" font-size="${TEXT_PX}" fill="${scene.colours.text}">${escapeText(id)}</text>`;
  return scene.interactive ? (y) => `<g class="node" data-node="${peer}">${box(y)}<rect x="${px(x)}" y="${px(y)}" width="56" height="${ROW - 2}" fill="transparent"/></g>` : box;
}

function idOf(scene: Scene, node: number): string {
  return shortId(scene.picture.nodes[node].id);
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function superscript(n: number): string {
  return Array.from(String(n), (digit) => SUPERSCRIPTS[Number(digit)]).join('');
}
