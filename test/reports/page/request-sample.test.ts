import { describe, expect, it } from 'vitest';
import { type RequestSample, sampleRequests } from '../../../reports/document/request-sample.ts';
import { countRequests, requestGrid } from '../../../reports/document/request-grid.ts';
import { REPLICAS, peersWin } from '../behaviours.ts';
import type { SyntheticStudy } from '../synthetic-results.ts';
import { withSyntheticStudy } from '../synthetic-study.ts';

const SMALL: SyntheticStudy = { sweep: [REPLICAS], seeds: ['1', '2'], queriesPerTrial: 300, behaviour: peersWin };

describe('request sample', () => {
  it('offers the reference setting first, then other settings and seeds, with every system', async () => {
    const sample = (await withSyntheticStudy(SMALL, sampleRequests))!;
    expect(sample.settings.map(({ setting, seed }) => `${setting} / ${seed}`)).toHaveLength(4);
    expect(new Set(sample.settings.map(({ setting, seed }) => `${setting} / ${seed}`)).size).toBe(4);
    for (const { runs } of sample.settings) expect(runs.map((r) => sample.runs[r].system)).toEqual([0, 1, 2, 3]);
    expect(sample.settings.at(-1)!.seed).toBe('2');
  });

  it('holds requests whose parts add up to their TTFT, both ends among them', async () => {
    const sample = (await withSyntheticStudy(SMALL, sampleRequests))!;
    for (const run of sample.runs) {
      expect(run.total).toBe(300);
      expect([run.mark[0], run.mark.at(-1)]).toEqual(['fastest', 'slowest']);
      run.ttftMs.forEach((ttft, i) => {
        const sum = run.parts.reduce((total, part) => total + part[i], 0);
        // Five significant digits each.
        expect(Math.abs(sum - ttft)).toBeLessThan(ttft * 5e-4);
      });
    }
  });

  it('counts every request of every run once, in its window and bin', async () => {
    await withSyntheticStudy(SMALL, async (study) => {
      const trials = [0, 5, 11];
      const grid = await requestGrid(study, trials);
      for (const trial of trials) {
        const { arrivalNs, ttftNs } = await study.queries!.read(trial, ['arrivalNs', 'ttftNs']);
        const naive = new Map<number, number>();
        const sums = new Array<number>(grid.windows).fill(0);
        for (let i = 0; i < ttftNs.length; i++) {
          const window = Math.floor((Number(arrivalNs[i]) / 1e9 - grid.fromS) / grid.windowS);
          const bin = Math.floor(Math.log(Number(ttftNs[i]) / 1e6 / grid.fromMs) / Math.log(grid.ratio));
          expect(window).toBeGreaterThanOrEqual(0);
          expect(window).toBeLessThan(grid.windows);
          expect(bin).toBeLessThan(grid.bins);
          naive.set(window * grid.bins + bin, (naive.get(window * grid.bins + bin) ?? 0) + 1);
          sums[window] += Number(ttftNs[i]) / 1e6;
        }
        const { counts, sumMs } = await countRequests(study, trial, grid);
        const told = new Map<number, number>();
        for (let k = 0, place = 0; k < counts.length; k += 2, place += 1) {
          place += counts[k];
          told.set(place, counts[k + 1]);
        }
        expect(told).toEqual(new Map([...naive].sort(([a], [b]) => a - b)));
        sums.forEach((sum, w) => { expect(Math.abs(sum - sumMs[w])).toBeLessThanOrEqual(sum * 1e-7); });
      }
    });
  });

  it('does not grow with the requests, and stays within its bounds with many systems and settings', async () => {
    const bytes = (sample: RequestSample | undefined): number => JSON.stringify(sample).length;
    const sized = (queriesPerTrial: number): Promise<number> => withSyntheticStudy({ seeds: ['1'], queriesPerTrial, behaviour: peersWin }, async (study) => bytes(await sampleRequests(study)));
    const [some, many] = [await sized(2000), await sized(16_000)];
    expect(many).toBeLessThan(some * 2);
    const systems = Array.from({ length: 16 }, (_, i) => ({ name: `system-${i}`, label: `System ${i}` }));
    const wide = await withSyntheticStudy({ systems, sweep: [{ key: 'placement.replicas', values: [1, 2, 3, 4, 5, 6], description: '' }], seeds: ['1', '2', '3'], queriesPerTrial: 60, behaviour: peersWin }, sampleRequests);
    expect(wide!.settings).toHaveLength(7);
    expect(bytes(wide)).toBeLessThan(2_000_000);
  });

  it('is absent where no trial saved its queries', async () => {
    expect(await withSyntheticStudy({ queriesPerTrial: 0, behaviour: peersWin }, sampleRequests)).toBeUndefined();
  });
});
