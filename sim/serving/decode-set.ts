/**
 * The sequences that decode: each step gives every one of them a token.
 *
 * A step costs O(1), however large the batch. The set has a clock that ticks once per decode step; what a sequence has
 * generated and how much context it has follow from the tick at which it joined. Totals are kept as sums, completions in
 * a heap by tick, and the sequences that need a new block at a tick are counted by the residue of that tick modulo the
 * block size, since each needs one every `blockTokens` ticks.
 */
import { SequenceHeap } from './sequence-heap.ts';
import type { Sequence } from './sequence.ts';

export class DecodeSet {
  readonly #blockTokens: number;
  /** Sequences that need a block in the step of tick t, at index t mod blockTokens. */
  readonly #needsBlock: Int32Array;
  /** Sequences by finish tick; those that left before their time are skipped when they come to the top. */
  readonly #finishing = new SequenceHeap();
  #size = 0;
  #contextTokens = 0;
  #tick = 0;
  /** Blocks are taken for this tick: ahead of `#tick` while a step runs. */
  #allocatedTick = 0;

  constructor(blockTokens: number) {
    this.#blockTokens = blockTokens;
    this.#needsBlock = new Int32Array(blockTokens);
  }

  get size(): number {
    return this.#size;
  }

  /** Context of all sequences together, in tokens. */
  get contextTokens(): number {
    return this.#contextTokens;
  }

  /** Blocks that the next step takes. */
  get blocksNeeded(): number {
    return this.blocksNeededAfter(0);
  }

  /** Blocks that a step takes which has `steps` steps between now and itself, if no sequence joins or leaves. */
  blocksNeededAfter(steps: number): number {
    return this.#needsBlock[(this.#tick + 1 + steps) % this.#blockTokens];
  }

  /** Steps until one of the sequences is complete, at least; 0 without sequences. */
  get stepsToFinish(): number {
    return this.#finishing.length === 0 ? 0 : this.#finishing.topKey - this.#tick;
  }

  /** Adds a sequence that has `generated` tokens, at least one to go, and its blocks for what is resident. */
  join(sequence: Sequence): void {
    sequence.state = 'decode';
    sequence.joinTick = this.#tick;
    sequence.finishTick = this.#tick + sequence.outputTokens - sequence.generated;
    this.#needsBlock[this.#residue(sequence)] += 1;
    this.#size += 1;
    this.#contextTokens += sequence.residentTokens;
    this.#finishing.push(sequence.finishTick, sequence);
  }

  /** Takes out a sequence, its counters brought up to date. */
  leave(sequence: Sequence): void {
    this.#needsBlock[this.#residue(sequence)] -= 1;
    const ticks = this.#tick - sequence.joinTick;
    sequence.generated += ticks;
    sequence.residentTokens += ticks;
    // The tail has the blocks of the step under way, if any.
    sequence.tailTokens += this.#allocatedTick - sequence.joinTick;
    this.#size -= 1;
    this.#contextTokens -= sequence.residentTokens;
  }

  /** Tokens of the sequence generated so far. */
  generated(sequence: Sequence): number {
    return sequence.generated + this.#tick - sequence.joinTick;
  }

  /** The blocks of the next step have been taken. */
  allocate(): void {
    this.#allocatedTick = this.#tick + 1;
  }

  /** Ends a step: every sequence has one more token. Those that are complete leave and are appended to `finished`. */
  advance(finished: Sequence[]): void {
    this.#tick += 1;
    this.#allocatedTick = this.#tick;
    this.#contextTokens += this.#size;
    while (this.#finishing.length > 0 && this.#finishing.topKey <= this.#tick) {
      const sequence = this.#finishing.pop();
      // A sequence preempted since it joined may be in the heap twice.
      if (sequence.state !== 'decode' || sequence.finishTick !== this.#tick) continue;
      this.leave(sequence);
      sequence.state = 'finished';
      finished.push(sequence);
    }
    if (this.#size === 0) this.#finishing.clear();
  }

  /** Residue of the ticks at which the sequence starts a new block: when its tail is a whole number of blocks. */
  #residue(sequence: Sequence): number {
    const residue = (sequence.joinTick + 1 - sequence.tailTokens) % this.#blockTokens;
    return residue < 0 ? residue + this.#blockTokens : residue;
  }
}
