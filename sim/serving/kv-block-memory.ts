/**
 * KV memory in blocks: how many are free, held by sequences, or kept by the prefix cache.
 *
 * Blocks are interchangeable, so they are counted, not named. Every change keeps free + held + cached = total.
 */
export class KvBlockMemory {
  readonly totalBlocks: number;
  /** Tokens of one block. */
  readonly blockTokens: number;
  #free: number;
  #held = 0;
  #cached = 0;

  constructor(totalBlocks: number, blockTokens: number) {
    if (!Number.isSafeInteger(totalBlocks) || totalBlocks < 1) throw new RangeError(`kvBlocks must be a whole number of at least 1, not ${totalBlocks}`);
    if (!Number.isSafeInteger(blockTokens) || blockTokens < 1) throw new RangeError(`blockTokens must be a whole number of at least 1, not ${blockTokens}`);
    this.totalBlocks = totalBlocks;
    this.blockTokens = blockTokens;
    this.#free = totalBlocks;
  }

  get freeBlocks(): number {
    return this.#free;
  }

  /** Blocks of running sequences, those of the prefix cache not counted. */
  get heldBlocks(): number {
    return this.#held;
  }

  get cachedBlocks(): number {
    return this.#cached;
  }

  /** Blocks that hold `tokens` tokens. */
  blocksFor(tokens: number): number {
    return Math.ceil(tokens / this.blockTokens);
  }

  /** Free → held. */
  take(blocks: number): void {
    this.#free -= blocks;
    this.#held += blocks;
    this.check();
  }

  /** Held → free. */
  give(blocks: number): void {
    this.#held -= blocks;
    this.#free += blocks;
    this.check();
  }

  /** Held → cached: a computed unit is published. */
  publish(blocks: number): void {
    this.#held -= blocks;
    this.#cached += blocks;
    this.check();
  }

  /** Cached → free: a unit is evicted. */
  evict(blocks: number): void {
    this.#cached -= blocks;
    this.#free += blocks;
    this.check();
  }

  /** @throws Error where the account does not balance: a fault of the engine, never of its input. */
  check(): void {
    if (this.#free < 0 || this.#held < 0 || this.#cached < 0 || this.#free + this.#held + this.#cached !== this.totalBlocks) {
      throw new Error(`KV blocks do not balance: ${this.#free} free + ${this.#held} held + ${this.#cached} cached, total ${this.totalBlocks}`);
    }
  }
}
