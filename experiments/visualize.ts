/**
 * `npm run visualize -- overlay --protocol pastry --nodes 20 --seed 1`: the ring with the links of a chosen node, its routing table as
 * a grid and one lookup, as SVG, PNG and an interactive page. Bad input ends with one line and exit code 2.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import type { Protocol } from '../protocols/overlay/overlay.ts';
import { FONT_STACK, LIGHT } from '../reports/figures/theme.ts';
import { drawPng } from '../reports/figures/render.ts';
import { ConfigError } from './config/config-error.ts';
import type { OverlayStudyConfig } from './config/overlay-study-fields.ts';
import { resolveStudy } from './config/resolve.ts';
import { parseSetting } from './config/set.ts';
import { STUDY_KINDS } from './config/study-kinds.ts';
import { makeFolder } from './files/make-folder.ts';
import { OVERLAY_NAMES } from './system-names.ts';
import { collectPicture } from './visualize/collect.ts';
import { drawPicture } from './visualize/drawing/picture.ts';
import type { Scene } from './visualize/drawing/scene.ts';
import { PATH_COLOURS, picturePage } from './visualize/page.ts';
import type { OverlayPicture } from './visualize/picture-data.ts';

/** More nodes than this are dust on a ring, and a page of many megabytes. */
const MOST_NODES = 1000;
/** Lookups that a page can play; each node has at least one up to MOST_NODES. */
const MOST_LOOKUPS = 1000;
const MOST_KEYS = 5;

/** Lists short enough that a picture of few nodes shows what they leave out. `--set` changes them. */
const PICTURE_DEFAULTS = [
  'idBits=16', 'chord.successors=3', 'chord.maintenance=false', 'kademlia.k=4', 'kademlia.maintenance=false', 'pastry.leafSet=8', 'pastry.neighbourhood=8',
  'pastry.maintenance=false',
] as const;
const SHOWN_PARAMETERS = { chord: ['chord.successors', 'chord.lookup'], kademlia: ['kademlia.k', 'kademlia.alpha'], pastry: ['pastry.digitBits', 'pastry.leafSet', 'pastry.neighbourhood'] } as const;

async function main(argv: readonly string[]): Promise<void> {
  const parser = yargs([...argv])
    .scriptName('npm run visualize --')
    .usage('$0 overlay [options]\n\nDraws an overlay: the ring with the links of a chosen node, its routing table, and a lookup.')
    .option('protocol', { choices: OVERLAY_NAMES, default: 'chord' as const, describe: 'Which overlay' })
    .option('nodes', { type: 'number', default: 20, describe: `How many nodes, 1 to ${MOST_NODES}; readable up to about 200` })
    .option('seed', { type: 'string', default: '1', describe: 'Seed of identifiers and keys' })
    .option('node', { type: 'string', describe: 'The chosen node: its index, or the beginning of its identifier after 0x' })
    .option('key', { type: 'string', describe: 'A name to look up; otherwise keys of the seed' })
    .option('set', { type: 'string', array: true, default: [] as string[], describe: 'Set a key of an overlay study: --set pastry.leafSet=16' })
    .option('out', { type: 'string', describe: 'Folder [default: results/overlay-<protocol>-<nodes>]' })
    .example('$0 overlay --protocol pastry --nodes 20 --seed 1', 'overlay.svg, overlay.png and overlay.html')
    .example('$0 overlay --protocol chord --nodes 50 --set chord.lookup=iterative', 'The asker asks each hop in turn')
    .strictOptions()
    .version(false)
    .help()
    .fail((message: string | null, error: Error | undefined) => {
      throw error instanceof ConfigError ? error : new ConfigError(message ?? error?.message ?? 'the command line cannot be read');
    });
  const options = await parser.parseAsync();
  const subjects = options._.map(String);
  if (subjects.length !== 1 || subjects[0] !== 'overlay') {
    throw new ConfigError({ at: subjects.join(' '), expected: 'expected overlay: npm run visualize -- overlay --protocol pastry --nodes 20' });
  }
  const { protocol, nodes, seed } = options;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES) throw new ConfigError({ at: `--nodes ${nodes}`, expected: `expected a whole number from 1 to ${MOST_NODES}` });
  const config = pictureConfig([`nodes=${nodes}`, ...options.set], protocol);
  const picture = collectPicture({
    protocol,
    config,
    seed,
    key: options.key,
    lookupsPerNode: Math.max(1, Math.min(MOST_KEYS, Math.floor(MOST_LOOKUPS / nodes))),
    caption: captionOf(config, protocol, seed),
  });
  const node = chosenNode(picture, options.node);
  const folder = options.out ?? join('results', `overlay-${protocol}-${nodes}`);
  makeFolder(folder);
  const svg = drawPicture(staticScene(picture, node), FONT_STACK);
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    ['overlay.svg', `${svg}\n`],
    ['overlay.png', drawPng(svg)],
    ['overlay.html', picturePage(picture, node)],
  ];
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  console.log(files.map(([name]) => join(folder, name)).join('\n'));
}

function pictureConfig(set: readonly string[], protocol: Protocol): OverlayStudyConfig {
  const source = { value: { name: 'picture', study: 'overlay', systems: [protocol] }, locate: () => '' };
  const settings = [...PICTURE_DEFAULTS, ...set].map((text) => parseSetting(text, STUDY_KINDS.overlay.configFields));
  const config = resolveStudy(source, settings).cells[0].config as OverlayStudyConfig;
  if (config.churn.kind !== 'none') throw new ConfigError({ at: '--set churn', expected: 'a picture shows an overlay at rest; churn belongs to a study' });
  if (config[protocol].maintenance) {
    throw new ConfigError({ at: `--set ${protocol}.maintenance`, expected: 'a picture shows the messages of lookups alone; expected false' });
  }
  return config;
}

/** The longest of the node's lookups says most. */
function staticScene(picture: OverlayPicture, node: number): Scene {
  const own = picture.lookups.filter(({ from }) => from === node);
  const longest = own.reduce((a, b) => (b.hops > a.hops ? b : a));
  return {
    picture,
    node,
    lookup: longest,
    steps: longest.steps.length,
    colours: { page: LIGHT.page, text: LIGHT.text, muted: LIGHT.muted, grid: '#C9CFD7', axis: LIGHT.axis, groups: LIGHT.systems, path: PATH_COLOURS.light, answer: LIGHT.muted },
    interactive: false,
  };
}

function chosenNode(picture: OverlayPicture, asked: string | undefined): number {
  if (asked === undefined) return 0;
  const found = asked.startsWith('0x') ? picture.nodes.findIndex(({ id }) => id.startsWith(asked.slice(2).toLowerCase())) : /^\d+$/.test(asked) && Number(asked) < picture.nodes.length ? Number(asked) : -1;
  if (found >= 0) return found;
  throw new ConfigError({ at: `--node ${asked}`, expected: `no such node; expected an index from 0 to ${picture.nodes.length - 1}, or 0x and the beginning of an identifier` });
}

function captionOf(config: OverlayStudyConfig, protocol: Protocol, seed: string): string {
  const section = config[protocol] as unknown as Readonly<Record<string, unknown>>;
  const parameters = SHOWN_PARAMETERS[protocol].map((path) => `${path} ${String(section[path.slice(path.indexOf('.') + 1)])}`);
  return `${config.idBits}-bit identifiers, ${parameters.join(', ')}, seed ${seed}, ${config.start === 'join' ? 'joined by messages' : 'settled tables'}, ${config.network.latencyNs / 1e6} ms one way.`;
}

try {
  await main(hideBin(process.argv));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
