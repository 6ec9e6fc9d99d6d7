import { describe, expect, it } from 'vitest';
import type { Cell } from '../../experiments/results/trial-result.ts';
import { change } from '../../reports/summary/change.ts';
import type { Finding } from '../../reports/summary/finding.ts';
import { findings } from '../../reports/summary/findings.ts';
import { flagWarnings, warmUpWarnings } from '../../reports/summary/warnings.ts';
import { comparisonTable, effectTable, resultTable } from '../../reports/document/tables.ts';
import type { Study } from '../../reports/study/study.ts';
import { REPLICAS, UPLINK, crossover, peersWin } from './behaviours.ts';
import type { SyntheticBehaviour, SyntheticStudy } from './synthetic-results.ts';
import { withSyntheticStudy } from './synthetic-study.ts';

const studied = <T>(synthetic: SyntheticStudy, use: (study: Study) => T | Promise<T>): Promise<T> => withSyntheticStudy({ queriesPerTrial: 60, ...synthetic }, use);

const texts = (found: readonly Finding[], kind: Finding['kind']): string[] => found.filter((f) => f.kind === kind).map((f) => f.text.replaceAll('\u00A0', ' '));

describe('findings', () => {
  it('tell losses first, with where and by how much', async () => {
    const found = await studied({ sweep: [UPLINK], behaviour: crossover }, findings);
    expect(found[0].kind).toBe('loss');
    // 10 Gbps: 630 ms against 200 ms; at 40 and 100 Gbps peer to peer is shorter.
    expect(texts(found, 'loss')[0]).toMatch(/^P2P-RAGCache loses to No reuse in 1 of 3 settings: its mean TTFT is 3\.\d+ times as long \(95 % interval 3\.\d+–3\.\d+\) at uplink rate 10 Gbps\.$/);
    expect(texts(found, 'win').find((t) => t.includes('No reuse'))).toMatch(/^P2P-RAGCache beats No reuse in 2 of 3 settings: its mean TTFT is from [\d.]+ % shorter \(95 % interval [\d.]+–[\d.]+ %\) at uplink rate 40 Gbps to \d+ % shorter .* at uplink rate 100 Gbps\.$/);
    expect(found.some((f) => f.text.includes('loses to no baseline'))).toBe(false);
  });
  it('say that there is no loss only where there is none', async () => {
    const found = await studied({ sweep: [REPLICAS], behaviour: peersWin }, findings);
    expect(found[0]).toEqual({ kind: 'note', text: 'P2P-RAGCache loses to no baseline in any setting of this study, on mean TTFT, P99 TTFT or throughput.' });
    expect(texts(found, 'win')).toHaveLength(3);
    expect(texts(found, 'loss')).toEqual([]);
  });
  it('say what the sweep changes', async () => {
    const found = await studied({ sweep: [REPLICAS], behaviour: peersWin }, findings);
    expect(texts(found, 'note').some((t) => /^Replicas per chunk 4 instead of 2: the mean TTFT of P2P-RAGCache is \d+ % shorter \(95 % interval .*\), from \d+ ms to \d+ ms\. The lowest mean is at 4\.$/.test(t))).toBe(true);
  });
  it('call nothing that the interval does not bear, nor a difference below 1 %', async () => {
    const same = await studied({ behaviour: () => ({ parts: { queueing: 100 } }) }, findings);
    expect(texts(same, 'unclear').length).toBeGreaterThan(0);
    const tiny = await studied({ noise: 0, behaviour: (_, system) => ({ parts: { prefill: system === 'p2p' ? 100.5 : 100 } }) }, findings);
    expect(texts(tiny, 'loss')).toEqual([]);
    expect(texts(tiny, 'unclear')).toHaveLength(1);
    expect(texts(tiny, 'unclear')[0]).toContain('between P2P-RAGCache and No reuse, Central disk or Central memory');
  });
  it('with many systems, say who is first and last in each respect, what makes the difference, and whom a fault hurts', async () => {
    const names = ['central-router', 'hash-routing', 'random-routing', 'local-prefix', 'central-disk'];
    const ttft: Record<string, number> = { 'central-router': 40, 'hash-routing': 40.1, 'random-routing': 66, 'local-prefix': 53, 'central-disk': 5000 };
    const during: Record<string, number> = { 'central-router': 44, 'hash-routing': 80, 'random-routing': 120, 'local-prefix': 53, 'central-disk': 50_000 };
    const found = await studied({
      systems: names.map((name) => ({ name, label: name })),
      noise: 0,
      config: 'name: many\nfaults:\n  - { at: 30s, for: 10s, crash: [1, 2] }\n',
      behaviour: (_, system) => ({
        parts: { prefill: 20, queueing: 0, ...(system === 'central-disk' ? { transfer: ttft[system] - 20 } : { routing: ttft[system] - 20 }) },
        remote: 0.5,
        metrics: { hitRate: system === 'local-prefix' ? 0.39 : 0.7 },
        series: { ttftMeanMs: { timeS: [0, 10, 20, 30, 39, 40], value: [ttft[system], ttft[system], ttft[system], during[system], during[system], 1e9] } },
      }),
    }, findings);
    const notes = texts(found, 'note');
    expect(notes.find((t) => t.startsWith('Who wins where. Lowest mean TTFT'))).toMatch(/^Who wins where\. Lowest mean TTFT: central-router \([\d.]+ ms\), without a clear difference to hash-routing \([\d.]+ ms\); then local-prefix \([\d.]+ ms\); highest: central-disk \([\d.]+ s\)\.$/);
    expect(notes.some((t) => /^Highest hit rate: .*; lowest: local-prefix \(39(\.0)? %\)\.$/.test(t))).toBe(true);
    expect(notes.some((t) => /^Mean TTFT of central-disk against central-router, \+[\d.]+ s: where central-disk loses time is transfer \(\+[\d.]+ s\)\.$/.test(t))).toBe(true);
    expect(notes).toContain('Through the crash at 30.0–40.0 s, mean TTFT against before: least local-prefix 1.00 times (53.0 ms to 53.0 ms); most central-disk 10.0 times (5.00 s to 50.0 s).');
    const few = await studied({ behaviour: peersWin }, findings);
    expect(few.some((f) => f.text.includes('Who wins where'))).toBe(false);
  });
  it('name no winner from one seed', async () => {
    const found = await studied({ sweep: [REPLICAS], seeds: ['1'], behaviour: peersWin }, findings);
    expect(found[0].text).toContain('Only one seed was run');
    expect(found.every((f) => f.kind === 'note')).toBe(true);
  });
  it('tell a loss of throughput', async () => {
    const found = await studied({ behaviour: (cell, system) => ({ ...peersWin(cell, system), metrics: { throughputRps: system === 'p2p' ? 1.5 : 2 } }) }, findings);
    expect(texts(found, 'loss')[0]).toMatch(/its throughput is 25 % lower \(95 % interval/);
  });
  it('tell which swept key matters most, and pairs beyond their sum', async () => {
    // Transfers take replicas × 100 ms at 10 Gbps and replicas × 10 ms at 100: what one key does depends on the other.
    const behaviour = (cell: Cell): SyntheticBehaviour => ({ parts: { transfer: (Number(cell['placement.replicas']) * 1000) / Number.parseFloat(String(cell['network.up'])) } });
    const found = await studied({ sweep: [REPLICAS, UPLINK], seeds: ['1', '2', '3'], queriesPerTrial: 20, behaviour }, findings);
    expect(texts(found, 'note').find((t) => t.startsWith('Of the variation'))).toMatch(
      /^Of the variation in mean TTFT of P2P-RAGCache, these explain: uplink rate 8\d % \(means \d+ ms apart\), replicas per chunk \d\.\d % \(means [\d.]+ ms apart\); beyond their sum, replicas per chunk with uplink rate \d\.\d %/,
    );
  });
  it('name saturated resources', async () => {
    const found = await studied({ behaviour: (_, system) => ({ parts: { prefill: 10 }, metrics: { busiestUtilisation: system === 'p2p' ? 0.97 : 0.2 }, labels: { busiestResource: `${system} NIC` } }) }, findings);
    expect(texts(found, 'note').at(-1)).toMatch(/P2P-RAGCache: p2p NIC \(97 %\)\. Above 90 % a queue grows with the length of the run, and so does the TTFT of P2P-RAGCache there\.$/);
  });
  it('have nothing to say without data', async () => {
    expect(await studied({ queriesPerTrial: 0, behaviour: () => ({ parts: {} }) }, findings)).toEqual([]);
  });
});

describe('change in words', () => {
  const ratio = (estimate: number, low: number, high: number): string => change({ estimate, low, high, n: 5, level: 0.95 }, 'ttftMeanMs');
  it('fits the size', () => {
    expect(ratio(0.6, 0.55, 0.66)).toBe('40 % shorter (95 % interval 34–45 %)');
    expect(ratio(1.2, 1.1, 1.3)).toBe('20 % longer (95 % interval 10–30 %)');
    expect(ratio(3.456, 3.2, 3.7)).toBe('3.46 times as long (95 % interval 3.2–3.7)');
    expect(ratio(0.9, -Infinity, Infinity)).toBe('10 % shorter (no interval)');
    expect(ratio(1.01, 0.99, 1.03)).toBe('1.0 % longer (95 % interval −1.0 to 3.0 %)');
  });
});

describe('warnings', () => {
  it('count honesty flags by system, most frequent first', async () => {
    const warnings = await studied({
      seeds: ['1', '2'], behaviour: (_, system) => ({ parts: { prefill: 1 }, flags: system === 'p2p' ? { 'cost model asked outside its range': 6, 'context limit lifted': 1 } : {} }),
    }, flagWarnings);
    expect(warnings.map((w) => [w.what, w.where, w.count])).toEqual([
      ['Cost model asked outside its range', 'P2P-RAGCache 12', 12], ['Context limit lifted', 'P2P-RAGCache 2', 2],
    ]);
  });
  it('are silent on a steady run and loud on a drifting one', async () => {
    expect(await studied({ behaviour: peersWin }, warmUpWarnings)).toEqual([]);
    const drift = await studied({ queriesPerTrial: 200, behaviour: () => ({ parts: { prefill: 10 } }) }, async (study) => {
      const queries = study.queries!;
      const drifting = { rows: (i: number) => queries.rows(i), read: () => Promise.resolve({ ttftNs: Float64Array.from({ length: 200 }, (_, i) => 1e6 * (1 + i)) }) };
      return warmUpWarnings({ ...study, queries: drifting as never });
    });
    expect(drift[0].what).toMatch(/^No steady state/);
    expect(drift[0].count).toBe(4);
  });
});

describe('tables', () => {
  it('hold a row per cell and system, and a row per paired comparison', async () => {
    await studied({ sweep: [UPLINK], behaviour: crossover }, (study) => {
      expect(resultTable(study).rows).toHaveLength(12);
      const compared = comparisonTable(study)!;
      expect(compared.rows).toHaveLength(9);
      expect(compared.rows[0].at(-1)!.text).toBe('worse');
      expect(effectTable(study)).toBeUndefined();
      for (const table of [resultTable(study), compared]) for (const row of table.rows) expect(row).toHaveLength(table.head.length);
    });
  });
  it('name the swept key that matters', async () => {
    await studied({ sweep: [REPLICAS, UPLINK], seeds: ['1', '2', '3'], queriesPerTrial: 20, behaviour: crossover }, (study) => {
      const effects = effectTable(study)!;
      expect(effects.rows[0].map((cell) => cell.text)).toEqual(expect.arrayContaining(['P2P-RAGCache', 'Uplink rate']));
      expect(effects.rows[0][2].sort).toBeGreaterThan(0.95);
    });
  });
  it('leave out comparisons where there is nothing to compare', async () => {
    await studied({ systems: [{ name: 'no-reuse', label: 'No reuse' }], behaviour: peersWin }, (study) => { expect(comparisonTable(study)).toBeUndefined(); });
  });
});
