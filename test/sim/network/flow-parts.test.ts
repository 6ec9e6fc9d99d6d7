import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

const BYTES_PER_SECOND = 1000;

function setting(hosts = 4): { sim: Simulator; network: Network; seen: [string, number][] } {
  const sim = new Simulator();
  return { sim, network: new Network(sim, uniformTopology(hosts, BYTES_PER_SECOND * 8, 0)), seen: [] };
}

/** Notes the arrival of every part and the end of a transfer as [what, seconds]. */
function transfer({ sim, network, seen }: ReturnType<typeof setting>, from: number, to: number, partBytes: readonly number[]): number {
  const note = (what: string): void => {
    seen.push([what, sim.now / SECOND]);
  };
  const sizeBytes = partBytes.reduce((a, b) => a + b, 0);
  return network.transfer({ from, to, sizeBytes, partBytes }, (outcome) => { note(outcome); }, undefined, (part) => { note(`part ${part}`); });
}

describe('parts of a transfer', () => {
  it('arrive as the bytes do', () => {
    // System: parts of 1, 2 and 3 kB at 1 kB/s.          Expectations: after 1, 3 and 6 s; the end comes with the last.
    const given = setting();
    transfer(given, 0, 1, [1000, 2000, 3000]);
    given.sim.run();
    expect(given.seen).toEqual([['part 0', 1], ['part 1', 3], ['part 2', 6], ['done', 6]]);
  });

  it('follow the rate when another flow comes and goes', () => {
    // System: 4 × 1 kB from host 0; after 1 s a 1 kB flow from host 0 as well, so that both run at 500 B/s for 2 s.
    // Expectations: parts at 1, 3, 4, 5 s.
    const given = setting();
    transfer(given, 0, 1, [1000, 1000, 1000, 1000]);
    given.sim.schedule(SECOND, () => {
      given.network.transfer({ from: 0, to: 2, sizeBytes: 1000 }, () => undefined, undefined);
    });
    given.sim.run();
    expect(given.seen.map(([what, at]) => [what, Math.round(at * 1e6) / 1e6])).toEqual([['part 0', 1], ['part 1', 3], ['part 2', 4], ['part 3', 5], ['done', 5]]);
  });

  it('stop arriving when the transfer is cancelled at the arrival of one', () => {
    const given = setting();
    const id: number = given.network.transfer(
      { from: 0, to: 1, sizeBytes: 3000, partBytes: [1000, 1000, 1000] },
      (outcome) => { given.seen.push([outcome, given.sim.now / SECOND]); },
      undefined,
      (part) => {
        given.seen.push([`part ${part}`, given.sim.now / SECOND]);
        if (part === 1) expect(given.network.cancelTransfer(id)).toBe(2000);
      },
    );
    given.sim.run();
    expect(given.seen).toEqual([['part 0', 1], ['part 1', 2], ['cancelled', 2]]);
    given.network.stats.checkConservation();
  });

  it('of a transfer within a host arrive at once, in order', () => {
    const given = setting();
    transfer(given, 2, 2, [5, 6]);
    given.sim.run();
    expect(given.seen).toEqual([['part 0', 0], ['part 1', 0], ['done', 0]]);
  });

  it('change nothing about the transfer itself: same end, whatever the cut, among other flows', () => {
    const flows = fc.array(
      fc.record({ from: fc.integer({ min: 0, max: 3 }), to: fc.integer({ min: 0, max: 3 }), parts: fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 }), startMs: fc.integer({ min: 0, max: 5000 }) }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(flows, (specs) => {
        const ends = [true, false].map((cut) => {
          const { sim, network } = setting();
          const endNs: number[] = [];
          let lastPartNs = 0;
          specs.forEach(({ from, to, parts, startMs }, i) => {
            const sizeBytes = parts.reduce((a, b) => a + b, 0);
            sim.schedule(startMs * 1_000_000, () => {
              const spec = { from, to, sizeBytes, ...(cut ? { partBytes: parts } : {}) };
              network.transfer(spec, () => (endNs[i] = sim.now), undefined, () => (lastPartNs = sim.now));
            });
          });
          sim.run();
          network.stats.checkConservation();
          if (cut) expect(lastPartNs).toBe(Math.max(...endNs));
          return endNs;
        });
        // A part ends on a whole nanosecond; the rounding is not carried over, so the end may differ by what addition loses.
        ends[0].forEach((at, i) => { expect(Math.abs(at - ends[1][i])).toBeLessThanOrEqual(specs.length); });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('must add up to the transfer', () => {
    const { network } = setting();
    const start = (partBytes: number[]) => () => network.transfer({ from: 0, to: 1, sizeBytes: 10, partBytes }, () => undefined, undefined, () => undefined);
    expect(start([4, 5])).toThrow(/adds up to 9; expected sizeBytes, 10/);
    expect(start([10, 0])).toThrow(/whole numbers ≥ 1/);
  });
});
