import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReceiveWindow } from '../../../protocols/fetch/receive-window.ts';

const HOSTS = 3;

describe('a receive window', () => {
  it('against a plain list of what is on its way: never beyond the limits but for a lone segment, and never short of them', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('ask' as const), holder: fc.nat(HOSTS - 1), sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }) }),
      fc.record({ kind: fc.constant('come' as const), index: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (steps, windowBytes, peerWindowBytes) => {
        const window = new ReceiveWindow({ windowBytes, peerWindowBytes }, HOSTS);
        const underWay: { holder: number; size: number }[] = [];
        const sum = (of: readonly { size: number }[]): number => of.reduce((total, { size }) => total + size, 0);
        const fitsBeside = (holder: number, size: number): boolean => {
          const here = underWay.filter((each) => each.holder === holder);
          return (sum(underWay) + size <= windowBytes || underWay.length === 0) && (sum(here) + size <= peerWindowBytes || here.length === 0);
        };
        let most = 0;
        for (const each of steps) {
          if (each.kind === 'come') {
            if (underWay.length === 0) continue;
            const [{ holder, size }] = underWay.splice(each.index % underWay.length, 1);
            window.close(0, holder, size);
            continue;
          }
          const { holder, sizes } = each;
          const fits = window.fits(0, holder, sizes);
          window.open(0, holder, sizes.slice(0, fits));
          // One after another, as long as each fits beside those before it.
          let expected = 0;
          while (expected < sizes.length && fitsBeside(holder, sizes[expected])) underWay.push({ holder, size: sizes[expected++] });
          expect(fits).toBe(expected);
          if (fits < sizes.length) expect(() => { window.open(0, holder, [sizes[fits]]); }).toThrow(/more than its window/);
          most = Math.max(most, sum(underWay));
        }
        expect(window.mostBytes).toBe(most);
        // Another node's window is its own.
        expect(window.fits(1, 0, [windowBytes])).toBe(1);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('does not take back more than was asked for', () => {
    const window = new ReceiveWindow({ windowBytes: 10, peerWindowBytes: 10 }, 2);
    window.open(0, 1, [4]);
    expect(() => { window.close(0, 1, 5); }).toThrow(/more from node 1 than it had asked for/);
  });
});
