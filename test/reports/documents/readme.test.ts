import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fillReadme } from '../../../reports/readme/fill-readme.ts';
import { loadStudies } from '../../../reports/technical-report/load-studies.ts';
import { UPLINK, crossover } from '../behaviours.ts';
import { writeSyntheticResults } from '../synthetic-results.ts';
import { PROJECT, changedResults, removeFolders, resultsTree, trialsOf } from './results-tree.ts';

afterAll(removeFolders);

const README = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const BLOCK = /<!-- numbers -->\n([\s\S]*?)<!-- end -->/;
const [, block] = BLOCK.exec(README)!;
const [sentences, table] = block.split('<details>');
const NUMBER = /(?<![\p{L}\d.,])\d[\d.,]*/gu;

/** What README says outside of its block that is no measurement: versions, the setting of a config, the level of intervals. */
const STATED = ['Node ≥ 20.19', 'on Node 20, 22 and 24', '95 % intervals', 'At 50 000 tokens', 'at 50 000 tokens', '(`CHROMIUM_PATH`'];

describe('README', () => {
  it('states no number outside of its block, its examples and its settings', () => {
    const prose = STATED.reduce((text, each) => text.replaceAll(each, ''), README.replace(BLOCK, '').replace(/```[\s\S]*?```/g, '').replace(/`[^`]*`/g, '').replace(/\]\([^)]*\)/g, ']'));
    expect(prose.match(NUMBER)).toBeNull();
  });

  it('names file, metric and cell of every number in its block', () => {
    const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| number')).map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
    expect(rows.length).toBeGreaterThan(15);
    for (const [number, file, metric] of rows) {
      expect(sentences).toContain(number);
      expect(file).toMatch(/^results\/(replication|break-even)\/(summary\.csv|trials\.jsonl|manifest\.json|config\.resolved\.yaml)$/);
      expect(metric).not.toBe('');
    }
    // What is left when every listed text is taken out holds no number.
    const left = rows.map(([number]) => number).sort((a, b) => b.length - a.length).reduce((text, number) => text.replaceAll(number, ''), sentences);
    expect(left.match(NUMBER)).toBeNull();
  });

  it('is filled from results: other results, other numbers; the same results, the same bytes', async () => {
    const folder = await resultsTree();
    await writeSyntheticResults(join(folder, 'break-even'), { name: 'break-even', sweep: [{ ...UPLINK, key: 'network.down' }], seeds: ['1', '2', '3', '4'], queriesPerTrial: 40, behaviour: (cell, system) => crossover({ 'network.up': cell['network.down'] }, system) });
    const filled = async (results: string): Promise<string> => {
      const { studies, close } = await loadStudies(results);
      await close();
      return fillReadme(README, studies);
    };
    const text = await filled(folder);
    expect(fillReadme(text, (await loadStudies(folder)).studies)).toBe(text);
    const ours = (await trialsOf(folder, 'replication')).filter(({ key }) => key.system === 'p2p' && key.cell['placement.replicas'] === 3).map(({ metrics }) => metrics['ttftMeanMs']);
    expect(text).toContain(`${Math.round(ours.reduce((a, b) => a + b) / ours.length)}\u00A0ms`);
    expect(text).toContain('behind up to 10\u00A0Gbps and ahead from 40\u00A0Gbps on');
    expect(await filled(await changedResults(folder, 'replication', ({ metrics }) => ({ ttftMeanMs: 3 * metrics['ttftMeanMs'] })))).not.toBe(text);
    expect(() => fillReadme(README, [])).toThrow('npm run experiment -- configs/replication.yaml');
    expect(() => fillReadme('no block', [])).toThrow('no block between');
  });
});
