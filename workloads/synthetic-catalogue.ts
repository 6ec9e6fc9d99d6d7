/** A corpus of chunks that have lengths and documents but no text. */
import { RandomStream } from '../sim/kernel/random-stream.ts';
import type { TokenCount } from './token-count.ts';
import type { UnitCatalogue } from './workload.ts';

/** Size of the corpus and lengths of its chunks. */
export interface SyntheticCatalogueOptions {
  readonly chunks: number;
  readonly chunkTokens: TokenCount;
  /** Consecutive chunks of a document. */
  readonly chunksPerDocument: number;
  /** Length of the prompt head that is the last unit; 0 for none. */
  readonly headTokens: number;
  readonly seed: string | number;
}

/** Lengths are drawn once, from the corpus seed alone. */
export class SyntheticCatalogue implements UnitCatalogue {
  /** Chunks, plus one where there is a prompt head. */
  readonly size: number;
  readonly #options: SyntheticCatalogueOptions;
  /** Absent where all are equal. */
  readonly #lengths: Int32Array | undefined;
  readonly #equalLength: number;

  constructor(options: SyntheticCatalogueOptions) {
    this.#options = options;
    this.size = options.chunks + (options.headTokens > 0 ? 1 : 0);
    const stream = new RandomStream(`workload/corpus/${options.seed}`);
    this.#equalLength = options.chunkTokens.sample(stream);
    if (!options.chunkTokens.constant) this.#lengths = Int32Array.from({ length: options.chunks }, () => options.chunkTokens.sample(stream));
  }

  tokens(id: number): number {
    if (!(Number.isInteger(id) && id >= 0 && id < this.size)) throw new RangeError(`unit ${id}: expected an id from 0 to ${this.size - 1}`);
    if (id >= this.#options.chunks) return this.#options.headTokens;
    return this.#lengths === undefined ? this.#equalLength : this.#lengths[id];
  }

  /** Undefined for the prompt head. */
  document(id: number): number | undefined {
    return id < this.#options.chunks ? Math.floor(id / this.#options.chunksPerDocument) : undefined;
  }
}
