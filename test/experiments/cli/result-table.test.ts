import { describe, expect, it } from 'vitest';
import { flagLines, resultTable } from '../../../experiments/cli/result-table.ts';
import type { TrialRecord } from '../../../experiments/results/trial-result.ts';

/** One seed of two systems over 50 values; the second system reads none of them. */
const values = Array.from({ length: 50 }, (_, i) => i);
const trials = values.flatMap((k): TrialRecord[] =>
  ['p2p', 'no-reuse'].map((system, s) => ({
    key: { index: 2 * k + s, cell: { 'a.k': k }, system, seed: '1' },
    queryRows: 0,
    digest: '',
    metrics: system === 'p2p' ? { ttftMeanMs: 10 + k } : {},
    labels: {},
    flags: { [`flag ${k}`]: k + 1 },
    ...(system === 'no-reuse' && k > 0 ? { sharedWith: 1 } : {}),
  })),
);
const manifest = {
  systems: [
    { name: 'p2p', label: 'Peers' },
    { name: 'no-reuse', label: 'Recompute' },
  ],
  sweep: [{ key: 'a.k', values, description: '' }],
};

describe('the table at the end', () => {
  it('has one row for a run that serves all cells, and dashes where a metric does not apply', () => {
    const lines = resultTable(manifest, trials, 100).split('\n');
    expect(lines[0]).toMatch(/^System +k +TTFT mean ms +P99 ms/);
    expect(lines[2]).toMatch(/^Peers +0 +10.0 +– +– +– +–$/);
    expect(lines.filter((line) => line.startsWith('Recompute'))).toEqual([expect.stringMatching(/^Recompute +any +– +– +– +– +–$/)]);
  });

  it('gives each system its share of the rows when there are too many', () => {
    const many = trials.map(({ key, queryRows, digest, metrics, labels, flags }): TrialRecord => ({ key, queryRows, digest, metrics, labels, flags }));
    const lines = resultTable(manifest, many, 100).split('\n');
    expect(lines.filter((line) => line.startsWith('Peers'))).toHaveLength(30);
    expect(lines.filter((line) => line.startsWith('Recompute'))).toHaveLength(30);
    expect(lines.at(-1)).toBe('… and 40 more rows in summary.csv');
  });

  it('says what the reader must know, the most frequent first, of runs only', () => {
    const lines = flagLines(trials);
    expect(lines[0]).toBe('flag 49 (50 times)');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('… and 40 more in trials.jsonl');
  });
});
