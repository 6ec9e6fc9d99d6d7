import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterEach, describe, expect, it } from 'vitest';
import { configText } from '../../../experiments/writer/results-writer.ts';
import { parseSetting } from '../../../experiments/config/set.ts';
import { loadYamlText } from '../../../experiments/config/load.ts';
import { resolveStudy } from '../../../experiments/config/resolve.ts';
import { STUDY_KINDS } from '../../../experiments/config/study-kinds.ts';
import { resultPath } from '../../../experiments/results/layout.ts';
import type { Cell } from '../../../experiments/results/trial-result.ts';
import { writeReport } from '../../../reports/report.ts';
import { type Score, makeScorecard } from '../../../reports/scorecard/scorecard.ts';
import { study as configStudy } from '../../experiments/config/study-source.ts';
import { type SyntheticBehaviour, type SyntheticStudy, writeSyntheticResults } from '../synthetic-results.ts';
import { withSyntheticStudy } from '../synthetic-study.ts';

const folders: string[] = [];
afterEach(() => { for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true }); });

async function folderOf(synthetic: SyntheticStudy): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'p2p-ragcache-'));
  folders.push(folder);
  await writeSyntheticResults(folder, { queriesPerTrial: 20, ...synthetic });
  return folder;
}

async function scores(synthetic: SyntheticStudy): Promise<Record<string, Score>> {
  const card = await withSyntheticStudy({ queriesPerTrial: 20, ...synthetic }, makeScorecard);
  return Object.fromEntries((card?.scores ?? []).map((score) => [score.target.name, score]));
}

const COMPRESSION = { key: 'compression', values: ['none', 'moderate'], description: '' };

/** Peers take `p2pMs`, the central disk 400 ms, recomputing 300 ms; noise as the synthetic results have it. */
function takes(p2pMs: (cell: Cell) => number, metrics: (cell: Cell) => Record<string, number> = () => ({})) {
  return (cell: Cell, system: string): SyntheticBehaviour => {
    const total = { 'no-reuse': 300, 'central-disk': 400, 'central-memory': 350 }[system] ?? p2pMs(cell);
    return { parts: { transfer: total }, metrics: { busiestUtilisation: 0.5, ...(system === 'p2p' ? metrics(cell) : {}) } };
  };
}

