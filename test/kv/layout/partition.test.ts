import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kvBytes } from '../../../kv/layout/kv-shape.ts';
import type { KvShape } from '../../../kv/layout/kv-shape.ts';
import { partition, segmentBytes } from '../../../kv/layout/partition.ts';
import type { PartitionAxis } from '../../../kv/layout/partition.ts';

const shapes: fc.Arbitrary<KvShape> = fc.record({
  layers: fc.integer({ min: 1, max: 9 }),
  kvHeads: fc.integer({ min: 1, max: 6 }),
  headDim: fc.integer({ min: 1, max: 8 }),
  tokens: fc.integer({ min: 1, max: 17 }),
  elementBytes: fc.constant(2),
});
const plans = fc.record({
  axes: fc.shuffledSubarray<PartitionAxis>(['layer', 'head', 'sequence'], { minLength: 1 }),
  maxSegments: fc.integer({ min: 1, max: 40 }),
  minSegmentBytes: fc.integer({ min: 0, max: 400 }),
});

describe('partition', () => {
  it('tiles the tensor: every (layer, head, token) lies in exactly one segment', () => {
    fc.assert(
      fc.property(shapes, plans, (shape, plan) => {
        const covered = new Uint8Array(shape.layers * shape.kvHeads * shape.tokens);
        for (const { layers, heads, tokens } of partition(shape, plan)) {
          for (let l = layers.from; l < layers.to; l++) {
            for (let h = heads.from; h < heads.to; h++) {
              for (let t = tokens.from; t < tokens.to; t++) covered[(l * shape.kvHeads + h) * shape.tokens + t]++;
            }
          }
        }
        expect(covered.every((count) => count === 1)).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('keeps to the budget, leaves no segment empty and adds up to the chunk', () => {
    fc.assert(
      fc.property(shapes, plans, (shape, plan) => {
        const segments = partition(shape, plan);
        const sizes = segments.map((segment) => segmentBytes(shape, segment));
        expect(segments.length).toBeLessThanOrEqual(plan.maxSegments);
        expect(Math.min(...sizes)).toBeGreaterThan(0);
        expect(sizes.reduce((a, b) => a + b, 0)).toBe(kvBytes(shape));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('cuts Llama-2-7B, 512 tokens, into 8 segments of 4 layers, 32 MiB each', () => {
    const shape = { layers: 32, kvHeads: 32, headDim: 128, tokens: 512, elementBytes: 2 };
    const segments = partition(shape, { axes: ['layer'], maxSegments: 8, minSegmentBytes: 0 });
    expect(segments.map((s) => segmentBytes(shape, s))).toEqual(Array.from({ length: 8 }, () => 32 * 1024 * 1024));
  });

  it('refuses an empty axis list and a repeated axis', () => {
    const shape = { layers: 2, kvHeads: 1, headDim: 1, tokens: 1, elementBytes: 2 };
    expect(() => partition(shape, { axes: [], maxSegments: 2, minSegmentBytes: 0 })).toThrow(/axes/);
    expect(() => partition(shape, { axes: ['layer', 'layer'], maxSegments: 2, minSegmentBytes: 0 })).toThrow(/each once/);
  });
});
