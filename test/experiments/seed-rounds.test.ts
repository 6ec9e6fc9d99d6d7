import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readResults } from '../../experiments/results/reader.ts';
import { judgeRound, seedsUpTo } from '../../experiments/seed-rounds.ts';
import type { TrialRecord } from '../../experiments/results/trial-result.ts';
import { studentInterval } from '../../reports/statistics/student-interval.ts';
import { relativeHalfWidth } from '../../reports/statistics/interval.ts';
import { command, configFile, resultBytes } from './cli/command.ts';
import { refusal, study } from './config/study-source.ts';
import { temporaryFolder } from './temporary-folder.ts';

const NARROW = 'name: narrow\nsystems: [no-reuse, p2p]\nseeds: 3\nprecision: 6%\nmeasure: {requests: 20}\nsweep: {placement.replicas: [2, 3]}\n';

describe('the keys of sequential stopping', () => {
  it('are read, written back, and off by default', () => {
    expect(study('name: a').precision).toBeUndefined();
    const { precision, canonical } = study('name: a\nprecision: 2.5%\nprecisionMetrics: [ttftP99Ms]\nmaxSeeds: 30');
    expect(precision).toEqual({ relative: 0.025, metrics: ['ttftP99Ms'], maxSeeds: 30 });
    expect(canonical).toMatchObject({ precision: '2.5%', precisionMetrics: ['ttftP99Ms'], maxSeeds: 30 });
    expect(study('name: a\nprecision: 2%').precision?.metrics).toEqual(['ttftMeanMs']);
  });

  it.each([
    ['name: a\nprecision: 0.02', 'c.yaml:2:1: precision: 0.02: expected a percentage such as 2%, or none'],
    ['name: a\nprecision: 0%', 'expected a percentage such as 2%'],
    ['name: a\nprecisionMetrics: [ttftMeanMs]', 'c.yaml:2:1: precisionMetrics: nothing is done with it without precision'],
    ['name: a\nprecision: 2%\nprecisionMetrics: [ttftMean]', 'did you mean ttftMeanMs?'],
    ['name: a\nprecision: 2%\nmaxSeeds: 4', 'c.yaml:3:1: maxSeeds: 4: fewer than the 5 seeds to begin with'],
  ])('%j is refused', (yaml, line) => {
    expect(refusal(yaml)).toContain(line);
  });
});

describe('seeds that are added', () => {
  it('are the whole numbers that the config does not name', () => {
    expect(seedsUpTo(['1', '2'], 4)).toEqual(['1', '2', '3', '4']);
    expect(seedsUpTo(['2', 'lucky'], 5)).toEqual(['2', 'lucky', '1', '3', '4']);
    expect(seedsUpTo(['1', '2', '3'], 2)).toEqual(['1', '2', '3']);
  });

  it('end when every interval is narrow, at most double, and never pass the cap', () => {
    const records = (...rows: number[][]): TrialRecord[] => rows.flatMap((values, row) => values.map((ttftMeanMs, i): TrialRecord => ({
      key: { index: 0, cell: { row }, system: 'p2p', seed: String(i) }, digest: '', metrics: { ttftMeanMs }, labels: {}, flags: {}, queryRows: 0,
    })));
    const rule = { relative: 0.02, metrics: ['ttftMeanMs'], maxSeeds: 50 };
    expect(judgeRound(records([10, 10, 10], [7, 7, 7]), 3, rule)).toMatchObject({ seeds: 3, stopping: { reached: 0 } });
    expect(judgeRound(records([10, 10, 10], [5, 7, 9]), 3, rule).seeds).toBe(6);
    expect(judgeRound(records([10, 10]), 2, rule).seeds).toBeGreaterThan(2);
    expect(judgeRound(records([-1, 1, 0]), 3, { ...rule, maxSeeds: 4 })).toMatchObject({ seeds: 4, stopping: { reached: null } });
    expect(judgeRound(records([1, 5, 9, 2]), 4, { ...rule, maxSeeds: 4 }).seeds).toBe(4);
  });
});

