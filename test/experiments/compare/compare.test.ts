import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import seedrandom from 'seedrandom';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonRules } from '../../../experiments/compare/comparison.ts';
import { compareSides, isRegression } from '../../../experiments/compare/comparison.ts';
import { baselineText, readBaseline } from '../../../experiments/compare/baseline.ts';
import { runCompare } from '../../../experiments/compare/run.ts';
import type { Side } from '../../../experiments/compare/side.ts';
import { readSide, sideOf } from '../../../experiments/compare/side.ts';
import { executeTrial } from '../../../experiments/engines/execute-trial.ts';
import { planTrials } from '../../../experiments/plan.ts';
import * as simulation from '../../../experiments/simulation.ts';
import { peersWin, REPLICAS } from '../../reports/behaviours.ts';
import { writeSyntheticResults } from '../../reports/synthetic-results.ts';
import { overlayStudy } from '../config/study-source.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const RULES: ComparisonRules = { metrics: ['hopsMean', 'messagesPerLookup', 'correctShare'], level: 0.95, margin: 0 };
const POOL = 400;

/** Metrics of Chord rings of 64 nodes, by seed, as the simulation gives them. */
let pool: ReadonlyMap<string, Readonly<Record<string, number>>>;

/** A side of one row with these seeds of the pool; `slower` multiplies the hops. */
function sideOfSeeds(seeds: readonly string[], slower = 1): Side {
  const values = new Map(RULES.metrics.map((metric) => [metric, new Map(seeds.map((seed) => [seed, pool.get(seed)![metric] * (metric === 'hopsMean' ? slower : 1)]))]));
  return { path: 'pool', name: 'pool', configHash: 'same', seeds, systems: [], rows: [{ cell: {}, system: 'chord', run: 0, values }] };
}

/** Two sets of `size` seeds that share none, drawn from the pool. */
function disjointSets(name: string, size: number): [string[], string[]] {
  const random = seedrandom.alea(name);
  const seeds = [...pool.keys()].map((seed): [number, string] => [random(), seed]).sort((a, b) => a[0] - b[0]).map(([, seed]) => seed);
  return [seeds.slice(0, size), seeds.slice(size, 2 * size)];
}

const fails = (before: Side, after: Side): boolean => compareSides(before, after, RULES).rows.some(isRegression);

beforeAll(() => {
  const study = overlayStudy(`name: a\nstudy: overlay\nsystems: [chord]\nseeds: ${POOL}\nnodes: 64\nlookups: {count: 150}\n`);
  pool = new Map(planTrials(study).map(({ key, config }) => [key.seed, executeTrial(simulation, { key, config }).outcome.metrics]));
}, 60_000);

