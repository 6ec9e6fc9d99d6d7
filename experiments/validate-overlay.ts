/**
 * `npm run validate:overlay`: ours, the published value and the difference for every overlay table; `--quick` for a form that takes
 * a minute, `--only <parts of names>` for some of the tables, `--out <file>` to keep them as Markdown. Ends with code 1 where a limit is missed.
 */
import { writeFileSync } from 'node:fs';
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs';
import { chordFigure10a, chordFigure10b, chordTable2, chordTable3 } from './overlay-tables/chord-tables.ts';
import { formatTable, holds, markdownTable } from './overlay-tables/comparison.ts';
import type { ComparisonTable } from './overlay-tables/comparison.ts';
import { correctness, dhtComparisonCosts, dhtComparisonHops } from './overlay-tables/dht-comparison.ts';
import { joinedAgainstBuilt } from './overlay-tables/joined-tables.ts';
import { kademliaIdeal } from './overlay-tables/kademlia-tables.ts';
import { pastryFigure4, pastryFigure5 } from './overlay-tables/pastry-tables.ts';

interface Validation {
  readonly name: string;
  readonly full: () => ComparisonTable;
  readonly quick: () => ComparisonTable;
}

const clockMs = (): number => performance.now();

const VALIDATIONS: readonly Validation[] = [
  {
    name: 'dht-hops',
    full: () => dhtComparisonHops({ seeds: 100, chordSeeds: 2000, lookups: 200 }),
    quick: () => dhtComparisonHops({ seeds: 30, chordSeeds: 300, lookups: 200 }),
  },
  {
    name: 'dht-costs',
    full: () => dhtComparisonCosts({ seeds: 30, lookups: 2000, clockMs }),
    quick: () => dhtComparisonCosts({ seeds: 5, lookups: 500, clockMs }),
  },
  {
    name: 'correctness',
    full: () => correctness({ sizes: [5, 10, 20, 50, 200, 1000], seeds: 10, lookups: 1000 }),
    quick: () => correctness({ sizes: [5, 20, 50], seeds: 3, lookups: 200 }),
  },
  {
    name: 'chord-fig-10a',
    full: () => chordFigure10a({ smallRings: 200, rings: 20, lookups: 4000, largest: 16384 }),
    quick: () => chordFigure10a({ smallRings: 30, rings: 8, lookups: 2000, largest: 4096 }),
  },
  {
    name: 'chord-fig-10b',
    full: () => chordFigure10b({ rings: 30, lookups: 5000 }),
    quick: () => chordFigure10b({ rings: 20, lookups: 1000 }),
  },
  {
    name: 'chord-table-2',
    full: () => chordTable2({ rings: 1000, lookups: 1000 }),
    quick: () => chordTable2({ rings: 6, lookups: 500 }),
  },
  {
    name: 'chord-table-3',
    full: () => chordTable3({ seeds: 6, seconds: 10_000 }),
    quick: () => chordTable3({ seeds: 1, seconds: 2000, rates: [0.05, 0.4] }),
  },
  {
    name: 'pastry-fig-4',
    full: () => pastryFigure4({ rings: 4, lookups: 20_000, largest: 100_000 }),
    quick: () => pastryFigure4({ rings: 3, lookups: 4000, largest: 10_000 }),
  },
  {
    name: 'pastry-fig-5',
    full: () => pastryFigure5({ rings: 4, lookups: 30_000 }),
    quick: () => pastryFigure5({ rings: 1, lookups: 20_000 }),
  },
  {
    name: 'kademlia-ideal',
    full: () => kademliaIdeal({ rings: 3, lookups: 5000, largest: 100_000 }),
    quick: () => kademliaIdeal({ rings: 2, lookups: 1000, largest: 10_000 }),
  },
  {
    name: 'joined',
    full: () => joinedAgainstBuilt({ nodes: 1000, seeds: 4, lookups: 5000 }),
    quick: () => joinedAgainstBuilt({ nodes: 150, seeds: 2, lookups: 2000 }),
  },
];

const options = await yargs(hideBin(process.argv))
  .scriptName('npm run validate:overlay --')
  .usage('$0 [options]\n\nReproduces the published tables of Chord, Kademlia and Pastry: ours, the paper\'s, the difference, and whether it keeps its limit. In full about 25 minutes.')
  .example('$0 --quick', 'All tables, small: a minute')
  .example('$0 --only pastry', 'Some of them')
  .option('quick', { type: 'boolean', default: false, describe: 'Fewer rings and smaller sizes' })
  .option('only', { type: 'string', array: true, default: [''], describe: `Names to run, by part: ${VALIDATIONS.map(({ name }) => name).join(', ')}` })
  .option('out', { type: 'string', describe: 'Also write the tables to this Markdown file' })
  .strict()
  .help().argv;

const { only } = options;
const chosen = VALIDATIONS.filter(({ name }) => only.some((part) => name.includes(part)));
if (chosen.length === 0) {
  console.error(`--only ${only.join(' ')}: no such table; expected part of ${VALIDATIONS.map(({ name }) => name).join(', ')}`);
  process.exitCode = 2;
}
const tables: ComparisonTable[] = [];
for (const validation of chosen) {
  const startMs = clockMs();
  const table = options.quick ? validation.quick() : validation.full();
  tables.push(table);
  console.log(formatTable(table));
  console.log(`${validation.name}: ${((clockMs() - startMs) / 1000).toFixed(1)} s\n`);
  // After each, so that what was measured is kept if a later one fails.
  if (options.out !== undefined) writeFileSync(options.out, page(tables));
}
if (chosen.length > 0) console.log(verdict(tables));
if (judged(tables).includes(false)) process.exitCode = 1;

function judged(all: readonly ComparisonTable[]): boolean[] {
  return all.flatMap(({ rows }) => rows.map(holds)).filter((held) => held !== undefined);
}

function verdict(all: readonly ComparisonTable[]): string {
  const held = judged(all);
  return `${held.filter(Boolean).length} limits held, ${held.filter((one) => !one).length} missed`;
}

function page(all: readonly ComparisonTable[]): string {
  const command = ['npm run validate:overlay --', ...(options.quick ? ['--quick'] : []), ...only.filter((part) => part !== '').map((part) => `--only ${part}`), `--out ${options.out ?? ''}`].join(' ');
  return [
    '# Overlay tables',
    '',
    `Written by \`${command}\`; ${verdict(all)}. Definitions, sources and what is behind a miss: [models/overlay](../models/overlay.md). "±" is the half-width of the 95 % interval across rings`,
    'or seeds. Rows without a limit are shown only; lookups per second are those of the machine of the day.',
    '',
    ...all.map(markdownTable),
  ].join('\n');
}
