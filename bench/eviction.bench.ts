/** Hit rates of the eviction policies on drawn and recorded references, beside theory and the optimum. No clock is read: the numbers repeat. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import yargs from 'yargs';
import { readLines } from '../experiments/files/read-lines.ts';
import { admissionPolicy } from '../protocols/store/admission.ts';
import type { AdmissionName } from '../protocols/store/admission.ts';
import { optimalHits } from '../protocols/store/belady.ts';
import { EVICTION_POLICIES, evictionPolicy } from '../protocols/store/eviction-policies.ts';
import type { EvictionPolicyName } from '../protocols/store/eviction-policies.ts';
import { cheFifoHitRate, cheLruHitRate, topMass } from '../protocols/store/hit-rate-theory.ts';
import { replayReferences } from '../protocols/store/reference-replay.ts';
import { TieredStore } from '../protocols/store/tiered-store.ts';
import { RandomStream } from '../sim/kernel/random-stream.ts';
import { Zipf } from '../sim/kernel/zipf.ts';
import { openTrace } from '../workloads/traces/open-trace.ts';
import type { Bench } from './bench.ts';
import { drawHitRates } from './hit-rate-chart.ts';
import type { HitRates } from './hit-rate-chart.ts';

const MOONCAKE = '../shared/data/traces/mooncake_synthetic.jsonl';
const ENTRIES = 20_000;
const WARM_UP = 300_000;
const COUNTED = 1_000_000;
/** With these a store admits before it evicts. */
const WITH_ADMISSION = [
  ['lru', 'tinylfu'],
  ['lru', 'second-hit'],
] as const satisfies [EvictionPolicyName, AdmissionName][];

/** One line of a table: hit rates by capacity. */
type Row = HitRates;

/** Without those that are refined by admission. */
const policiesOf = (rows: readonly Row[]): Row[] => rows.filter(({ name }) => (EVICTION_POLICIES as readonly string[]).includes(name));

export const bench: Bench = {
  name: 'eviction',
  describe: 'hit rate of each eviction policy on Zipf references and a recorded trace, against theory and the optimum, in percent',
  async run(args) {
    const options = await yargs(args)
      .scriptName('npm run bench -- eviction')
      .option('trace', { type: 'string', default: MOONCAKE, describe: 'trace with block hashes, in any format that workloads read' })
      .option('charts', { type: 'string', describe: 'folder for eviction-zipf.png and eviction-trace.png: the policies below the optimum' })
      .strict()
      .parseAsync();
    const chart = (name: string): string | undefined => (options.charts === undefined ? undefined : join(options.charts, name));
    for (const exponent of [0.7, 0.9, 1.1]) await rankOnZipf(exponent, exponent === 0.9 ? chart('eviction-zipf.png') : undefined);
    rankOnSizes();
    if (existsSync(options.trace)) await rankOnTrace(options.trace, chart('eviction-trace.png'));
    else console.log(`\nno trace at ${options.trace}: left out`);
  },
};

function storeOf(policy: EvictionPolicyName, capacityBytes: number, admission: AdmissionName = 'always'): TieredStore {
  return new TieredStore([{ name: 'memory', capacityBytes }], (tier) => evictionPolicy(policy, tier), undefined, { admission: admissionPolicy(admission) });
}

/** Rows of all policies, best mean first. */
function ranked(rate: (policy: EvictionPolicyName, admission: AdmissionName, capacity: number) => number, capacities: readonly number[]): Row[] {
  const plain = EVICTION_POLICIES.map((policy) => [policy, 'always'] as const);
  const rows = [...plain, ...WITH_ADMISSION].map(([policy, admission]) => ({
    name: admission === 'always' ? policy : `${policy} + ${admission}`,
    rates: capacities.map((capacity) => rate(policy, admission, capacity)),
  }));
  const mean = ({ rates }: Row): number => rates.reduce((sum, value) => sum + value, 0) / rates.length;
  return rows.sort((a, b) => mean(b) - mean(a));
}

