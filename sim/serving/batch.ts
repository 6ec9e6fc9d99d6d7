/**
 * The sequences that hold a slot, and which of their work goes into the next step: decodes first, then prefills in order of admission, then
 * those whom the waiting room lets in, until budget, slots or KV blocks are used up. Where decodes lack a block, the sequence of least priority is preempted.
 */
import type { StepShape } from '../hardware/step-shape.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { DecodeSet } from './decode-set.ts';
import type { ResolvedEngineOptions } from './engine-options.ts';
import type { KvBlockMemory } from './kv-block-memory.ts';
import { makeSinglePiece, remainingTokens, resetPieces } from './prefill-pieces.ts';
import { RunningList } from './running-list.ts';
import { NOT_YET, type Sequence } from './sequence.ts';
import type { SequenceBlocks } from './sequence-blocks.ts';
import { StepPlan } from './step-plan.ts';
import type { WaitingRoom } from './waiting-room.ts';

export class Batch {
  readonly #scheduler: Scheduler;
  readonly #options: ResolvedEngineOptions;
  readonly #memory: KvBlockMemory;
  readonly #blocks: SequenceBlocks;
  readonly #decode: DecodeSet;
  readonly #room: WaitingRoom;
  readonly #onPreempted: (sequence: Sequence) => void;
  /** Holders of a slot, in order of admission; those of them that prefill. */
  readonly #running = new RunningList();
  readonly #prefilling: Sequence[] = [];
  /** Finished, their blocks and slots to be freed after the next planning (async scheduling). */
  readonly #releasing: Sequence[] = [];
  /** The prefills of the step planned or under way. */
  readonly #step: StepPlan;

  /** @param onPreempted told of each sequence that has lost its blocks and waits again */
  constructor(scheduler: Scheduler, options: ResolvedEngineOptions, memory: KvBlockMemory, blocks: SequenceBlocks, decode: DecodeSet, room: WaitingRoom, onPreempted: (sequence: Sequence) => void) {
    this.#scheduler = scheduler;
    this.#options = options;
    this.#memory = memory;
    this.#blocks = blocks;
    this.#decode = decode;
    this.#room = room;
    this.#onPreempted = onPreempted;
    this.#step = new StepPlan(options.chunkedPrefill);
  }

  /** Holders of a slot. */
  get size(): number {
    return this.#running.length;
  }

  get prefillingCount(): number {
    return this.#prefilling.length;
  }

  /** The sequences that prefill in the step planned or under way, and the tokens of each. */
  get chunks(): { readonly sequences: readonly Sequence[]; readonly tokens: readonly number[] } {
    return this.#step;
  }

  /** Does the planned step only decode, and will the next, as far as this batch goes? */
  get onlyDecodes(): boolean {
    return this.#step.empty && this.#prefilling.length === 0 && this.#releasing.length === 0;
  }

  /** Holders of a slot, in order of admission. */
  [Symbol.iterator](): Iterator<Sequence> {
    return this.#running[Symbol.iterator]();
  }

  /** The step as the cost model takes it. */
  shape(): StepShape {
    return this.#step.shape(this.#decode);
  }

