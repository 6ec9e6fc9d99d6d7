import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readResults } from '../../../experiments/results/reader.ts';
import { isOmission } from '../../../reports/figures/figure.ts';
import { hasSourceSpeedup, sourceSpeedup } from '../../../reports/figures/source-speedup.ts';
import { makeStudy } from '../../../reports/study/study.ts';
import { writeSyntheticResults } from '../synthetic-results.ts';

const folder = await mkdtemp(join(tmpdir(), 'speedup-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const key = (name: string, values: readonly (string | number)[]): { key: string; values: readonly (string | number)[]; description: string } => ({ key: name, values, description: '' });
const SOURCES = key('fetch.sources', [1, 3, 5, 10]);

describe('speedup by sources', () => {
  it('shows times as ratios, and bounds by links, drives and receiver', async () => {
    await writeSyntheticResults(folder, {
      systems: [{ name: 'p2p', label: 'P2P-RAGCache' }], queriesPerTrial: 1, noise: 0, seeds: ['1', '2'],
      sweep: [SOURCES, key('fetch.connectionsPerPeer', [1, 3, 5, 10]), key('network.connectionCap', ['8Gbps', 'none'])],
      config: 'cluster: { memory: 0B, ssd: { read: 3.5GB/s }, ram: { bandwidth: 40GB/s } }\nnetwork: { up: 40Gbps, down: 40Gbps }\n',
      // Time falls with the sources and does not know connections.
      behaviour: (cell) => ({ parts: { transfer: 600 / Number(cell['fetch.sources']) } }),
    });
    const study = await makeStudy(await readResults(folder), undefined);
    expect(hasSourceSpeedup(study)).toBe(true);
    const made = sourceSpeedup(study);
    if (isOmission(made)) throw new Error(made.reason);
    const at = (panel: string, system: string, x: number): number => (made.rows as { panel: string; system: string; x: number; value: number }[]).find((r) => r.panel.endsWith(panel) && r.system === system && r.x === x)!.value;
    for (const k of [1, 3, 5, 10]) {
      expect(at('none', 'k sources, one connection each', k)).toBeCloseTo(k, 4);
      expect(at('none', 'one source, k connections', k)).toBeCloseTo(1, 4);
    }
    // Streams of 8 Gbps into 40: five. One drive of 28 Gbps: three and a half. Without a cap one drive gives 28 of 40, however many connections.
    expect([1, 3, 5, 10].map((k) => at('8\u00A0Gbps', 'bound of k sources', k))).toEqual([1, 3, 5, 5]);
    expect([1, 3, 5, 10].map((k) => at('8\u00A0Gbps', 'bound of one source', k))).toEqual([1, 3, 3.5, 3.5]);
    expect(at('none', 'bound of k sources', 10)).toBeCloseTo(40 / 28, 9);
    expect(at('none', 'bound of one source', 10)).toBe(1);
    expect(made.table.rows).toHaveLength(16);
  });

  it('says what it lacks', async () => {
    await writeSyntheticResults(folder, { sweep: [SOURCES], queriesPerTrial: 1, behaviour: () => ({ parts: { transfer: 1 } }) });
    const study = await makeStudy(await readResults(folder), undefined);
    expect(hasSourceSpeedup(study)).toBe(false);
    expect(sourceSpeedup(study)).toMatchObject({ reason: expect.stringContaining('fetch.connectionsPerPeer') as string });
  });
});