describe('a comparison', () => {
  it('of an unchanged program on the same seeds differs by exactly 0', () => {
    for (let i = 0; i < 100; i++) {
      const [seeds] = disjointSets(`same ${i}`, 5);
      const { rows } = compareSides(sideOfSeeds(seeds), sideOfSeeds(seeds), RULES);
      expect(rows.map(({ verdict, difference }) => [verdict, difference.estimate])).toEqual(RULES.metrics.map(() => ['equal', 0]));
    }
  });

  it('of disjoint sets of seeds of the same program fails at most 8 times in 100', () => {
    let failures = 0;
    for (let i = 0; i < 100; i++) {
      const [before, after] = disjointSets(`disjoint ${i}`, 5).map((seeds) => sideOfSeeds(seeds));
      if (fails(before, after)) failures += 1;
    }
    expect(failures).toBeLessThanOrEqual(8);
  });

  it('with many settings and metrics still fails at most 8 times in 100, and would not without the correction', () => {
    const random = seedrandom.alea('many settings');
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const side = (seeds: readonly string[]): Side => ({
      path: 'drawn', name: 'drawn', configHash: 'same', seeds, systems: [],
      rows: Array.from({ length: 12 }, (_, run) => ({
        cell: { run }, system: 'chord', run, values: new Map(RULES.metrics.map((metric) => [metric, new Map(seeds.map((seed) => [seed, 10 + normal()]))])),
      })),
    });
    let [failures, uncorrected] = [0, 0];
    for (let i = 0; i < 100; i++) {
      const [before, after] = [side(['1', '2', '3', '4', '5']), side(['6', '7', '8', '9', '10'])];
      if (fails(before, after)) failures += 1;
      // A joint level of 1 − 36 · 5 % would be none; 36 single intervals of 95 % are what one row each gives.
      const alone = before.rows.some((row, k) => RULES.metrics.some((metric) => compareSides({ ...before, rows: [row] }, { ...after, rows: [after.rows[k]] }, { ...RULES, metrics: [metric] }).rows.some(isRegression)));
      if (alone) uncorrected += 1;
    }
    expect(failures).toBeLessThanOrEqual(8);
    expect(uncorrected).toBeGreaterThan(25);
  });

  it('fails every time for 5 % more hops, on the same seeds and on disjoint sets of thirty', () => {
    for (let i = 0; i < 100; i++) {
      const [seeds] = disjointSets(`slower ${i}`, 5);
      expect(fails(sideOfSeeds(seeds), sideOfSeeds(seeds, 1.05)), `pair ${i}`).toBe(true);
      expect(fails(sideOfSeeds(seeds, 1.05), sideOfSeeds(seeds)), `pair ${i} the other way round`).toBe(false);
      const [before, after] = disjointSets(`slower, disjoint ${i}`, 30);
      expect(fails(sideOfSeeds(before), sideOfSeeds(after, 1.05)), `disjoint pair ${i}`).toBe(true);
    }
  });

  it('asks the direction of each metric, the margin, and that no metric is lost', () => {
    const seeds = [...pool.keys()].slice(0, 5);
    const [before, slower] = [sideOfSeeds(seeds), sideOfSeeds(seeds, 1.005)];
    expect(fails(before, slower)).toBe(true);
    expect(compareSides(before, slower, { ...RULES, margin: 0.01 }).rows.some(isRegression)).toBe(false);
    const [row] = before.rows;
    const lost: Side = { ...before, rows: [{ ...row, values: new Map([...row.values].filter(([metric]) => metric !== 'correctShare')) }] };
    expect(compareSides(before, lost, RULES).rows.map(({ verdict }) => verdict)).toEqual(['equal', 'equal', 'gone']);
    const wrong: Side = { ...before, rows: [{ ...row, values: new Map([['correctShare', new Map(seeds.map((seed, i) => [seed, 0.9 + i / 1000]))]]) }] };
    const perfect: Side = { ...before, rows: [{ ...row, values: new Map([['correctShare', new Map(seeds.map((seed) => [seed, 1]))]]) }] };
    expect(compareSides(perfect, wrong, RULES).rows[0].verdict).toBe('worse');
    expect(compareSides(wrong, perfect, RULES).rows[0].verdict).toBe('better');
  });

  it('calls nothing from a single seed that changed', () => {
    const { rows } = compareSides(sideOfSeeds(['1']), sideOfSeeds(['1'], 1.05), RULES);
    expect(rows.map(({ verdict }) => verdict)).toEqual(['unclear', 'equal', 'equal']);
  });
});

describe('a baseline', () => {
  it('keeps every digit, is small, and compares like the folder it was made from', async () => {
    const folder = temporaryFolder();
    await writeSyntheticResults(folder, { sweep: [REPLICAS], behaviour: peersWin, queriesPerTrial: 20 });
    const side = await readSide(folder);
    const file = join(temporaryFolder(), 'baseline.json');
    const saved = await runCompare([folder, '--save', file, '--metrics', 'ttftMeanMs,hitRate'], 100);
    expect(saved.text).toContain('12 rows, 5 seeds, 2 metrics');
    expect(statSync(file).size).toBeLessThan(6000);
    for (const row of readBaseline(file).rows) {
      const own = side.rows.find(({ cell, system }) => system === row.system && JSON.stringify(cell) === JSON.stringify(row.cell))!;
      expect([...row.values]).toEqual([...own.values].filter(([metric]) => ['ttftMeanMs', 'hitRate'].includes(metric)).sort(([a]) => (a === 'ttftMeanMs' ? -1 : 1)));
    }
    const { text, code } = await runCompare([file, folder], 100);
    expect(code).toBe(0);
    expect(text).toContain('24 comparisons: 24 equal');
  });

  it('counts settings that the same runs serve once', () => {
    const metrics = { hopsMean: 3 };
    const trial = (index: number, replicas: number, sharedWith?: number): Parameters<typeof sideOf>[1]['trials'][number] => ({
      key: { index, cell: { replicas }, system: 'no-reuse', seed: '1' }, digest: '0', metrics, labels: {}, flags: {}, queryRows: 0, ...(sharedWith === undefined ? {} : { sharedWith }),
    });
    const side = sideOf('x', { manifest: { name: 'x', configHash: 'x', seeds: ['1'], systems: [] } as never, trials: [trial(0, 2), trial(1, 3, 0), trial(2, 4, 0)] });
    expect(compareSides(side, side, RULES).rows).toHaveLength(1);
    expect(baselineText(side, ['hopsMean']).split('\n').filter((line) => line.includes('"run":0'))).toHaveLength(3);
  });
});

