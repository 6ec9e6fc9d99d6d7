/**
 * The KV blocks of one sequence: taken when it is admitted, extended as it decodes, given back when it leaves.
 *
 * Without the prefix cache the context is one run of tokens in ⌈tokens / blockTokens⌉ blocks. With it, each unit of a
 * `prefix` request has blocks of its own, shared where the unit is cached, and what follows the units (suffix and output) is
 * the tail, one run of tokens. Decoding only lengthens the tail.
 */
import type { KvBlockMemory } from './kv-block-memory.ts';
import type { PrefixCache } from './prefix-cache.ts';
import type { Sequence } from './sequence.ts';

export class SequenceBlocks {
  readonly #memory: KvBlockMemory;
  readonly #cache: PrefixCache | undefined;

  constructor(memory: KvBlockMemory, cache: PrefixCache | undefined) {
    this.#memory = memory;
    this.#cache = cache;
  }

  /** Makes sure that `blocks` blocks are free, evicting cached units for it. False where that cannot be. */
  makeRoom(blocks: number): boolean {
    return this.#cache === undefined ? this.#memory.freeBlocks >= blocks : this.#cache.makeRoom(blocks);
  }

  /** Blocks of the sequence at its longest. The last token generated needs no KV. */
  most(sequence: Sequence): number {
    const generated = sequence.outputTokens - 1;
    if (this.#sharingCache(sequence) === undefined) return this.#memory.blocksFor(sequence.promptTokens + generated);
    return this.#unitBlocks(sequence, 0) + this.#memory.blocksFor(sequence.request.suffixTokens + generated);
  }

  /** Leading prompt tokens in the prefix cache. */
  localPrefixTokens(sequence: Sequence): number {
    const { units } = sequence.request;
    return leadingTokens(sequence, this.#sharingCache(sequence)?.match(units) ?? 0);
  }

  /** Takes the blocks of the prompt and of what was generated. False where there is no room. */
  acquire(sequence: Sequence): boolean {
    if (sequence.hasBlocks) return true;
    const cache = this.#sharingCache(sequence);
    const { units, suffixTokens } = sequence.request;
    let tail = sequence.promptTokens + sequence.generated;
    let unitBlocks = 0;
    let hits = 0;
    if (cache !== undefined) {
      hits = cache.match(units);
      // The last prompt token is computed in any case: its output is the first token.
      if (hits === units.length && suffixTokens === 0 && sequence.generated === 0 && !sequence.pieceByCaller) hits -= 1;
      tail = suffixTokens + sequence.generated;
      unitBlocks = this.#unitBlocks(sequence, hits);
      const available = this.#memory.freeBlocks + cache.evictableBlocks - cache.pinnedBlocks(units, hits);
      if (available < unitBlocks + this.#memory.blocksFor(tail)) return false;
      for (let index = 0; index < hits; index += 1) {
        cache.reference(units[index]);
        sequence.heldUnits.push(units[index]);
      }
      cache.unitsLookedUp += units.length;
      cache.unitsHit += hits;
    }
    const blocks = unitBlocks + this.#memory.blocksFor(tail);
    if (!this.makeRoom(blocks)) return false;
    this.#memory.take(blocks);
    sequence.unitBlocks = unitBlocks;
    sequence.tailTokens = tail;
    sequence.publishedUnits = hits;
    sequence.publishedTokens = leadingTokens(sequence, hits);
    sequence.hasBlocks = true;
    return true;
  }

  /** Makes the units that lie within the first `computedTokens` prompt tokens available to others. */
  publish(sequence: Sequence, computedTokens: number): void {
    const cache = this.#sharingCache(sequence);
    if (cache === undefined || !sequence.hasBlocks) return;
    const { units } = sequence.request;
    while (sequence.publishedUnits < units.length) {
      const unit = units[sequence.publishedUnits];
      if (sequence.publishedTokens + unit.tokens > computedTokens) return;
      const previousId = sequence.publishedUnits === 0 ? -1 : units[sequence.publishedUnits - 1].id;
      sequence.publishedUnits += 1;
      sequence.publishedTokens += unit.tokens;
      if (cache.publish(unit, previousId)) {
        sequence.unitBlocks -= this.#memory.blocksFor(unit.tokens);
        sequence.heldUnits.push(unit);
      }
    }
  }

  /** Gives everything back. What it published stays in the cache. */
  release(sequence: Sequence): void {
    if (!sequence.hasBlocks) return;
    sequence.hasBlocks = false;
    this.#memory.give(sequence.unitBlocks + this.#memory.blocksFor(sequence.tailTokens));
    this.#cache?.release(sequence.heldUnits);
    sequence.heldUnits.length = 0;
    sequence.unitBlocks = 0;
    sequence.tailTokens = 0;
    sequence.residentTokens = 0;
  }

  /** The cache, where the sequence takes part in it. */
  #sharingCache(sequence: Sequence): PrefixCache | undefined {
    return sequence.request.reuse === 'prefix' ? this.#cache : undefined;
  }

  /** Blocks of the units from number `from` on. */
  #unitBlocks(sequence: Sequence, from: number): number {
    const { units } = sequence.request;
    let blocks = 0;
    for (let index = from; index < units.length; index += 1) blocks += this.#memory.blocksFor(units[index].tokens);
    return blocks;
  }
}

/** Tokens of the first `count` units. */
function leadingTokens(sequence: Sequence, count: number): number {
  const { units } = sequence.request;
  let tokens = 0;
  for (let index = 0; index < count; index += 1) tokens += units[index].tokens;
  return tokens;
}