  /** Prompt tokens that prefilling sequences have left to compute. */
  tokensToPrefill(): number {
    let tokens = 0;
    for (const sequence of this.#prefilling) tokens += remainingTokens(sequence);
    return tokens;
  }

  /** Fills the step. False where there is nothing to run. */
  plan(): boolean {
    this.#step.clear();
    const preempted = this.#planDecodes();
    let budget = this.#options.tokenBudget - this.#decode.size;
    for (const sequence of this.#prefilling) budget = this.#planChunk(sequence, budget);
    // Where it preempted everything, what holds its blocks since it was parked may run instead: nothing else would ever plan again.
    if (!preempted || (this.#decode.size === 0 && this.#step.empty)) this.#admit(budget);
    return this.#decode.size > 0 || !this.#step.empty;
  }

  /** The step under way is given up. */
  clearStep(): void {
    this.#step.clear();
  }

  /** Its prefill is done; it keeps its slot. */
  endPrefill(sequence: Sequence): void {
    const index = this.#prefilling.indexOf(sequence);
    if (index >= 0) this.#prefilling.splice(index, 1);
  }

  /** A prefilling or decoding sequence gives up its slot; its blocks are the caller's affair. */
  leave(sequence: Sequence): void {
    if (sequence.state === 'decode') this.#decode.leave(sequence);
    else this.endPrefill(sequence);
    this.#running.remove(sequence);
  }

  /** A sequence that needs nothing more gives up slot and blocks: now, or with async scheduling after the next planning. */
  retire(sequence: Sequence): void {
    if (this.#options.asyncScheduling) this.#releasing.push(sequence);
    else this.free(sequence);
  }

  /** Gives slot and blocks back. */
  free(sequence: Sequence): void {
    this.#running.remove(sequence);
    this.#blocks.release(sequence);
  }

  /** Frees those that were retired. False where nobody was. */
  release(): boolean {
    if (this.#releasing.length === 0) return false;
    for (const sequence of this.#releasing) this.free(sequence);
    this.#releasing.length = 0;
    return true;
  }

  /** Takes the blocks that decodes need, preempting where there are none. True where it preempted. */
  #planDecodes(): boolean {
    let preempted = false;
    while (this.#decode.size > 0 && !this.#blocks.makeRoom(this.#decode.blocksNeeded)) {
      if (this.release()) continue;
      this.#preempt(this.#victim());
      preempted = true;
    }
    if (this.#decode.size > 0) {
      this.#memory.take(this.#decode.blocksNeeded);
      this.#decode.allocate();
    }
    return preempted;
  }

  /** The running sequence of least priority: the one admitted last, or the one that its policy puts last. */
  #victim(): Sequence {
    let victim = this.#running.last((sequence) => sequence.state !== 'finished');
    if (victim === undefined) throw new Error('decodes need blocks, and no sequence runs');
    if (this.#room.policy.name === 'fcfs') return victim;
    for (const sequence of this.#running) {
      if (sequence.state === 'finished') continue;
      if (sequence.key > victim.key || (sequence.key === victim.key && sequence.order > victim.order)) victim = sequence;
    }
    return victim;
  }

  #preempt(sequence: Sequence): void {
    this.leave(sequence);
    this.#blocks.release(sequence);
    resetPieces(sequence);
    sequence.headSeen = false;
    sequence.prefilledElsewhere = false;
    sequence.preemptions += 1;
    sequence.expectedPrefillTokens = sequence.promptTokens + sequence.generated;
    this.#room.requeue(sequence);
    this.#onPreempted(sequence);
  }

  /** Adds what fits of a sequence's pieces. @returns the budget left. */
  #planChunk(sequence: Sequence, budget: number): number {
    if (budget <= 0) return 0;
    const tokens = this.#step.add(sequence, budget);
    if (tokens > 0 && sequence.resumedNs === NOT_YET) {
      sequence.resumedNs = this.#scheduler.now;
      if (sequence.firstScheduledNs === NOT_YET) sequence.firstScheduledNs = this.#scheduler.now;
    }
    return Math.max(0, budget - tokens);
  }

  #admit(budget: number): void {
    let left = budget;
    while (left > 0 && this.#running.length < this.#options.maxSequences) {
      const sequence = this.#room.head(this.#options.reserveAtHead ? this.#blocks : undefined);
      if (sequence === undefined || !this.#blocks.acquire(sequence)) return;
      this.#room.take();
      left = this.#start(sequence, left);
    }
  }

  /** Gives a slot to a sequence that has its blocks. @returns the budget left. */
  #start(sequence: Sequence, budget: number): number {
    this.#running.append(sequence);
    if (sequence.prefilledElsewhere) {
      // It decodes in this very step, for whose token its blocks have room already.
      sequence.prefilledElsewhere = false;
      sequence.residentTokens = sequence.promptTokens + sequence.generated - 1;
      sequence.tailTokens -= 1;
      this.#decode.join(sequence);
      this.#decode.allocate();
      return budget - 1;
    }
    sequence.state = 'prefill';
    if (!sequence.pieceByCaller) makeSinglePiece(sequence, sequence.publishedTokens);
    this.#prefilling.push(sequence);
    return this.#planChunk(sequence, budget);
  }
}
