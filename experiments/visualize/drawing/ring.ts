/** The ring: nodes by identifier, clockwise from the top, with the links of the chosen node and the way of a lookup. */
import type { Scene, TableGroup } from './scene.ts';
import { escapeText, groupColour, px, shortId, tableGroups } from './scene.ts';

/** Side of the square that the ring is drawn in. */
export const RING_SIZE = 620;
const CENTRE = RING_SIZE / 2;
const RADIUS = 228;
const LABEL_RADIUS = RADIUS + 24;
const LABEL_PX = 12.5;
/** Least distance between two labels along the circle they stand on. */
const LABEL_GAP = 14;
/** Up to so many nodes each has its label; beyond, only those that matter. */
const ALL_LABELLED = 48;
const MOST_LABELS = 70;

interface Point {
  readonly x: number;
  readonly y: number;
}

function pointAt(share: number, radius: number): Point {
  const angle = 2 * Math.PI * share;
  return { x: CENTRE + radius * Math.sin(angle), y: CENTRE - radius * Math.cos(angle) };
}

/** The ring as the content of an SVG element of RING_SIZE by RING_SIZE px. */
export function drawRing(scene: Scene): string {
  const { picture, colours, node, lookup } = scene;
  const groups = tableGroups(scene);
  const parts: string[] = [`<circle cx="${CENTRE}" cy="${CENTRE}" r="${RADIUS}" fill="none" stroke="${colours.grid}" stroke-width="2"/>`];
  for (const group of groups) parts.push(...drawSpan(scene, group));
  for (const group of groups) for (const peer of group.peers) if (peer !== node) parts.push(drawLink(scene, peer, group));
  const path = drawPath(scene);
  parts.push(...path.arrows);
  parts.push(...drawNodes(scene, groups));
  parts.push(...path.badges);
  if (lookup !== undefined) parts.push(...drawKey(scene, lookup.keyAt, lookup.key));
  parts.push(...drawLabels(scene, groups));
  if (picture.nodes.length === 0) parts.push(`<text x="${CENTRE}" y="${CENTRE}" text-anchor="middle" fill="${colours.muted}">no nodes</text>`);
  return parts.join('\n');
}

/** The part of the identifier space that a group covers, as a band inside the ring. */
function drawSpan(scene: Scene, group: TableGroup): string[] {
  if (group.span === undefined || group.peers.length === 0) return [];
  const [from, to] = group.span;
  const length = (to - from + 1) % 1;
  // A band over the whole ring has no ends to draw an arc between.
  const end = from + (length === 0 ? 0.9999 : length);
  const inner = RADIUS - 9;
  const [a, b] = [pointAt(from, inner), pointAt(end, inner)];
  return [`<path d="M${px(a.x)} ${px(a.y)}A${inner} ${inner} 0 ${end - from > 0.5 ? 1 : 0} 1 ${px(b.x)} ${px(b.y)}" fill="none" stroke="${groupColour(scene, group.group)}" stroke-width="6" stroke-opacity="0.35"/>`];
}

/** A curve bent towards the centre, so that it leaves the ring where the nodes are. */
function drawLink(scene: Scene, peer: number, group: TableGroup): string {
  const { nodes } = scene.picture;
  const [a, b] = [pointAt(nodes[scene.node].at, RADIUS), pointAt(nodes[peer].at, RADIUS)];
  // Far peers are pulled most, so that near ones do not loop through the middle.
  const pull = 0.12 + (0.6 * Math.hypot(b.x - a.x, b.y - a.y)) / (2 * RADIUS);
  const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  const control = { x: middle.x + pull * (CENTRE - middle.x), y: middle.y + pull * (CENTRE - middle.y) };
  return `<path d="M${px(a.x)} ${px(a.y)}Q${px(control.x)} ${px(control.y)} ${px(b.x)} ${px(b.y)}" fill="none" stroke="${groupColour(scene, group.group)}" stroke-width="1.5" stroke-opacity="${scene.lookup === undefined ? 0.75 : 0.4}"/>`;
}

/** Messages of the steps so far: queries as numbered arrows, answers as thin dashes; the newest step stands out. */
function drawPath(scene: Scene): { readonly arrows: readonly string[]; readonly badges: readonly string[] } {
  const { lookup, steps, colours } = scene;
  if (lookup === undefined) return { arrows: [], badges: [] };
  const parts: string[] = [];
  const badges: string[] = [];
  let number = 0;
  lookup.steps.slice(0, steps).forEach(({ messages }, i) => {
    const newest = i === steps - 1 && steps < lookup.steps.length;
    if (messages.some(({ kind }) => kind === 'query')) number++;
    for (const { from, to, kind } of messages) {
      if (from === to) continue;
      if (kind === 'query') parts.push(arrow(scene, from, to, colours.path, newest ? 4 : 2.5, number, badges));
      else if (newest) parts.push(arrow(scene, from, to, colours.answer, 1.5, 0, badges));
    }
  });
  const ended = steps >= lookup.steps.length;
  const last = lookup.steps.at(-1)?.messages.at(-1);
  const naming = last === undefined ? lookup.from : last.kind === 'answer' ? last.from : last.to;
  if (ended && lookup.owner >= 0 && naming !== lookup.owner && scene.picture.protocol === 'chord') parts.push(named(scene, naming, lookup.owner));
  return { arrows: parts, badges };
}

