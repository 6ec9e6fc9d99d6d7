import { checkShape, kvBytes } from './kv-shape.ts';
import type { KvShape } from './kv-shape.ts';

/** The axes along which a chunk's KV tensor can be cut. */
export type PartitionAxis = 'layer' | 'head' | 'sequence';

/**
 * How a chunk is cut into segments: along one axis, or along a product of axes in the order given.
 */
export interface PartitionPlan {
  readonly axes: readonly PartitionAxis[];
  /** At most this many segments a chunk. */
  readonly maxSegments: number;
  /** Aim: no segment smaller than this; a chunk smaller than two of them stays whole. 0 for no aim. */
  readonly minSegmentBytes: number;
}

/** Half-open range [from, to). */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A box of the chunk's tensor: K and V of these layers, heads and tokens. */
export interface Segment {
  readonly index: number;
  readonly layers: Range;
  readonly heads: Range;
  readonly tokens: Range;
}

/** The shape of the box that a segment covers. */
export function segmentShape(shape: KvShape, segment: Segment): KvShape {
  return {
    layers: segment.layers.to - segment.layers.from,
    kvHeads: segment.heads.to - segment.heads.from,
    headDim: shape.headDim,
    tokens: segment.tokens.to - segment.tokens.from,
    elementBytes: shape.elementBytes,
  };
}

/** Uncompressed bytes of a segment. */
export function segmentBytes(shape: KvShape, segment: Segment): number {
  return kvBytes(segmentShape(shape, segment));
}

/**
 * Cuts a chunk into segments that tile its tensor exactly: every element lies in one segment and one only.
 * The first axis takes as many parts as it can, the next ones what is left of the budget.
 *
 * @throws RangeError on an empty or repeated axis list, or a budget below one segment
 */
export function partition(shape: KvShape, plan: PartitionPlan): Segment[] {
  checkShape(shape);
  checkPlan(plan);
  let budget = segmentBudget(shape, plan);
  const parts: Record<PartitionAxis, number> = { layer: 1, head: 1, sequence: 1 };
  const extents: Record<PartitionAxis, number> = { layer: shape.layers, head: shape.kvHeads, sequence: shape.tokens };
  for (const axis of plan.axes) {
    parts[axis] = Math.max(1, Math.min(budget, extents[axis]));
    budget = Math.floor(budget / parts[axis]);
  }
  const segments: Segment[] = [];
  for (const layers of cut(shape.layers, parts.layer)) {
    for (const heads of cut(shape.kvHeads, parts.head)) {
      for (const tokens of cut(shape.tokens, parts.sequence)) {
        segments.push({ index: segments.length, layers, heads, tokens });
      }
    }
  }
  return segments;
}

function segmentBudget(shape: KvShape, plan: PartitionPlan): number {
  if (plan.minSegmentBytes === 0) return plan.maxSegments;
  return Math.max(1, Math.min(plan.maxSegments, Math.floor(kvBytes(shape) / plan.minSegmentBytes)));
}

function checkPlan(plan: PartitionPlan): void {
  if (plan.axes.length === 0 || new Set(plan.axes).size !== plan.axes.length) {
    throw new RangeError(`partition: axes must be one or more of layer, head, sequence, each once, not [${plan.axes.join(', ')}]`);
  }
  if (!Number.isInteger(plan.maxSegments) || plan.maxSegments < 1) {
    throw new RangeError(`partition: maxSegments must be an integer of at least 1, not ${plan.maxSegments}`);
  }
  if (!(plan.minSegmentBytes >= 0)) {
    throw new RangeError(`partition: minSegmentBytes must be 0 or more, not ${plan.minSegmentBytes}`);
  }
}

/** Splits [0, extent) into `parts` ranges whose lengths differ by at most one. */
function cut(extent: number, parts: number): Range[] {
  return Array.from({ length: parts }, (_, i) => ({
    from: Math.floor((i * extent) / parts),
    to: Math.floor(((i + 1) * extent) / parts),
  }));
}
