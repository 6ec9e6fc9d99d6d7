import { encodedBytes } from '../../../kv/codecs/compression.ts';
import { kvBytes } from '../../../kv/layout/kv-shape.ts';
import type { ContextUnit } from '../../../sim/serving/request.ts';
import type { ChunkGeometries, KvModel } from '../../placement/chunk-geometry.ts';
import type { NamedLayer } from './layer-directory.ts';
import type { LayerBytes } from './layer-stages.ts';
import type { TensorHead } from './messages.ts';
import { sha256 } from './sha256.ts';

/** Keys and sizes of layers under one model and one way of sending them. */
export class LayerNames {
  readonly #model: KvModel & { readonly name: string };
  readonly #geometries: ChunkGeometries;
  readonly #quantised: boolean;
  readonly #bytes = new Map<number, LayerBytes>();
  readonly #prefixes = new Map<number, Uint8Array>();
  readonly #starts = new Map<number, number>();

  constructor(model: KvModel & { readonly name: string }, geometries: ChunkGeometries, quantised: boolean) {
    this.#model = model;
    this.#geometries = geometries;
    this.#quantised = quantised;
  }

  get layers(): number {
    return this.#model.layers;
  }

  /** Where a unit begins: an id names its whole prefix, so whoever meets it first can say. */
  starts(unit: number, token: number): void {
    if (!this.#starts.has(unit)) this.#starts.set(unit, token);
  }

  name(unit: ContextUnit, layer: number): NamedLayer {
    const start = this.#starts.get(unit.id) ?? 0;
    return {
      id: this.#geometries.segmentId(unit.id, layer),
      key: { model: this.#model.name, layer, prefix: this.#prefix(unit.id), start, end: start + unit.tokens },
    };
  }

  /** Sizes of one layer of a unit of so many tokens. */
  bytes(tokens: number): LayerBytes {
    let bytes = this.#bytes.get(tokens);
    if (bytes === undefined) {
      const { kvHeads, headDim, dtypeBytes } = this.#model;
      const shape = { layers: 1, kvHeads, headDim, tokens, elementBytes: dtypeBytes };
      bytes = { raw: kvBytes(shape), data: encodedBytes(shape, this.#quantised ? 'moderate' : 'none') };
      this.#bytes.set(tokens, bytes);
    }
    return bytes;
  }

  head(tokens: number): TensorHead {
    return { shape: [2, this.#model.kvHeads, tokens, this.#model.headDim], dtype: this.#quantised ? 'i8' : 'f16' };
  }

  /** Under reuse by prefix the id of a unit stands for its tokens and all before it; tokens are not modelled, so it is what is hashed. */
  #prefix(unit: number): Uint8Array {
    let digest = this.#prefixes.get(unit);
    if (digest === undefined) {
      digest = sha256(`prefix-${unit}`);
      this.#prefixes.set(unit, digest);
    }
    return digest;
  }
}