function arrow(scene: Scene, from: number, to: number, colour: string, width: number, number: number, badges: string[]): string {
  const { nodes } = scene.picture;
  const [a, b] = [pointAt(nodes[from].at, RADIUS), pointAt(nodes[to].at, RADIUS)];
  const length = Math.max(1, Math.hypot(b.x - a.x, b.y - a.y));
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
  const head = 6 + width;
  const tip = { x: b.x - ux * 8, y: b.y - uy * 8 };
  const neck = { x: tip.x - ux * head, y: tip.y - uy * head };
  const half = head / 2.2;
  if (number > 0) {
    // Arrows to one place keep their numbers apart by standing at different parts of the way; a short arrow has its number beside it.
    const along = length < 60 ? 0.5 : 0.28 + 0.06 * (badges.length % 8);
    const beside = length < 60 ? 20 : 0;
    const on = { x: a.x + (b.x - a.x) * along, y: a.y + (b.y - a.y) * along };
    const inwards = Math.max(1, Math.hypot(CENTRE - on.x, CENTRE - on.y));
    const at = { x: on.x + (beside * (CENTRE - on.x)) / inwards, y: on.y + (beside * (CENTRE - on.y)) / inwards };
    badges.push(
      `<circle cx="${px(at.x)}" cy="${px(at.y)}" r="9" fill="${colour}"/><text x="${px(at.x)}" y="${px(at.y + 4.2)}" text-anchor="middle" font-size="12" font-weight="bold" fill="${scene.colours.page}">${number}</text>`,
    );
  }
  const dash = number > 0 ? '' : ' stroke-dasharray="5 4"';
  return `<path d="M${px(a.x)} ${px(a.y)}L${px(neck.x)} ${px(neck.y)}" stroke="${colour}" stroke-width="${width}" fill="none"${dash}/><path d="M${px(tip.x)} ${px(tip.y)}L${px(neck.x - uy * half)} ${px(neck.y + ux * half)}L${px(neck.x + uy * half)} ${px(neck.y - ux * half)}Z" fill="${colour}"/>`;
}

/** Chord: the predecessor names the owner without asking it. */
function named(scene: Scene, from: number, owner: number): string {
  const { nodes } = scene.picture;
  const [a, b] = [pointAt(nodes[from].at, RADIUS - 18), pointAt(nodes[owner].at, RADIUS - 18)];
  return `<path d="M${px(a.x)} ${px(a.y)}L${px(b.x)} ${px(b.y)}" stroke="${scene.colours.path}" stroke-width="2" stroke-dasharray="2 4" fill="none"/>`;
}

function drawNodes(scene: Scene, groups: readonly TableGroup[]): string[] {
  const { picture, node, colours, lookup, interactive } = scene;
  const count = picture.nodes.length;
  const radius = Math.max(2.4, Math.min(7, (1.5 * Math.PI * RADIUS) / count / 2));
  const colourOf = new Map<number, string>();
  for (const group of groups) for (const peer of group.peers) if (!colourOf.has(peer)) colourOf.set(peer, groupColour(scene, group.group));
  const onPath = new Set(pathNodes(scene));
  // The chosen node lies on top, then those of the lookup, then its peers.
  const rank = (i: number): number => (i === node ? 3 : onPath.has(i) || lookup?.owner === i ? 2 : colourOf.has(i) ? 1 : 0);
  const order = picture.nodes.map((_, i) => i).sort((a, b) => rank(a) - rank(b));
  return order.map((i) => {
    const { id, at } = picture.nodes[i];
    const { x, y } = pointAt(at, RADIUS);
    const chosen = i === node;
    const size = chosen ? radius + 3 : onPath.has(i) || colourOf.has(i) ? radius + 1 : radius;
    const fill = chosen ? colours.text : (colourOf.get(i) ?? colours.axis);
    const owner = lookup?.owner === i && scene.steps >= lookup.steps.length;
    const ring = owner || onPath.has(i) ? `<circle cx="${px(x)}" cy="${px(y)}" r="${px(size + (owner ? 5 : 2.5))}" fill="none" stroke="${colours.path}" stroke-width="${owner ? 3 : 2}"/>` : '';
    const dot = `<circle cx="${px(x)}" cy="${px(y)}" r="${px(size)}" fill="${fill}" stroke="${colours.page}" stroke-width="1"/>`;
    if (!interactive) return `<g>${ring}${dot}</g>`;
    // A wider, invisible disc: small dots are hard to hit.
    const target = `<circle cx="${px(x)}" cy="${px(y)}" r="${px(Math.max(size, 8))}" fill="transparent"/>`;
    return `<g class="node" data-node="${i}"><title>${escapeText(id)}</title>${ring}${dot}${target}</g>`;
  });
}

