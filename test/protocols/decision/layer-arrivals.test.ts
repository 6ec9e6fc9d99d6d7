import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earliestEnd, latestStart } from '../../../protocols/decision/layer-arrivals.ts';
import type { LayerSegment } from '../../../protocols/decision/layer-arrivals.ts';

const landed = (firstLayer: number, ns: number, activity = firstLayer): LayerSegment => ({ firstLayer, sizeBytes: 100, landed: { ns, activity } });

describe('computation behind arriving layers', () => {
  it('ends when a walk through the layers says: each starts when the one before has ended and its KV is there', () => {
    fc.assert(fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 200 }), (arrivals, layerNs) => {
      let endNs = 0;
      for (const ns of arrivals) endNs = Math.max(endNs, ns) + layerNs;
      expect(earliestEnd(arrivals.map((ns, layer) => landed(layer, ns)), arrivals.length, layerNs)!.ns).toBe(endNs);
    }), { seed: 1, numRuns: 300 });
  });

  it('takes the fill and the slowest stage of a pipeline of equal layers', () => {
    // Stages of a layer: transfer, copy, rotation, computation.
    fc.assert(fc.property(fc.tuple(fc.nat(90), fc.nat(90), fc.nat(90), fc.integer({ min: 1, max: 90 })), fc.integer({ min: 1, max: 40 }), ([transfer, copy, rotate, compute], layers) => {
      const slowest = Math.max(transfer, copy, rotate);
      const arrivals = Array.from({ length: layers }, (_, layer) => landed(layer, transfer + copy + rotate + layer * slowest));
      expect(earliestEnd(arrivals, layers, compute)!.ns).toBe(transfer + copy + rotate + compute + (layers - 1) * Math.max(slowest, compute));
    }), { seed: 2, numRuns: 300 });
  });

  it('names the arrival that decides the end', () => {
    expect(earliestEnd([landed(0, 10, 7), landed(2, 11, 8)], 4, 5)!.activity).toBe(7);
    expect(earliestEnd([landed(0, 10, 7), landed(2, 40, 8)], 4, 5)!.activity).toBe(8);
    expect(earliestEnd([], 4, 5)).toBeUndefined();
  });

  it('begins so late that it meets the bound without waiting, where layers come as expected', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (layers, transfer, compute) => {
      const left = Array.from({ length: layers }, (_, firstLayer): LayerSegment => ({ firstLayer, sizeBytes: transfer, landed: undefined }));
      const startNs = latestStart(left, 1000, 1, compute);
      const arrivals = left.map(({ firstLayer }) => landed(firstLayer, 1000 + (firstLayer + 1) * transfer));
      expect(startNs + layers * compute).toBe(earliestEnd(arrivals, layers, compute)!.ns);
    }), { seed: 3, numRuns: 300 });
  });
});