async function rankOnZipf(exponent: number, chart: string | undefined): Promise<void> {
  const zipf = new Zipf(ENTRIES, exponent);
  const stream = new RandomStream(`eviction zipf ${exponent}`);
  const references = Int32Array.from({ length: WARM_UP + COUNTED }, () => zipf.sample(stream));
  const probabilities = Float64Array.from({ length: ENTRIES }, (_, rank) => zipf.probability(rank));
  const capacities = [100, 1000, 5000, 15_000];
  const rows = ranked((policy, admission, capacity) => {
    const { hits, references: counted } = replayReferences(references, storeOf(policy, capacity, admission), { warmUp: WARM_UP });
    return hits / counted;
  }, capacities);
  const optimum = { name: 'optimum (Belady)', rates: capacities.map((capacity) => optimalHits(references, capacity, WARM_UP) / COUNTED) };
  if (chart !== undefined) await drawHitRates(chart, `Zipf ${exponent}, ${ENTRIES} entries`, 'Entries held (log scale)', capacities, policiesOf(rows), optimum);
  print(`Zipf ${exponent}, ${ENTRIES} entries of one size, ${COUNTED} references after ${WARM_UP}`, 'entries held', capacities, [
    optimum,
    ...rows,
    { name: 'theory: most popular C', rates: capacities.map((capacity) => topMass(probabilities, capacity)) },
    { name: 'theory: LRU (Che)', rates: capacities.map((capacity) => cheLruHitRate(probabilities, capacity)) },
    { name: 'theory: FIFO', rates: capacities.map((capacity) => cheFifoHitRate(probabilities, capacity)) },
  ]);
}

/** Sizes vary hundredfold and do not depend on popularity. */
function rankOnSizes(): void {
  const zipf = new Zipf(ENTRIES, 0.9);
  const stream = new RandomStream('eviction sizes');
  const sizes = Float64Array.from({ length: ENTRIES }, () => Math.max(1, Math.min(10_000, Math.round(stream.logNormal(Math.log(100), 1.2)))));
  const references = Int32Array.from({ length: WARM_UP + COUNTED }, () => zipf.sample(stream));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const capacities = [0.01, 0.05, 0.25].map((share) => Math.round(share * total));
  const byHits = new Map<string, number>();
  const options = { warmUp: WARM_UP, sizeBytes: (id: number) => sizes[id] };
  const rows = ranked((policy, admission, capacity) => {
    const counts = replayReferences(references, storeOf(policy, capacity, admission), options);
    byHits.set(`${policy}${admission}${capacity}`, counts.hitBytes / counts.referencedBytes);
    return counts.hits / counts.references;
  }, capacities);
  const title = `Zipf 0.9, ${ENTRIES} entries of log-normal size (mean ${(total / ENTRIES).toFixed(0)}, 1 to 10 000)`;
  print(`${title}: hits by count`, '% of corpus', [1, 5, 25], rows);
  const byBytes = ranked((policy, admission, capacity) => byHits.get(`${policy}${admission}${capacity}`) ?? NaN, capacities);
  const costed = capacities.map((capacity) => {
    const counts = replayReferences(references, storeOf('gdsf', capacity), { ...options, cost: options.sizeBytes });
    return counts.hitBytes / counts.referencedBytes;
  });
  print(`${title}: hits by byte`, '% of corpus', [1, 5, 25], [...byBytes, { name: 'gdsf, cost = size', rates: costed }]);
}

async function rankOnTrace(file: string, chart: string | undefined): Promise<void> {
  const references: number[] = [];
  for (const { blocks = [] } of openTrace(readLines(file), { file }).records) references.push(...blocks);
  const distinct = new Set(references).size;
  const capacities = [500, 2000, 8000, 20_000];
  const rows = ranked((policy, admission, capacity) => replayReferences(references, storeOf(policy, capacity, admission)).hits / references.length, capacities);
  const optimum = { name: 'optimum (Belady)', rates: capacities.map((capacity) => optimalHits(references, capacity) / references.length) };
  if (chart !== undefined) await drawHitRates(chart, `Recorded trace, ${distinct} blocks`, 'Blocks held (log scale)', capacities, policiesOf(rows), optimum);
  print(`${file}: ${references.length} block references, ${distinct} blocks, each reference by itself, from empty`, 'blocks held', capacities, [
    { name: 'unbounded', rates: capacities.map(() => 1 - distinct / references.length) },
    optimum,
    ...rows,
  ]);
}

function print(title: string, unit: string, capacities: readonly number[], rows: readonly Row[]): void {
  const width = Math.max(unit.length, ...rows.map(({ name }) => name.length));
  console.log(`\n${title}; hit rate in %`);
  console.log(unit.padEnd(width), ...capacities.map((capacity) => String(capacity).padStart(8)));
  for (const { name, rates } of rows) console.log(name.padEnd(width), ...rates.map((rate) => (100 * rate).toFixed(2).padStart(8)));
}
