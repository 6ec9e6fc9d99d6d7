import { mkdir, writeFile } from 'node:fs/promises';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import seedrandom from 'seedrandom';
import { resultPath } from '../../experiments/results/layout.ts';
import { type Manifest, RESULTS_FORMAT, type SweptKey } from '../../experiments/results/manifest.ts';
import { ATTRIBUTION_PARTS, HIDDEN_PARTS, QUERY_COLUMNS } from '../../experiments/results/query-columns.ts';
import type { Cell, Series, TrialRecord } from '../../experiments/results/trial-result.ts';

/** What a synthetic system does in one cell: means in ms; noise is added per query and per seed. */
export interface SyntheticBehaviour {
  readonly parts: Partial<Record<(typeof ATTRIBUTION_PARTS)[number], number>>;
  readonly hidden?: Partial<Record<(typeof HIDDEN_PARTS)[number], number>>;
  readonly local?: number;
  readonly remote?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly flags?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly series?: Readonly<Record<string, Series>>;
}

export interface SyntheticStudy {
  readonly name?: string;
  readonly question?: string;
  readonly summary?: string;
  readonly systems?: readonly { name: string; label: string }[];
  readonly sweep?: readonly SweptKey[];
  readonly cells?: readonly Cell[];
  readonly seeds?: readonly string[];
  readonly queriesPerTrial?: number;
  /** Relative noise of a seed's mean; 0 makes every seed equal. */
  readonly noise?: number;
  readonly figures?: Manifest['figures'];
  readonly config?: string;
  readonly behaviour: (cell: Cell, system: string, seed: string) => SyntheticBehaviour;
}

export const FOUR_SYSTEMS = [
  { name: 'no-reuse', label: 'No reuse' },
  { name: 'central-disk', label: 'Central disk' },
  { name: 'central-memory', label: 'Central memory' },
  { name: 'p2p', label: 'P2P-RAGCache' },
];

function product(sweep: readonly SweptKey[]): Cell[] {
  return sweep.reduce<Cell[]>((cells, { key, values }) => cells.flatMap((cell) => values.map((value): Cell => ({ ...cell, [key]: value }))), [{}]);
}