describe('a study with a precision', () => {
  it('stops once every interval is that narrow, and not a round before', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    expect((await command([configFile(folder, NARROW), '--out', out, '--jobs', '1'])).code).toBe(0);
    const { manifest, trials } = await readResults(out);
    const n = manifest.seeds.length;
    expect(n).toBeGreaterThan(3);
    expect(trials.map(({ key }) => key.index)).toEqual(Array.from({ length: 4 * n }, (_, i) => i));
    expect(manifest).toMatchObject({ trials: 4 * n, runs: 3 * n, stopping: { precision: 0.06, maxSeeds: 50 } });
    const widths = (seeds: number): number[] => [0, 1, 3].map((row) => relativeHalfWidth(studentInterval(trials.slice(row * n, row * n + seeds).map(({ metrics }) => metrics['ttftMeanMs']))));
    expect(Math.max(...widths(n))).toBeLessThanOrEqual(0.06);
    expect(manifest.stopping!.reached).toBeCloseTo(Math.max(...widths(n)), 9);
    expect(Math.max(...widths(3))).toBeGreaterThan(0.06);
    // The second cell of no reuse shares the runs of the first, seed by seed.
    expect(trials.slice(2 * n, 3 * n).map(({ sharedWith }) => sharedWith)).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  it('gives the same bytes with two workers, and as a study that states the seeds it came to, but for what it says of them', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder, NARROW);
    const [one, two, stated] = ['one', 'two', 'stated'].map((name) => join(folder, name));
    await command([config, '--out', one, '--jobs', '1']);
    await command([config, '--out', two, '--jobs', '2']);
    expect(resultBytes(two)).toEqual(resultBytes(one));
    const { manifest } = await readResults(one);
    await command([config, '--out', stated, '--jobs', '1', '--set', 'precision=none', '--seeds', String(manifest.seeds.length)]);
    for (const file of ['trials.jsonl', 'summary.csv', 'queries.parquet']) expect(resultBytes(stated)[file], file).toBe(resultBytes(one)[file]);
  });

  it('resumes from any point of its log to the same bytes, and finds a finished folder finished', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder, NARROW);
    const [whole, out] = [join(folder, 'whole'), join(folder, 'out')];
    await command([config, '--out', whole, '--jobs', '1']);
    const stop = new AbortController();
    const stopped = command([config, '--out', out, '--jobs', '1'], { interrupted: stop.signal });
    // Into the second round.
    while (!existsSync(join(out, 'trials.jsonl')) || readFileSync(join(out, 'trials.jsonl'), 'utf8').split('\n').length < 15) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort(130);
    expect((await stopped).code).toBe(130);
    const log = readFileSync(join(out, 'trials.jsonl'));
    for (const keep of [0, Math.floor(log.length / 3), log.length]) {
      writeFileSync(join(out, 'trials.jsonl'), log.subarray(0, keep));
      expect((await command([config, '--out', out, '--jobs', '1', '--resume'])).code).toBe(0);
      expect(resultBytes(out)).toEqual(resultBytes(whole));
      expect((await command([config, '--out', out, '--jobs', '1', '--resume'])).code).toBe(0);
      expect(resultBytes(out)).toEqual(resultBytes(whole));
      rmSync(out, { recursive: true });
      const again = new AbortController();
      again.abort(130);
      await command([config, '--out', out, '--jobs', '1'], { interrupted: again.signal });
    }
  });

  it('that cannot be reached ends at the cap and says so', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    await command([configFile(folder, `${NARROW.replace('6%', '0.01%')}maxSeeds: 7\n`), '--out', out, '--jobs', '1']);
    const { manifest } = await readResults(out);
    expect(manifest.seeds).toHaveLength(7);
    expect(manifest.stopping!.reached).toBeGreaterThan(0.0001);
  });
});
