import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInspect } from '../../../experiments/inspect/run.ts';
import { ATTRIBUTION_PARTS } from '../../../experiments/results/query-columns.ts';
import { QueryReader, readResults } from '../../../experiments/results/reader.ts';
import { peersWin, REPLICAS } from '../../reports/behaviours.ts';
import { writeSyntheticResults } from '../../reports/synthetic-results.ts';
import { temporaryFolder } from '../temporary-folder.ts';

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'p2p-ragcache-'));
  await writeSyntheticResults(folder, { sweep: [REPLICAS], seeds: ['1', '2'], behaviour: peersWin, queriesPerTrial: 50 });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const tell = (...options: string[]): Promise<string> => runInspect([folder, ...options], 110);
const refusal = (...argv: string[]): Promise<string> => runInspect(argv, 110).then(() => 'accepted', (error: unknown) => (error as Error).message);

/** A time as the text shows it, in ms. */
function shownMs(line: string): number {
  const [, number, unit] = /([\d,.]+)\s(s|ms|µs)\b/.exec(line)!;
  return Number(number.replaceAll(',', '')) * { s: 1000, ms: 1, µs: 0.001 }[unit as 's' | 'ms' | 'µs'];
}

describe('the story of a request', () => {
  it('says what queries.parquet holds, part by part', async () => {
    const text = await tell('--request', '17', '--trial', '9');
    const results = await readResults(folder);
    expect(results.trials[9].key).toMatchObject({ system: 'no-reuse', seed: '2', cell: { 'placement.replicas': 3 } });
    expect(text).toMatch(/^Request 17 of trial 9: No reuse, placement\.replicas=3, seed 2\n/);
    const queries = (await QueryReader.open(results))!;
    const row = await queries.read(9, ['ttftNs', 'node', ...ATTRIBUTION_PARTS.map((part) => `${part}Ns`)]);
    await queries.close();
    expect(text).toContain(`served by node ${String(row['node'][17])}`);
    const lines = text.split('\n');
    for (const [part, label] of [['retrieval', 'Retrieval'], ['queueing', 'Queueing'], ['prefill', 'Prefill']] as const) {
      const line = lines.find((each) => each.startsWith(label))!;
      expect(shownMs(line), label).toBeCloseTo(Number(row[`${part}Ns`][17]) / 1e6, 0);
    }
    expect(shownMs(lines.find((each) => each.startsWith('Time to first token '))!)).toBeCloseTo(Number(row['ttftNs'][17]) / 1e6, 0);
    expect(lines.some((each) => each.startsWith('Transfer'))).toBe(false);
  });

  it('places parts in their order: each bar begins where the one before ends, the last at the right edge', async () => {
    const lines = (await tell('--request', 'median', '--trial', '12')).split('\n');
    const edge = lines.find((line) => line.startsWith('Part'))!.indexOf('0 ─');
    const bars = lines.filter((line) => line.includes('█')).map((line) => [line.indexOf('█') - edge, line.lastIndexOf('█') + 1 - edge]);
    expect(bars.length).toBeGreaterThan(4);
    bars.slice(1).forEach(([from], i) => { expect(Math.abs(from - bars[i][1])).toBeLessThanOrEqual(1); });
    expect(bars.at(-1)![1]).toBe(40);
  });

  it('finds requests by rank, and the same request under every system', async () => {
    const slowest = await tell('--request', 'slowest', '--system', 'central-disk', '--seed', '2');
    expect(slowest).toContain('rank 50 of 50 (faster than 0 %');
    expect(slowest).toMatch(/trial 3: Central disk, .*seed 2/);
    expect(await tell('--request', 'fastest')).toMatch(/trial 6: P2P-RAGCache[^]*rank 1 of 50/);
    const table = slowest.slice(slowest.indexOf('The same request under every system')).split('\n').slice(4);
    expect(table.map((line) => line.split(/ {2,}/)[0])).toEqual(['No reuse', 'Central disk', 'Central memory', 'P2P-RAGCache']);
    const lines = slowest.split('\n');
    expect(shownMs(table[1])).toBe(shownMs(lines.find((line) => line.startsWith('Time to first token'))!));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('refuses what is not there, in one line', async () => {
    expect(await refusal(folder, '--request', '50')).toBe('--request 50: not measured in trial 6; its 50 measured requests have ids from 0 to 49');
    expect(await refusal(folder, '--request', 'slow')).toMatch(/^--request slow: expected a whole number, or one of fastest, median/);
    expect(await refusal(folder)).toMatch(/^no request given/);
    expect(await refusal(folder, '--request', '1', '--trial', '24')).toMatch(/has the trials 0 to 23$/);
    expect(await refusal(folder, '--request', '1', '--trial', '0', '--system', 'p2p')).toMatch(/^--trial 0 is of no-reuse, not of p2p/);
    expect(await refusal(folder, '--request', '1', '--system', 'central-dsk')).toMatch(/did you mean central-disk\?$/);
    expect(await refusal(folder, '--request', '1', '--seed', '7')).toMatch(/has the seeds 1, 2$/);
    expect(await refusal(temporaryFolder(), '--request', '1')).toMatch(/is no results folder/);
    const bare = temporaryFolder();
    await writeSyntheticResults(bare, { behaviour: peersWin, queriesPerTrial: 0 });
    expect(await refusal(bare, '--request', '1')).toMatch(/holds no requests/);
    const run = spawnSync(process.execPath, ['--import', 'tsx', 'experiments/inspect.ts', folder, '--what'], { encoding: 'utf8' });
    expect([run.status, run.stdout, run.stderr]).toEqual([2, '', 'inspect: Unknown argument: what\n']);
  });

  it('keeps control characters of results out of the terminal', async () => {
    const hostile = temporaryFolder();
    await writeSyntheticResults(hostile, { systems: [{ name: 'p2p', label: '\u001b[31mred' }], behaviour: peersWin, queriesPerTrial: 5 });
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(await runInspect([hostile, '--request', '0'], 100)).not.toMatch(/\u001b/);
  });
});
