/** What is drawn: one picture, a chosen node, and how far a lookup has come. Colours are given, so that a page can use its variables. */
import type { LookupView, OverlayPicture } from '../picture-data.ts';

export interface Scene {
  readonly picture: OverlayPicture;
  readonly node: number;
  /** The lookup shown; undefined shows none. */
  readonly lookup: LookupView | undefined;
  /** Steps of it that have happened; those after are not drawn. */
  readonly steps: number;
  readonly colours: Colours;
  /** Draws nodes as things that can be clicked. */
  readonly interactive: boolean;
}

export interface Colours {
  readonly page: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly axis: string;
  /** Groups of a table: rows, buckets, lists. */
  readonly groups: readonly string[];
  readonly path: string;
  readonly answer: string;
}

/** A link from the chosen node to a peer of its tables; `group` is the place of its colour. */
export interface Link {
  readonly peer: number;
  readonly group: number;
}

/** Groups of a node's table in the order of its grid, each with its links. */
export interface TableGroup {
  readonly label: string;
  readonly peers: readonly number[];
  readonly group: number;
  /** A part of the ring that the group covers, as shares of the identifier space. */
  readonly span?: readonly [from: number, to: number];
}

/** The groups of the chosen node's table. */
export function tableGroups(scene: Scene): TableGroup[] {
  const { picture, node } = scene;
  const table = picture.tables[node];
  const at = (peer: number): number => picture.nodes[peer].at;
  const own = at(node);
  switch (table.protocol) {
    case 'chord': {
      const last = table.successors.at(-1);
      return [
        { label: 'Fingers', peers: [...new Set(table.fingers.map(({ peer }) => peer))], group: 0 },
        { label: 'Successors', peers: table.successors, group: 2, ...(last === undefined ? {} : { span: [own, at(last)] as const }) },
        { label: 'Predecessor', peers: table.predecessor < 0 ? [] : [table.predecessor], group: 5 },
      ];
    }
    case 'kademlia':
      return table.buckets.map(({ index, from, to, peers }, i) => ({ label: `Bucket ${index}`, peers, group: i, span: [from, to] as const }));
    case 'pastry': {
      const rows = table.rows.map((row, l): TableGroup => ({ label: `Row ${l}`, peers: row.filter((peer) => peer >= 0), group: l === 0 ? 0 : l === 1 ? 1 : l + 1 }));
      const [low, high] = [table.smaller.at(-1), table.larger.at(-1)];
      const leaves: TableGroup = {
        label: 'Leaf set',
        peers: [...new Set([...table.smaller, ...table.larger])],
        group: 2,
        ...(low === undefined || high === undefined ? {} : { span: [at(low), at(high)] as const }),
      };
      return [leaves, ...rows];
    }
  }
}

/** The colour of a group. */
export function groupColour(scene: Scene, group: number): string {
  return scene.colours.groups[group % scene.colours.groups.length];
}

/** An identifier as labels show it: whole up to six digits, else its first four. */
export function shortId(id: string): string {
  return id.length <= 6 ? id : id.slice(0, 4);
}

/** Text for an SVG element or attribute. */
export function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** A number as SVG takes it: hundredths of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}
