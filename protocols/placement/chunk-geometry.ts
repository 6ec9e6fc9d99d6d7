import { encodedBytes } from '../../kv/codecs/compression.ts';
import type { CompressionLevel } from '../../kv/codecs/compression.ts';
import { kvBytes } from '../../kv/layout/kv-shape.ts';
import { partition, segmentBytes, segmentShape } from '../../kv/layout/partition.ts';
import type { PartitionPlan } from '../../kv/layout/partition.ts';

/** The part of a model that decides how large its KV cache is. */
export interface KvModel {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly dtypeBytes: number;
}

/** Sizes of a unit of some length: whole, and segment by segment. */
export interface ChunkGeometry {
  readonly tokens: number;
  /** Bytes in GPU memory, uncompressed. */
  readonly rawBytes: number;
  /** Bytes stored and sent, by segment. */
  readonly segmentBytes: readonly number[];
  /** Bytes after decoding, by segment. */
  readonly segmentRawBytes: readonly number[];
  /** Bytes stored and sent, all segments. */
  readonly storedBytes: number;
  /** The first layer in each segment. */
  readonly segmentFirstLayer: readonly number[];
  /** Segments with anything in them: all, but in the tail of a unit. */
  readonly segmentCount: number;
}

/** Sizes of units under one model, partition plan and compression level; one geometry per unit length, made once. */
export class ChunkGeometries {
  readonly maxSegments: number;
  readonly #model: KvModel;
  readonly #plan: PartitionPlan;
  readonly #level: CompressionLevel;
  readonly #byTokens = new Map<number, ChunkGeometry>();

  constructor(model: KvModel, plan: PartitionPlan, level: CompressionLevel) {
    this.#model = model;
    this.#plan = plan;
    this.#level = level;
    this.maxSegments = plan.maxSegments;
  }

  of(tokens: number): ChunkGeometry {
    let geometry = this.#byTokens.get(tokens);
    if (geometry === undefined) {
      geometry = this.#make(tokens);
      this.#byTokens.set(tokens, geometry);
    }
    return geometry;
  }

  /**
   * What is left of a unit of `tokens` tokens when its first `from` are not wanted: each segment without them, empty where it holds no others. The tail of a segment can
   * be read by itself because tokens lie one after another in it; compressed segments quantise keys in groups of 32 tokens, so `from` should be a multiple of that.
   */
  tail(tokens: number, from: number): ChunkGeometry {
    return from === 0 ? this.of(tokens) : this.#make(tokens, from);
  }

  /** Dense id of a segment of a unit: the store's entry id. */
  segmentId(unit: number, segment: number): number {
    return unit * this.maxSegments + segment;
  }

  #make(tokens: number, from = 0): ChunkGeometry {
    const { layers, kvHeads, headDim, dtypeBytes } = this.#model;
    const shape = { layers, kvHeads, headDim, tokens, elementBytes: dtypeBytes };
    const segments = partition(shape, this.#plan).map((segment) => ({ ...segment, tokens: { from: Math.min(Math.max(segment.tokens.from, from), segment.tokens.to), to: segment.tokens.to } }));
    const stored = segments.map((segment) => encodedBytes(segmentShape(shape, segment), this.#level));
    return {
      tokens: tokens - from,
      rawBytes: kvBytes({ ...shape, tokens: tokens - from }),
      segmentBytes: stored,
      segmentRawBytes: segments.map((segment) => segmentBytes(shape, segment)),
      storedBytes: stored.reduce((sum, bytes) => sum + bytes, 0),
      segmentFirstLayer: segments.map((segment) => segment.layers.from),
      segmentCount: stored.filter((bytes) => bytes > 0).length,
    };
  }
}
