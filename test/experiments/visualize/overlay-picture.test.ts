import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { resolveStudy } from '../../../experiments/config/resolve.ts';
import { parseSetting } from '../../../experiments/config/set.ts';
import { STUDY_KINDS } from '../../../experiments/config/study-kinds.ts';
import type { OverlayStudyConfig } from '../../../experiments/config/overlay-study-fields.ts';
import { chromiumPath } from '../../../reports/pdf/chromium-path.ts';
import { collectPicture } from '../../../experiments/visualize/collect.ts';
import { describeLookup, summariseLookup } from '../../../experiments/visualize/drawing/lookup-words.ts';
import { drawPicture } from '../../../experiments/visualize/drawing/picture.ts';
import type { Scene } from '../../../experiments/visualize/drawing/scene.ts';
import { picturePage } from '../../../experiments/visualize/page.ts';
import type { OverlayPicture } from '../../../experiments/visualize/picture-data.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const PROTOCOLS = ['chord', 'kademlia', 'pastry'] as const;
const COLOURS = { page: '#fff', text: '#000', muted: '#555', grid: '#ccc', axis: '#888', groups: ['#111', '#222', '#333', '#444', '#555', '#666', '#777', '#888'], path: '#909', answer: '#555' };

function picture(protocol: (typeof PROTOCOLS)[number], nodes: number, ...set: string[]): OverlayPicture {
  const source = { value: { name: 'picture', study: 'overlay', systems: [protocol] }, locate: () => '' };
  const settings = [`nodes=${nodes}`, 'idBits=16', `${protocol}.maintenance=false`, ...set].map((text) => parseSetting(text, STUDY_KINDS.overlay.configFields));
  const config = resolveStudy(source, settings).cells[0].config as OverlayStudyConfig;
  return collectPicture({ protocol, config, seed: '1', key: undefined, lookupsPerNode: 2, caption: 'a <caption> & more' });
}

function scene(shown: OverlayPicture, node = 0, steps = Infinity): Scene {
  const lookup = shown.lookups.find(({ from }) => from === node)!;
  return { picture: shown, node, lookup, steps: Math.min(steps, lookup.steps.length), colours: COLOURS, interactive: false };
}

describe('what a picture shows', () => {
  it.each(PROTOCOLS)('%s: the path of each lookup starts at its node and ends at the owner', (protocol) => {
    const shown = picture(protocol, 30);
    for (const lookup of shown.lookups) {
      const queries = lookup.steps.flatMap(({ messages }) => messages.filter(({ kind }) => kind === 'query'));
      if (queries.length > 0) expect(queries[0].from).toBe(lookup.from);
      // Chord's last step is named, not taken; in the others a query reaches the owner, or it is the initiator.
      const reached = new Set([lookup.from, ...queries.map(({ to }) => to)]);
      if (protocol !== 'chord') expect(reached).toContain(lookup.owner);
      if (protocol === 'pastry') expect(queries).toHaveLength(lookup.hops);
    }
  });

  it('Kademlia: each bucket holds peers of its subtree, and the subtrees with the node itself fill the ring', () => {
    const shown = picture('kademlia', 60);
    shown.tables.forEach((table, node) => {
      if (table.protocol !== 'kademlia') throw new Error(table.protocol);
      for (const { index, from, to, peers } of table.buckets) {
        expect(to - from).toBeCloseTo(1 / 2 ** (index + 1), 12);
        for (const peer of peers) expect(shown.nodes[peer].at >= from && shown.nodes[peer].at < to).toBe(true);
        expect(shown.nodes[node].at >= from && shown.nodes[node].at < to).toBe(false);
      }
    });
  });

  it('Pastry: row l holds peers that share l digits, under their next digit, and marks the node’s own', () => {
    const shown = picture('pastry', 60);
    shown.tables.forEach((table, node) => {
      if (table.protocol !== 'pastry') throw new Error(table.protocol);
      const { id } = shown.nodes[node];
      table.rows.forEach((row, l) => {
        row.forEach((peer, digit) => {
          if (peer >= 0) expect(shown.nodes[peer].id.slice(0, l + 1)).toBe(id.slice(0, l) + digit.toString(16));
          expect(peer === -2).toBe(digit.toString(16) === id[l]);
        });
      });
    });
  });

  it('Chord: runs of fingers cover all exponents, each from its start to its node', () => {
    const shown = picture('chord', 30);
    for (const table of shown.tables) {
      if (table.protocol !== 'chord') throw new Error(table.protocol);
      expect(table.fingers.reduce((sum, { from, to }) => sum + to - from + 1, 0)).toBe(16);
    }
  });
});