/** Writes a complete results folder in the fixed layout, with invented but self-consistent numbers. */
export async function writeSyntheticResults(folder: string, study: SyntheticStudy): Promise<void> {
  const { systems = FOUR_SYSTEMS, sweep = [], seeds = ['1', '2', '3', '4', '5'], queriesPerTrial = 200, noise = 0.03 } = study;
  const cells = study.cells ?? product(sweep);
  const trials: TrialRecord[] = [];
  const columns = new Map<string, (number | string)[]>([['trial', []], ['system', []], ['seed', []], ...QUERY_COLUMNS.map(({ name }): [string, number[]] => [name, []])]);
  for (const cell of cells) {
    for (const { name: system } of systems) {
      for (const seed of seeds) trials.push(trial({ index: trials.length, cell, system, seed }, study.behaviour(cell, system, seed), queriesPerTrial, noise, columns));
    }
  }
  const manifest: Manifest = {
    format: RESULTS_FORMAT,
    package: { name: 'p2p-ragcache', version: '0.1.0' },
    name: study.name ?? 'synthetic',
    question: study.question ?? 'How many replicas should each chunk have?',
    summary: study.summary ?? 'Sweeps the replication factor.',
    configHash: '3f9a1c77e0d24b5fa86bb1c2d3e4f5a60718293a4b5c6d7e8f90a1b2c3d4e5f6',
    inputs: [],
    systems,
    seeds,
    sweep,
    cells,
    figures: study.figures ?? 'auto',
    trials: trials.length,
    runs: trials.length,
    complete: true,
    files: {},
    digests: Object.fromEntries(trials.map((t) => [String(t.key.index), t.digest])),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(resultPath(folder, 'manifest'), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(resultPath(folder, 'trials'), trials.map((t) => `${JSON.stringify(t)}\n`).join(''));
  await writeFile(resultPath(folder, 'config'), study.config ?? `name: ${JSON.stringify(manifest.name)}\nplacement:\n  replicas: 3\n`);
  if (queriesPerTrial === 0) return;
  const writer = new ByteWriter();
  const types = new Map<string, 'INT32' | 'DOUBLE' | 'STRING'>([
    ['trial', 'INT32'], ['system', 'STRING'], ['seed', 'STRING'],
    ...QUERY_COLUMNS.map(({ name, type }): [string, 'INT32' | 'DOUBLE'] => [name, type === 'int32' ? 'INT32' : 'DOUBLE']),
  ]);
  // One row group a trial, as the writer of experiments makes them.
  await parquetWrite({ writer, rowGroupSize: queriesPerTrial, columnData: [...columns].map(([name, data]) => ({ name, data, type: types.get(name) })) as never });
  await writeFile(resultPath(folder, 'queries'), writer.getBytes());
}

function trial(
  key: TrialRecord['key'],
  behaviour: SyntheticBehaviour,
  queries: number,
  noise: number,
  columns: Map<string, (number | string)[]>,
): TrialRecord {
  // Common random numbers: what a seed does to one system it does to all.
  const shared = seedrandom.alea(`seed ${key.seed}`);
  const own = seedrandom.alea(JSON.stringify([key.system, key.cell, key.seed]));
  const load = 1 + noise * (2 * shared() - 1) + 0.3 * noise * (2 * own() - 1);
  const sums = new Map<string, number>();
  const ttfts: number[] = [];
  for (let request = 0; request < queries; request++) {
    const arrival = Math.round((request * 0.5 + shared() * 0.4) * 1e9);
    const row: Record<string, number | string> = {
      trial: key.index, system: key.system, seed: key.seed, request, node: request % 20, arrivalNs: arrival, outputTokens: 64, promptTokens: 2592,
    };
    let ttft = 0;
    for (const part of ATTRIBUTION_PARTS) {
      const mean = behaviour.parts[part] ?? 0;
      const spread = part === 'queueing' ? -Math.log(1 - own()) : noise === 0 ? 1 : 0.7 + 0.6 * own();
      const ns = Math.round(mean * load * spread * 1e6);
      row[`${part}Ns`] = ns;
      ttft += ns;
      sums.set(`${part}Ms`, (sums.get(`${part}Ms`) ?? 0) + ns / 1e6);
    }
    for (const part of HIDDEN_PARTS) {
      const name = `hidden${part[0].toUpperCase()}${part.slice(1)}`;
      const ns = Math.round((behaviour.hidden?.[part] ?? 0) * load * 1e6);
      row[`${name}Ns`] = ns;
      sums.set(`${name}Ms`, (sums.get(`${name}Ms`) ?? 0) + ns / 1e6);
    }
    const hits = [own(), own(), own(), own(), own()];
    const local = hits.filter((u) => u < (behaviour.local ?? 0)).length;
    const remote = hits.filter((u) => u >= (behaviour.local ?? 0) && u < (behaviour.local ?? 0) + (behaviour.remote ?? 0)).length;
    Object.assign(row, {
      ttftNs: ttft, e2eNs: ttft + 1.2e9, unitsLocal: local, unitsRemote: remote, unitsMissed: 5 - local - remote, bytesFetched: remote * 268435456, sources: remote > 0 ? 5 : 0, hops: 2 * remote,
    });
    ttfts.push(ttft / 1e6);
    sums.set('ttftMeanMs', (sums.get('ttftMeanMs') ?? 0) + ttft / 1e6);
    for (const [name, values] of columns) values.push(row[name]);
  }
  const sorted = [...ttfts].sort((a, b) => a - b);
  const rank = (p: number): number => sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)];
  const metrics: Record<string, number> = {};
  if (queries > 0) {
    for (const [name, sum] of sums) metrics[name] = sum / queries;
    Object.assign(metrics, { ttftP50Ms: rank(50), ttftP95Ms: rank(95), ttftP99Ms: rank(99), e2eMeanMs: (sums.get('ttftMeanMs') ?? 0) / queries + 1200 });
  }
  Object.assign(metrics, {
    hitRate: (behaviour.local ?? 0) + (behaviour.remote ?? 0), hitRateLocal: behaviour.local ?? 0, hitRateRemote: behaviour.remote ?? 0, throughputRps: 2 * load, requestsCompleted: queries,
    ...behaviour.metrics,
  });
  return {
    key,
    digest: key.index.toString(16).padStart(16, '0'),
    metrics,
    labels: { busiestResource: 'GPU', ...behaviour.labels },
    flags: behaviour.flags ?? {},
    ...(behaviour.series === undefined ? {} : { series: behaviour.series }),
    queryRows: queries,
  };
}
