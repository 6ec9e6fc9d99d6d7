import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../../experiments/files/read-lines.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { tokenHitRate, unitHitRate } from '../../../workloads/analysis/leading-hits.ts';
import { analyseTrace } from '../../../workloads/analysis/trace-analysis.ts';
import { unboundedHits } from '../../../workloads/analysis/unbounded-cache.ts';
import { TraceReplay } from '../../../workloads/trace-replay.ts';
import { openTrace } from '../../../workloads/traces/open-trace.ts';

const MOONCAKE = '../shared/data/traces/mooncake_synthetic.jsonl';
const AZURE = '../shared/data/traces/azure_llm_code_2023.csv';

const replay = (file: string): TraceReplay => new TraceReplay({ name: file, open: () => openTrace(readLines(file), { file }).records });
const percent = (share: number, decimals: number): string => (100 * share).toFixed(decimals);

describe(`Mooncake's synthetic trace (${MOONCAKE})`, () => {
  it.skipIf(!existsSync(MOONCAKE))('has the published prefix-cache hits, to the digit (skipped without the file)', () => {
    const trace = replay(MOONCAKE);
    const atOnce = unboundedHits(trace.requests());
    expect(atOnce).toEqual({ requests: 3993, units: 121_877, unitHits: 77_953, tokens: 61_194_628, tokenHits: 39_852_661 });
    expect([percent(unitHitRate(atOnce), 1), percent(tokenHitRate(atOnce), 1)]).toEqual(['64.0', '65.1']);
    expect(percent(unitHitRate(unboundedHits(trace.requests(), 5 * SECOND)), 2)).toBe('63.55');
    expect(percent(unitHitRate(unboundedHits(trace.requests(), 10 * SECOND)), 2)).toBe('63.12');
  });

  it.skipIf(!existsSync(MOONCAKE))('analyses as a whole: the curve ends at the unbounded hits, the longest prompt is the published one (skipped without the file)', () => {
    const analysis = analyseTrace(replay(MOONCAKE).requests(), { nodeCounts: [1, 16] });
    expect(analysis).toMatchObject({ requests: 3993, reuse: 'prefix', distinctUnits: 121_877 - 77_953, inputTokens: { max: 191_378 } });
    expect(1 - analysis.missRatioCurve.at(-1)!.missRatio).toBeCloseTo(39_852_661 / 61_194_628, 12);
    expect(analysis.nodes.map(({ shared }) => shared.tokenHits)).toEqual([39_852_661, 39_852_661]);
    expect(analysis.nodes[0].independent.tokenHits).toBe(39_852_661);
    expect(tokenHitRate(analysis.nodes[1].independent)).toBeLessThan(0.2);
  });
});

describe(`Azure's code trace (${AZURE})`, () => {
  it.skipIf(!existsSync(AZURE))('has 8 819 requests of 2 048 tokens in and 28 out on average (skipped without the file)', () => {
    const analysis = analyseTrace(replay(AZURE).requests());
    expect(analysis).toMatchObject({ requests: 8819, reuse: 'none', distinctUnits: 0, missRatioCurve: [] });
    expect([Math.round(analysis.inputTokens.mean), Math.round(analysis.outputTokens.mean)]).toEqual([2048, 28]);
    // 18:17:03.9799600 to 19:14:19.9280160
    expect(analysis.arrivals.durationSeconds).toBeCloseTo(3435.948056, 6);
  });
});

describe('an empty trace', () => {
  it('is analysed without complaint', () => {
    expect(analyseTrace([])).toMatchObject({ requests: 0, reuse: 'none', distinctUnits: 0, singleUseShare: 0, hotUnits: 0, missRatioCurve: [], rankUses: [] });
  });
});