describe('the drawing', () => {
  it.each(PROTOCOLS)('%s: is well-formed and finite for 1, 2, 10 and 200 nodes, with each node on the ring', (protocol) => {
    for (const nodes of [1, 2, 10, 200]) {
      const shown = picture(protocol, nodes);
      const svg = drawPicture(scene(shown), 'sans-serif');
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(svg).toContain('a &lt;caption&gt; &amp; more');
      expect((svg.match(/<g>/g) ?? []).length).toBe(nodes);
      expect((svg.match(/<(g|svg|text)[\s>]/g) ?? []).length).toBe((svg.match(/<\/(g|svg|text)>/g) ?? []).length);
    }
  });

  it('keeps labels of a crowded ring apart', () => {
    const svg = drawPicture(scene(picture('kademlia', 200)), 'sans-serif');
    const places = [...svg.matchAll(/rotate\((-?[\d.]+) ([\d.]+) ([\d.]+)\)/g)].map((match) => [Number(match[2]), Number(match[3])]);
    expect(places.length).toBeGreaterThan(20);
    for (const [i, [x, y]] of places.entries()) for (const [u, v] of places.slice(i + 1)) expect(Math.hypot(x - u, y - v)).toBeGreaterThan(12.5);
  });

  it('tells a lookup in words, step by step and whole', () => {
    const shown = picture('pastry', 20);
    const whole = scene(shown, shown.lookups.find(({ steps }) => steps.length > 2)!.from);
    expect(describeLookup({ ...whole, steps: 0 })).toMatch(/^[0-9a-f]{4} looks for the owner of key [0-9a-f]{4}\.$/);
    expect(describeLookup({ ...whole, steps: 1 })).toMatch(/^0 ms: [0-9a-f]{4} asks [0-9a-f]{4}\.$/);
    expect(describeLookup(whole)).toMatch(/The owner is [0-9a-f]{4}, after \d hops? and [\d.]+ ms\.$/);
    expect(summariseLookup(whole, 180)).toMatch(/^1\. [0-9a-f]{4} → [0-9a-f]{4}.*; the owner is/);
    expect(summariseLookup(whole, 80).length).toBeLessThanOrEqual(82);
  });
});

describe('the page', () => {
  it('allows its own script and style alone', () => {
    const html = picturePage(picture('chord', 5), 0);
    const script = /<script>([\s\S]*)<\/script>/.exec(html)![1];
    expect(html).toContain(`'sha256-${createHash('sha256').update(script).digest('base64')}'`);
    expect(script).not.toMatch(/^import |^export /m);
    expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  });

  it.skipIf(chromiumPath() === undefined)('plays a lookup by keyboard and changes the node (needs Chromium)', async () => {
    const { writeFileSync } = await import('node:fs');
    const file = join(temporaryFolder(), 'overlay.html');
    const shown = picture('kademlia', 40);
    writeFileSync(file, picturePage(shown, 3));
    const browser = await chromium.launch({ executablePath: chromiumPath()!, args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'] });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.goto(`file://${file}`);
      expect(await page.textContent('#told')).toContain('looks for the owner');
      await page.keyboard.press('ArrowRight');
      expect(await page.textContent('#of')).toMatch(/^step 1 of/);
      await page.keyboard.press('End');
      expect(await page.textContent('#told')).toContain('The owner is');
      await page.keyboard.press('ArrowDown');
      expect(await page.inputValue('#node')).not.toBe('3');
      await page.selectOption('#node', '7');
      expect(await page.textContent('#told')).toContain(shown.nodes[7].id);
      await page.locator('#table [data-node]').first().click();
      expect(await page.inputValue('#node')).not.toBe('7');
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

describe('the command', () => {
  const visualize = (...args: string[]): { status: number | null; stderr: string } => {
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'experiments/visualize.ts', ...args], { encoding: 'utf8' });
    return { status, stderr };
  };

  it('writes SVG, PNG and page, the same bytes each time', () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    for (const folder of [one, two]) expect(visualize('overlay', '--protocol', 'pastry', '--nodes', '12', '--seed', '1', '--out', folder)).toEqual({ status: 0, stderr: '' });
    for (const name of ['overlay.svg', 'overlay.png', 'overlay.html']) expect(readFileSync(join(one, name)).equals(readFileSync(join(two, name)))).toBe(true);
    expect(readFileSync(join(one, 'overlay.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  it.each([
    [['overlay', '--nodes', '0'], '--nodes 0: expected a whole number from 1 to 1000'],
    [['overlay', '--node', 'zz'], 'no such node'],
    [['ring'], 'expected overlay'],
    [['overlay', '--set', 'chord.succesors=2'], 'did you mean chord.successors'],
  ])('%j ends with one line and code 2', (args, complaint) => {
    const { status, stderr } = visualize(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(complaint);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
