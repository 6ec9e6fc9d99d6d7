import type { PartitionAxis } from '../../kv/layout/partition.ts';

/** Ways to cut a chunk's KV tensor that a config can name: one axis, or two, the first taking as many parts as it can. */
export const CUTS = ['layer', 'head', 'sequence', 'layer+head', 'layer+sequence', 'head+layer', 'sequence+layer'] as const;
export type Cut = (typeof CUTS)[number];

export function cutAxes(cut: Cut): PartitionAxis[] {
  return cut.split('+') as PartitionAxis[];
}