describe('the scorecard', () => {
  it('passes a range from its lower end, and says what goes beyond its upper end', async () => {
    const { 'ttft-reduction': at60 } = await scores({ behaviour: takes(() => 160) });
    expect(at60).toMatchObject({ verdict: 'pass' });
    expect(at60.measured).toMatch(/^(5\d|6\d)\.\d\s% \[[\d.]+–[\d.]+\]$/);
    expect((await scores({ behaviour: takes(() => 40) }))['ttft-reduction'].measured).toMatch(/^90\.\d\s% \[.*\], beyond 70\.0 %$/);
    expect((await scores({ behaviour: takes(() => 300) }))['ttft-reduction'].verdict).toBe('fail');
    expect((await scores({ noise: 0.3, behaviour: takes(() => 200) }))['ttft-reduction'].verdict).toBe('undecided');
    expect((await scores({ seeds: ['1'], behaviour: takes(() => 40) }))['ttft-reduction'].verdict).toBe('undecided');
  });

  it('leaves a target missed in the study’s own setting missed, and names the setting where it is met', async () => {
    const { 'ttft-reduction': score, latency } = await scores({ sweep: [COMPRESSION], config: 'name: synthetic\ncompression: none\n', behaviour: takes((cell) => (cell['compression'] === 'none' ? 350 : 130)) });
    expect(score).toMatchObject({ verdict: 'fail', setting: 'the study’s own setting' });
    expect(score.met).toMatch(/^in 1 of the 2 settings that count; most 6[67]\.\d\s% \[.*\] at compression moderate$/);
    expect(score.commands).toHaveLength(2);
    expect(latency.met).toMatch(/^in none of the 2 settings that count; closest /);
  });

  it('does not count a saturated setting', async () => {
    const { 'ttft-reduction': score } = await scores({ behaviour: takes(() => 40, () => ({ busiestUtilisation: 0.95 })) });
    expect(score).toMatchObject({ verdict: 'void', met: 'nowhere: no setting counts' });
    expect(score.measured).toContain('does not count: busiest resource above 90 %: P2P-RAGCache 95.0');
  });

  it('counts a hit rate only where the corpus does not fit', async () => {
    const hit = async (corpusHeld: number | undefined): Promise<string> => (await scores({ behaviour: takes(() => 40, () => ({ hitRateHot: 0.9, ...(corpusHeld === undefined ? {} : { corpusHeld }) })) }))['hot-hit-rate'].verdict;
    expect([await hit(0.4), await hit(1), await hit(undefined)]).toEqual(['pass', 'void', 'void']);
  });

  it('reads speedups from pairs of settings: one source and five, one node and twenty', async () => {
    const sources = { key: 'fetch.sources', values: [1, 5], description: '' };
    const fetched = await scores({ sweep: [sources], config: 'name: synthetic\nfetch: {sources: 5}\n', behaviour: takes((cell) => (cell['fetch.sources'] === 1 ? 400 : 100)) });
    expect(fetched['parallel-fetch'].verdict).toBe('pass');
    expect(fetched['parallel-fetch'].measured).toMatch(/^4\.0\d \[.*\] ×$|^3\.9\d \[.*\] ×$/);
    const nodes = { key: 'cluster.nodes', values: [1, 20], description: '' };
    const scaled = async (one: number, twenty: number): Promise<Score> => (await scores({
      sweep: [nodes], config: 'name: synthetic\nworkload: {rate: 200/s}\n', behaviour: takes(() => 100, (cell) => ({ throughputRps: cell['cluster.nodes'] === 1 ? one : twenty })),
    }))['scaling'];
    expect((await scaled(5, 96)).verdict).toBe('pass');
    expect(await scaled(5, 60)).toMatchObject({ verdict: 'fail', setting: 'nodes 20' });
    expect((await scaled(10, 199)).verdict).toBe('void');
  });

  it('tells what a study cannot judge and where it is judged; a study of other systems has none', async () => {
    const card = await scores({ behaviour: takes(() => 40) });
    expect(card['perplexity']).toMatchObject({ verdict: 'unmeasured', commands: ['npm run quality'] });
    expect(card['scaling'].commands).toEqual(['npm run experiment -- configs/scaling.yaml']);
    expect(await scores({ systems: [{ name: 'no-reuse', label: 'No reuse' }], behaviour: takes(() => 40) })).toEqual({});
  });

  it('gives commands that run exactly the setting it speaks of', async () => {
    const resolved = configStudy('name: synthetic\nseeds: 2\ndesign: one-at-a-time\nsweep: {compression: [none, moderate], fetch.sources: [1, 5]}');
    const sweep = resolved.sweep.map((each) => ({ ...each }));
    const config = configText('synthetic', resolved.canonical);
    const card = await scores({ sweep, cells: resolved.cells.map(({ cell }) => cell), config, behaviour: takes((cell) => (cell['compression'] === 'none' ? 350 : 130)) });
    const cellsOf = (command: string): object[] => {
      const settings = [...command.matchAll(/--set ('[^']*'|\S+)/g)].map(([, text]) => parseSetting(text.replaceAll("'", ''), STUDY_KINDS.serving.configFields));
      return resolveStudy(loadYamlText(stringify(resolved.canonical), 'config.resolved.yaml'), settings).cells.map((cell) => cell.config);
    };
    const [own, best] = card['ttft-reduction'].commands.map(cellsOf);
    expect(own).toEqual([resolved.cells[0].config]);
    expect(best).toEqual([resolved.cells.find(({ cell }) => cell['compression'] === 'moderate')!.config]);
    const [fetch] = card['parallel-fetch'].commands.map(cellsOf);
    expect(fetch).toHaveLength(2);
    expect(fetch).toEqual(expect.arrayContaining([resolved.cells[0].config, resolved.cells.find(({ cell }) => cell['fetch.sources'] === 1)!.config]));
  });

  it('stands in both reports: verdicts before the findings of the page, a table and the commands in both', async () => {
    const folder = await folderOf({ behaviour: takes(() => 40) });
    await writeReport(folder);
    const html = readFileSync(resultPath(folder, 'reportHtml'), 'utf8');
    const markdown = readFileSync(resultPath(folder, 'reportMarkdown'), 'utf8');
    expect(html.indexOf('Targets at a glance')).toBeGreaterThan(0);
    expect(html.indexOf('Targets at a glance')).toBeLessThan(html.indexOf('id="short-title"'));
    for (const text of [html, markdown]) {
      expect(text).toContain('In its own setting this study meets 1 of the 2 targets that it can judge (of 6).');
      expect(text).toContain('npm run quality');
    }
    expect(markdown).toMatch(/\| TTFT below the central disk’s \| 50–70 % \| Pass \| 90\.\d/);
  });
});