/** Nodes that sent or received a query so far. */
function pathNodes(scene: Scene): number[] {
  const { lookup, steps } = scene;
  if (lookup === undefined) return [];
  const queried = lookup.steps.slice(0, steps).flatMap(({ messages }) => messages.filter(({ kind }) => kind === 'query').flatMap(({ from, to }) => [from, to]));
  return [...new Set([lookup.from, ...queried])];
}

/** The key's place on the ring: a diamond just outside it. */
function drawKey(scene: Scene, at: number, key: string): string[] {
  const { x, y } = pointAt(at, RADIUS + 11);
  const size = 6.5;
  return [`<path d="M${px(x)} ${px(y - size)}L${px(x + size)} ${px(y)}L${px(x)} ${px(y + size)}L${px(x - size)} ${px(y)}Z" fill="${scene.colours.path}" stroke="${scene.colours.page}"><title>key ${escapeText(key)}</title></path>`];
}

interface Label {
  readonly at: number;
  readonly text: string;
  readonly bold: boolean;
  readonly colour: string;
  /** Where it stands, in px along the circle of labels. */
  place: number;
}

/** Labels of all nodes, or in a large ring of those that matter; pushed apart along their circle until none covers another. */
function drawLabels(scene: Scene, groups: readonly TableGroup[]): string[] {
  const { picture, node, colours, lookup } = scene;
  const circumference = 2 * Math.PI * LABEL_RADIUS;
  const chosen = labelled(scene, groups);
  const labels: Label[] = chosen.map((i) => ({
    at: picture.nodes[i].at,
    text: shortId(picture.nodes[i].id),
    bold: i === node || lookup?.owner === i,
    colour: i === node || lookup?.owner === i ? colours.text : colours.muted,
    place: picture.nodes[i].at * circumference,
  }));
  if (lookup !== undefined) labels.push({ at: lookup.keyAt, text: `key ${shortId(lookup.key)}`, bold: true, colour: colours.path, place: lookup.keyAt * circumference });
  spread(labels, circumference);
  return labels.map((label) => {
    const share = label.place / circumference;
    const moved = Math.abs(share - label.at) * circumference > 2;
    const from = pointAt(label.at, RADIUS + 9);
    const to = pointAt(share, LABEL_RADIUS - 3);
    const leader = moved ? `<path d="M${px(from.x)} ${px(from.y)}L${px(to.x)} ${px(to.y)}" stroke="${colours.grid}" stroke-width="1" fill="none"/>` : '';
    return leader + radialText(share, label);
  });
}

/** Text that points away from the centre, never upside down. */
function radialText(share: number, label: Label): string {
  const { x, y } = pointAt(share, LABEL_RADIUS);
  const turned = (((share % 1) + 1) % 1) * 360;
  const left = turned > 180;
  const angle = left ? turned + 90 : turned - 90;
  return `<text x="${px(x)}" y="${px(y)}" transform="rotate(${px(angle)} ${px(x)} ${px(y)})" dominant-baseline="central" dy="0" text-anchor="${left ? 'end' : 'start'}" font-size="${LABEL_PX}" fill="${label.colour}"${label.bold ? ' font-weight="bold"' : ''}>${escapeText(label.text)}</text>`;
}

function labelled(scene: Scene, groups: readonly TableGroup[]): number[] {
  const { picture, node, lookup } = scene;
  const count = picture.nodes.length;
  if (count <= ALL_LABELLED) return picture.nodes.map((_, i) => i);
  const peers = groups.flatMap((group) => group.peers);
  const wanted = [node, ...(lookup === undefined || lookup.owner < 0 ? [] : [lookup.owner]), ...pathNodes(scene), ...peers];
  return [...new Set(wanted)].slice(0, MOST_LABELS);
}

/** Moves labels along the circle, each as little as it takes, until neighbours are LABEL_GAP apart. */
function spread(labels: Label[], circumference: number): void {
  labels.sort((a, b) => a.place - b.place);
  const n = labels.length;
  if (n < 2) return;
  const gap = Math.min(LABEL_GAP, circumference / n);
  for (let round = 0; round < 200; round++) {
    let moved = false;
    for (let i = 0; i < n; i++) {
      const next = (i + 1) % n;
      const wrap = next === 0 ? circumference : 0;
      const missing = gap - (labels[next].place + wrap - labels[i].place);
      if (missing <= 0.01) continue;
      labels[i].place -= missing / 2;
      labels[next].place += missing / 2;
      moved = true;
    }
    if (!moved) return;
  }
}
