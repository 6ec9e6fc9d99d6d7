/**
 * `npm run validate:overlay`: ours, the published value and the difference for every overlay table; `--quick` for a form that takes
 * seconds, `--only <part of a name>` for some of the tables. Ends with code 1 where a limit is missed.
 */
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs';
import { chordFigure10a, chordFigure10b, chordTable2, chordTable3 } from './overlay-tables/chord-tables.ts';
import { formatTable, holds } from './overlay-tables/comparison.ts';
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
    full: () => dhtComparisonHops({ seeds: 100, lookups: 200 }),
    quick: () => dhtComparisonHops({ seeds: 30, lookups: 200 }),
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
    full: () => chordTable2({ rings: 40, lookups: 2000 }),
    quick: () => chordTable2({ rings: 6, lookups: 500 }),
  },
  {
    name: 'chord-table-3',
    full: () => chordTable3({ seeds: 4, seconds: 10_000 }),
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
    full: () => joinedAgainstBuilt({ nodes: 1000, seeds: 5, lookups: 5000 }),
    quick: () => joinedAgainstBuilt({ nodes: 150, seeds: 2, lookups: 2000 }),
  },
];

const options = await yargs(hideBin(process.argv))
  .scriptName('validate:overlay')
  .option('quick', { type: 'boolean', default: false, describe: 'Fewer rings and smaller sizes' })
  .option('only', { type: 'string', describe: `Names to run, by part: ${VALIDATIONS.map(({ name }) => name).join(', ')}` })
  .strict()
  .help().argv;

const only = options.only ?? '';
const chosen = VALIDATIONS.filter(({ name }) => name.includes(only));
if (chosen.length === 0) {
  console.error(`--only ${only}: no such table; expected part of ${VALIDATIONS.map(({ name }) => name).join(', ')}`);
  process.exitCode = 2;
}
let missed = 0;
let held = 0;
for (const validation of chosen) {
  const startMs = clockMs();
  const table = options.quick ? validation.quick() : validation.full();
  console.log(formatTable(table));
  for (const row of table.rows) {
    if (holds(row) === true) held++;
    if (holds(row) === false) missed++;
  }
  console.log(`${validation.name}: ${((clockMs() - startMs) / 1000).toFixed(1)} s\n`);
}
if (chosen.length > 0) console.log(`${held} limits held, ${missed} missed`);
if (missed > 0) process.exitCode = 1;
