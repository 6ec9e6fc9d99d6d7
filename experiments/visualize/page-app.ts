/** The browser's part of the picture: choose a node, play a lookup. Compiled and put into the page together with `drawing/`. */
import type { OverlayPicture } from './picture-data.ts';
import { describeLookup } from './drawing/lookup-words.ts';
import { drawRing } from './drawing/ring.ts';
import { drawTable } from './drawing/routing-table.ts';
import type { Scene } from './drawing/scene.ts';

/** The few things of a browser that are used here. */
interface PageEvent {
  readonly target: { closest(selector: string): PageElement | null; readonly tagName: string } | null;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  preventDefault(): void;
}
interface PageElement {
  innerHTML: string;
  textContent: string | null;
  value: string;
  disabled: boolean;
  max: string;
  setAttribute(name: string, value: string): void;
  getAttribute(name: string): string | null;
  addEventListener(type: string, listener: (event: PageEvent) => void): void;
}
interface Page {
  readonly document: { getElementById(id: string): PageElement; addEventListener(type: string, listener: (event: PageEvent) => void): void };
  setInterval(run: () => void, milliseconds: number): number;
  clearInterval(timer: number): void;
}

const page = globalThis as unknown as Page;
const element = (id: string): PageElement => page.document.getElementById(id);
const picture = JSON.parse(element('data').textContent ?? '') as OverlayPicture;
const STEP_MILLISECONDS = 900;
const colours: Scene['colours'] = {
  page: 'var(--page)',
  text: 'var(--text)',
  muted: 'var(--muted)',
  grid: 'var(--line)',
  axis: 'var(--axis)',
  groups: [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `var(--s${i})`),
  path: 'var(--path)',
  answer: 'var(--muted)',
};

let node = Number(element('node').getAttribute('data-first'));
let choice = 0;
let steps = 0;
let timer = 0;

function ownLookups(): OverlayPicture['lookups'] {
  return picture.lookups.filter((lookup) => lookup.from === node);
}

function draw(): void {
  const lookups = ownLookups();
  const lookup = choice < 0 ? undefined : lookups[choice];
  const total = lookup?.steps.length ?? 0;
  steps = Math.max(0, Math.min(steps, total));
  const scene: Scene = { picture, node, lookup, steps, colours, interactive: true };
  element('ring').innerHTML = drawRing(scene);
  const table = drawTable(scene);
  element('table').innerHTML = table.svg;
  element('table').setAttribute('viewBox', `-2 0 564 ${table.height + 4}`);
  element('table').setAttribute('height', String(table.height + 4));
  element('told').textContent = lookup === undefined ? 'No lookup is shown.' : describeLookup(scene);
  element('node').value = String(node);
  element('lookup').innerHTML = [...lookups.map((each, i) => `<option value="${i}">key ${each.key}</option>`), '<option value="-1">none</option>'].join('');
  element('lookup').value = String(choice);
  element('step').max = String(total);
  element('step').value = String(steps);
  element('step').disabled = total === 0;
  element('of').textContent = `step ${steps} of ${total}`;
  element('back').disabled = steps === 0;
  element('forward').disabled = steps >= total;
  element('play').disabled = total === 0;
  element('play').textContent = timer === 0 ? 'Play' : 'Pause';
}

function pause(): void {
  if (timer !== 0) page.clearInterval(timer);
  timer = 0;
}

function play(): void {
  if (timer !== 0) {
    pause();
    draw();
    return;
  }
  const total = choice < 0 ? 0 : ownLookups()[choice].steps.length;
  if (total === 0) return;
  if (steps >= total) steps = 0;
  timer = page.setInterval(() => {
    steps++;
    if (steps >= total) pause();
    draw();
  }, STEP_MILLISECONDS);
  draw();
}

function goTo(step: number): void {
  pause();
  steps = step;
  draw();
}

function choose(next: number): void {
  pause();
  node = (next + picture.nodes.length) % picture.nodes.length;
  choice = Math.min(choice, ownLookups().length - 1);
  steps = 0;
  draw();
}

/** Nodes in the order of their identifiers, so that the arrow keys walk around the ring. */
const around = picture.nodes.map((_, i) => i).sort((a, b) => picture.nodes[a].at - picture.nodes[b].at);

function neighbour(by: number): number {
  const at = around.indexOf(node);
  return around[(at + by + around.length) % around.length];
}

const picked = (event: PageEvent): void => {
  const found = event.target?.closest('[data-node]');
  if (found) choose(Number(found.getAttribute('data-node')));
};
element('ring').addEventListener('click', picked);
element('table').addEventListener('click', picked);
element('node').addEventListener('change', () => {
  choose(Number(element('node').value));
});
element('lookup').addEventListener('change', () => {
  choice = Number(element('lookup').value);
  goTo(0);
});
element('step').addEventListener('input', () => {
  goTo(Number(element('step').value));
});
element('back').addEventListener('click', () => {
  goTo(steps - 1);
});
element('forward').addEventListener('click', () => {
  goTo(steps + 1);
});
element('play').addEventListener('click', play);
page.document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // Lists, sliders and buttons have keys of their own.
  const inControl = /^(SELECT|INPUT|BUTTON|TEXTAREA)$/.test(event.target?.tagName ?? '');
  const actions: Record<string, () => void> = {
    ArrowRight: () => { goTo(steps + 1); },
    ArrowLeft: () => { goTo(steps - 1); },
    ArrowDown: () => { choose(neighbour(1)); },
    ArrowUp: () => { choose(neighbour(-1)); },
    Home: () => { goTo(0); },
    End: () => { goTo(Number.MAX_SAFE_INTEGER); },
    ' ': play,
  };
  if (inControl || !Object.hasOwn(actions, event.key)) return;
  event.preventDefault();
  actions[event.key]();
});
draw();
