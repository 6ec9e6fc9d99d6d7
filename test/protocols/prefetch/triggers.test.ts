import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkBudget } from '../../../protocols/prefetch/link-budget.ts';
import { PollutionWatch } from '../../../protocols/prefetch/pollution-watch.ts';
import { AdaptiveTrigger, ThresholdTrigger } from '../../../protocols/prefetch/trigger.ts';
import { Lru } from '../../../protocols/store/lru.ts';
import { TieredStore } from '../../../protocols/store/tiered-store.ts';
import type { Network } from '../../../sim/network/network.ts';

const MS = 1_000_000;
const offer = fc.record({
  waitNs: fc.integer({ min: 0, max: 1000 * MS }),
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  linkUtilisation: fc.double({ min: 0, max: 1.2, noNaN: true }),
});

describe('triggers', () => {
  it('threshold: strictly above it', () => {
    const trigger = new ThresholdTrigger(10 * MS);
    const at = (waitNs: number): boolean => trigger.fires({ waitNs, confidence: 0, linkUtilisation: 1 });
    expect([at(10 * MS), at(10 * MS + 1)]).toEqual([false, true]);
  });

  it('no trigger fires without a wait', () => {
    fc.assert(fc.property(offer, (each) => !new AdaptiveTrigger().fires({ ...each, waitNs: 0 }) && !new ThresholdTrigger(0).fires({ ...each, waitNs: 0 })), { seed: 1 });
  });

  it('adaptive: what cannot be wrong is always fetched, what is never right never', () => {
    const trigger = new AdaptiveTrigger();
    fc.assert(fc.property(offer, (each) => trigger.fires({ ...each, waitNs: each.waitNs + 1, confidence: 1 })), { seed: 2 });
    fc.assert(fc.property(offer, (each) => !trigger.fires({ ...each, confidence: 0 })), { seed: 3 });
  });

  it('adaptive: a longer wait, a better predictor or an emptier link never stops it', () => {
    const trigger = new AdaptiveTrigger();
    fc.assert(
      fc.property(offer, fc.nat(100 * MS), fc.double({ min: 0, max: 1, noNaN: true }), (each, longerNs, share) => {
        if (!trigger.fires(each)) return true;
        return (
          trigger.fires({ ...each, waitNs: each.waitNs + longerNs }) &&
          trigger.fires({ ...each, confidence: each.confidence + share * (1 - each.confidence) }) &&
          trigger.fires({ ...each, linkUtilisation: each.linkUtilisation * share })
        );
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  it('adaptive: fires exactly where the expected gain exceeds the expected cost', () => {
    const trigger = new AdaptiveTrigger();
    fc.assert(
      fc.property(offer, (each) => {
        const { confidence, linkUtilisation: u } = each;
        // At the boundary itself rounding decides.
        fc.pre(each.waitNs > 0 && u < 1 && Math.abs(confidence - u) > 1e-9);
        return trigger.fires(each) === confidence > ((1 - confidence) * u) / (1 - u);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

describe('what prefetching may take', () => {
  it('narrows the link only while demand runs beside it, never while a promoted prefetch is demand itself', () => {
    const capacities: number[] = [];
    const network = { addLink: () => 7, setLinkCapacity: (_: number, bps: number) => { capacities.push(bps); } } as unknown as Network;
    const budget = new LinkBudget(network, 100, 0.25);
    expect(budget.link).toBe(7);
    budget.change(2, 0);
    budget.change(1, 1);
    budget.change(-1, -1);
    budget.change(-2, 0);
    expect(capacities).toEqual([25, 100, 25, 100]);
    expect(new LinkBudget(network, 100, 1).link).toBeUndefined();
  });

  it('pollution: what a prefetched entry drove out and is asked for again, once; not what others drove out', () => {
    const watch = new PollutionWatch();
    const store = new TieredStore([{ name: 'memory', capacityBytes: 20 }], () => new Lru(), (id, bytes) => { watch.evicted(id, bytes); }, { admission: watch });
    store.write(1, 10);
    store.write(2, 10);
    watch.during(() => store.write(3, 10));
    expect(watch.neededBytes).toBe(0);
    store.touch(1);
    store.touch(1);
    expect(watch.neededBytes).toBe(10);
    store.write(4, 10);
    store.touch(2);
    expect(watch.neededBytes).toBe(10);
  });
});