describe('the command', () => {
  it('prints aligned rows, worse first, and exits with 1 where something is worse', async () => {
    const [before, after] = [temporaryFolder(), temporaryFolder()];
    await writeSyntheticResults(before, { sweep: [REPLICAS], behaviour: peersWin, queriesPerTrial: 20 });
    await writeSyntheticResults(after, { sweep: [REPLICAS], behaviour: (cell, system) => ({ ...peersWin(cell, system), ...(system === 'p2p' && cell['placement.replicas'] === 3 ? { metrics: { hitRate: 0.5 } } : {}) }), queriesPerTrial: 20 });
    const { text, code } = await runCompare([before, after, '--metrics', 'hitRate'], 120);
    expect(code).toBe(1);
    const rows = text.split('\n').filter((line) => line.includes('Hit rate'));
    expect(rows[0]).toMatch(/^WORSE +Hit rate +P2P-RAGCache +replicas=3 +80\.0\s% +−30\.0\s% \[.*\] +−37\.5 %$/u);
    expect(text.endsWith('Result: worse')).toBe(true);
  });

  it('refuses what holds no results, in one line with exit code 2', async () => {
    const run = (...paths: string[]): ReturnType<typeof spawnSync> => spawnSync(process.execPath, ['--import', 'tsx', 'experiments/compare.ts', ...paths], { encoding: 'utf8' });
    const empty = temporaryFolder();
    const { status, stderr, stdout } = run(empty, empty);
    expect([status, stdout, stderr]).toEqual([2, '', `compare: ${empty} is no results folder: it has no manifest.json\n`]);
    const message = async (...argv: string[]): Promise<string> => runCompare(argv, 100).then(() => 'accepted', (error: unknown) => (error as Error).message);
    expect(await message('one')).toMatch(/^1 folder given; expected two/);
    expect(await message('nowhere', 'nowhere')).toMatch(/^nowhere: no such folder or file/);
    expect(await message('package.json', 'package.json')).toMatch(/^package\.json: is no baseline/);
    expect(await message('a', 'b', '--metrics', 'hopMean')).toBe('--metrics hopMean: no such metric; did you mean hopsMean?');
    expect(await message('a', 'b', '--level', '95')).toMatch(/^--level 95: expected a percentage/);
    const results = temporaryFolder();
    await writeSyntheticResults(results, { behaviour: peersWin, queriesPerTrial: 0 });
    expect(await message(results, results, '--metrics', 'hopsMean')).toMatch(/^--metrics hopsMean: .* does not report it; it reports /);
    const unfinished = join(temporaryFolder(), 'copy');
    cpSync(results, unfinished, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(unfinished, 'manifest.json'), 'utf8')) as object;
    writeFileSync(join(unfinished, 'manifest.json'), JSON.stringify({ ...manifest, complete: false }));
    expect(await message(results, unfinished)).toMatch(/is unfinished; complete it with --resume first$/);
    expect(await message(results, '.ci/regression/overlay.json')).toMatch(/in common/);
  });

  it('explains itself', async () => {
    const { text, code } = await runCompare(['--help'], 100);
    expect(code).toBe(0);
    for (const piece of ['--metrics', '--margin', '--save', 'npm run compare -- results/main results/branch', 'Exit codes']) expect(text).toContain(piece);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('has baselines of the studies that CI runs', () => {
    for (const name of ['overlay', 'serving']) {
      expect(existsSync(`.ci/regression/${name}.yaml`)).toBe(true);
      expect(readBaseline(`.ci/regression/${name}.json`).name).toBe(`regression-${name}`);
    }
  });
});
