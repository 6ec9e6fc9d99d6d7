import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../experiments/cli/main.ts';
import { fitLogarithm } from '../../reports/statistics/logarithmic-fit.ts';
import { writeReport } from '../../reports/report.ts';

const folder = mkdtempSync(join(tmpdir(), 'overlay-report-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a config and its report; gives what the terminal shows. */
async function run(name: string, yaml: string): Promise<string> {
  const config = join(folder, `${name}.yaml`);
  writeFileSync(config, `name: ${name}\nstudy: overlay\nquestion: Which?\n${yaml}`);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await main([config, '--out', join(folder, name), '--jobs', '1'], { stdout, stderr, columns: 120, interrupted: new AbortController().signal, writeReport });
  expect(code, String(stderr.read())).toBe(0);
  return String(stdout.read());
}

const read = (study: string, file: string): string => readFileSync(join(folder, study, file), 'utf8');
const figures = (study: string): string[] => readdirSync(join(folder, study, 'figures')).filter((name) => name.endsWith('.svg')).map((name) => name.slice(0, -4));

describe('the report of an overlay study', () => {
  let table = '';
  beforeAll(async () => {
    table = await run(
      'sizes',
      `seeds: 2
sweep: {nodes: [4, 8, 16, 32]}
lookups: {count: 100}
published:
  - {source: A paper, metric: hopsMean, system: chord, over: nodes, at: [8, 64], values: [1.7, 9], note: its own way}
  - {metric: correctShare, system: pastry, values: [0.9], where: {nodes: 16}}
  - {metric: hopsMean, system: pastry, values: [77], where: {idBits: 128, nodes: 16}}
curves: [{label: ½ log₂ N, metric: hopsMean, over: nodes, factor: 0.5}]
`,
    );
    await run(
      'churn',
      `seeds: 2
sweep: {pace: [1, 4], redundancy: [2, 8]}
nodes: 20
lookups: {count: 60, rate: 5/s}
churn: {kind: exponential, session: 60s, absence: 30s, warmup: 10s}
`,
    );
  }, 60_000);

  it('draws hops, latency, messages and tables against the swept size, and no chart of requests', () => {
    expect(figures('sizes')).toEqual(expect.arrayContaining(['hops-by-nodes', 'hop-distribution', 'lookup-p50-by-nodes', 'messages-per-lookup-by-nodes', 'table-entries-by-nodes', 'correct-share-by-nodes']));
    expect(figures('sizes').join(' ')).not.toMatch(/ttft|attribution|hit-rate|utilisation/);
    expect(read('sizes', 'report.md')).not.toContain('TTFT');
  });

  it('shows published values where the study has their setting, and only there', () => {
    const rows = read('sizes', 'report.md').split('\n').filter((line) => line.includes('its own way'));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatch(/\| Mean hops \| Chord \| nodes 8 \| [\d.]+\shops \\\[.*\| 1\.70\shops \|/);
    const report = read('sizes', 'report.md');
    expect(report).toContain('Published in: A paper.');
    expect(report).not.toMatch(/77\.0\shops/);
    const chart = read('sizes', 'figures/hops-by-nodes.vl.json');
    expect(chart).toContain('"beside": "published"');
    expect(chart).toContain('½ log₂ N');
  });

  it('says how hops grow, and that every lookup was right', () => {
    const report = read('sizes', 'report.md');
    expect(report).toContain('Chord: every measured lookup ended at the ground-truth owner in all 4 settings.');
    expect(report).toMatch(/Hops per doubling of the nodes, from a fit of a \+ b · log₂ N over 4 … 32 nodes: Chord 0\.\d+ \(r² 0\.9/);
    expect(report).toContain('Growth with the number of nodes N');
    expect(report).toMatch(/Correct lookups beside 1 published value: farthest apart Pastry at nodes 16, ours 100\s%, published 90\.0\s%/);
  });

  it('draws what the protocols cost against what they give, all three on one chart', () => {
    expect(figures('churn')).toEqual(expect.arrayContaining(['cost-lookup-p50', 'cost-failed-share', 'maintenance-bytes-per-node-by-pace-and-redundancy']));
    const chart = JSON.parse(read('churn', 'figures/cost-lookup-p50.vl.json')) as { data: { values: { system: string; best: boolean }[] } };
    for (const system of ['Chord', 'Kademlia', 'Pastry']) {
      const dots = chart.data.values.filter((row) => row.system === system);
      expect(dots).toHaveLength(4);
      expect(dots.some(({ best }) => best)).toBe(true);
    }
    expect(existsSync(join(folder, 'churn', 'queries.parquet'))).toBe(false);
  });

  it('shows hops and correctness in the terminal', () => {
    expect(table.split('\n')[0]).toMatch(/^System +nodes +Hops +P95 ms +Correct +Timeouts +Messages +Upkeep B\/s/);
    expect(table).toMatch(/^Pastry +32 +[\d.]+ ± [\d.]+ +[\d.]+ +100 %/m);
  });
});

describe('a fit against the logarithm', () => {
  it('finds the line that made the points', () => {
    const fit = fitLogarithm([8, 64, 1024].map((x) => ({ x, y: 1.5 + 0.5 * Math.log2(x) })))!;
    expect(fit.perDoubling).toBeCloseTo(0.5, 12);
    expect(fit.atOne).toBeCloseTo(1.5, 12);
    expect(fit.rSquared).toBeCloseTo(1, 12);
    expect(fit.largestResidual).toBeLessThan(1e-12);
  });

  it('gives the least squares: residuals orthogonal to the line, and r² of a hand-made case', () => {
    const fit = fitLogarithm([{ x: 1, y: 0 }, { x: 2, y: 2 }, { x: 4, y: 1 }])!;
    // log₂ x = 0, 1, 2: slope ½, intercept ½, residuals −½, 1, −½; Σ r² = 1.5 of Σ (y − 1)² = 2.
    expect([fit.perDoubling, fit.atOne, fit.rSquared, fit.largestResidual]).toEqual([0.5, 0.5, 0.25, 1]);
  });

  it('asks for three different x, and takes constant y', () => {
    expect(fitLogarithm([{ x: 1, y: 0 }, { x: 2, y: 2 }, { x: 2, y: 3 }])).toBeUndefined();
    expect(fitLogarithm([1, 2, 4].map((x) => ({ x, y: 7 })))).toMatchObject({ perDoubling: 0, rSquared: 1 });
  });
});
