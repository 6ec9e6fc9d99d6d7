/**
 * Inference engine: iteration-level continuous batching over paged KV memory, scheduled as vLLM V1 does.
 *
 * The engine alternates between planning a step and running it. A step gives every decoding sequence one token, then
 * prefills running sequences in order of admission, then admits waiting ones in order of the policy, until the token
 * budget, the slots or the KV blocks are used up. Where decodes need a block and none is free, the sequence admitted last
 * is preempted: it loses its blocks, goes back to its place in the queue and is computed again. No sequence is admitted
 * in a step that preempted (vllm/v1/core/sched/scheduler.py).
 *
 * Two differences from vLLM, both invisible while prompts fit in the budget: decodes come before all prefills, not only
 * before those admitted after them; and a sequence takes the blocks of its whole prompt when it is admitted.
 *
 * A step costs O(pieces prefilled), not O(sequences): see `DecodeSet`. Nothing here is a process: there is one event per step, or for a
 * run of steps that only decode (`DecodeRun`).
 */
import type { CostModel } from '../hardware/cost-model.ts';
import type { PrefillPiece } from '../hardware/step-shape.ts';
import type { Handler } from '../kernel/handler.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import { DecodeSet } from './decode-set.ts';
import { resolveEngineOptions, type EngineHooks, type EngineOptions, type ResolvedEngineOptions } from './engine-options.ts';
import { KvBlockMemory } from './kv-block-memory.ts';
import { appendPiece, makeSinglePiece, prefillComplete, remainingTokens, resetPieces, sealPieces } from './prefill-pieces.ts';
import { PrefixCache } from './prefix-cache.ts';
import { RunningList } from './running-list.ts';
import { NOT_YET, type Sequence } from './sequence.ts';
import { SequenceBlocks } from './sequence-blocks.ts';
import { StepPlan } from './step-plan.ts';
import { StepTimeline } from './step-timeline.ts';
import { WaitEstimator } from './wait-estimator.ts';
import { WaitingRoom } from './waiting-room.ts';

export type { EngineHooks, EngineOptions } from './engine-options.ts';
export { Sequence } from './sequence.ts';

export class InferenceEngine {
  readonly name: string;
  readonly options: ResolvedEngineOptions;
  readonly costModel: CostModel;
  readonly prefixCache: PrefixCache | undefined;
  /** Tokens prefilled, sequences finished, preempted and rejected, so far. */
  tokensPrefilled = 0;
  finished = 0;
  preemptions = 0;
  rejected = 0;
  /** Requests beyond the context limit that ran because it was lifted. */
  contextLimitLifted = 0;

  readonly #memory: KvBlockMemory;
  readonly #scheduler: Scheduler;
  readonly #hooks: EngineHooks;
  readonly #blocks: SequenceBlocks;
  readonly #estimator: WaitEstimator;
  readonly #wakes: Handler<number>;
  readonly #id: number;

  readonly #room: WaitingRoom;
  /** Holders of a slot, in order of admission; those of them that prefill. */
  readonly #running = new RunningList();
  readonly #prefilling: Sequence[] = [];
  readonly #decode: DecodeSet;
  /** Sealed without work left, to emit their token at the next boundary. */
  readonly #sealedEmpty: Sequence[] = [];
  /** Finished, their blocks and slots to be freed after the next planning (async scheduling). */
  readonly #releasing: Sequence[] = [];

  /** The step planned or under way. */
  readonly #step: StepPlan;
  readonly #timeline: StepTimeline;
  /** At a boundary between steps: calls from hooks only leave their mark. */
  #atBoundary = false;
  #wakePending = false;
  #orders = 0;

  constructor(scheduler: Scheduler, name: string, costModel: CostModel, options: EngineOptions, hooks: EngineHooks = {}) {
    this.name = name;
    this.costModel = costModel;
    this.options = resolveEngineOptions(options);
    this.#memory = new KvBlockMemory(this.options.kvBlocks, this.options.blockTokens);
    const { prefixCache } = this.options;
    this.prefixCache = prefixCache === false ? undefined : new PrefixCache(this.#memory, prefixCache === true ? {} : prefixCache);
    this.#scheduler = scheduler;
    this.#hooks = hooks;
    this.#blocks = new SequenceBlocks(this.#memory, this.prefixCache);
    this.#decode = new DecodeSet(this.options.blockTokens);
    this.#estimator = new WaitEstimator(costModel);
    this.#room = new WaitingRoom(scheduler, this.options, hooks, this.#estimator);
    this.#step = new StepPlan(this.options.chunkedPrefill);
    this.#id = scheduler.nextId();
    this.#timeline = new StepTimeline(scheduler, name, this.#id, costModel, this.#decode, this.#memory, this.options.mostStepsPerEvent, (finished) => {
      this.#endStep(finished);
    });
    this.#wakes = scheduler.handler(`engine.${name}.wake`, () => {
      this.#wakePending = false;
      if (!this.#timeline.running) this.#boundary(true);
    });
  }

  /** The KV blocks and who has them. */
  get memory(): KvBlockMemory {
    this.#timeline.catchUp();
    return this.#memory;
  }

  /** Steps run so far. */
  get steps(): number {
    return this.#timeline.steps;
  }

  /** Tokens decoded so far. */
  get tokensDecoded(): number {
    return this.#timeline.tokensDecoded;
  }

  /** Sequences that wait, parked ones included. */
  get queueLength(): number {
    return this.#room.length;
  }

  get parkedCount(): number {
    return this.#room.parkedCount;
  }

  /** Sequences that hold a slot. */
  get runningCount(): number {
    return this.#running.length;
  }

  get decodingCount(): number {
    return this.#decode.size;
  }

  /** Whether a step is under way. */
  get busy(): boolean {
    return this.#timeline.running;
  }

  /** Time in steps so far, up to now. */
  busyNs(): Nanoseconds {
    return this.#timeline.busyNs();
  }

  /** What is left of the step under way; 0 where there is none. */
  stepRemainingNs(): Nanoseconds {
    this.#timeline.catchUp();
    return this.#timeline.remainingNs();
  }

  /** Predicted wait of a request submitted now; see `WaitEstimator`. */
  estimateWaitNs(): Nanoseconds {
    const { running } = this.#timeline;
    this.#timeline.catchUp();
    let prefillingTokens = 0;
    for (const sequence of this.#prefilling) prefillingTokens += remainingTokens(sequence);
    for (const tokens of running ? this.#step.tokens : []) prefillingTokens -= tokens;
    return this.#estimator.estimateNs({
      remainingNs: this.#timeline.remainingNs(),
      prefillingTokens: Math.max(0, prefillingTokens),
      prefillingSequences: prefillingTokens > 0 ? this.#prefilling.length : 0,
      decodeSequences: this.#decode.size,
      decodeContextTokens: this.#decode.contextTokens,
      generatedTokens: () => this.#generatedTokens(),
      parkedSequences: this.options.reserveAtHead ? this.#room.parkedCount : 0,
      tokenBudget: this.options.tokenBudget,
      maxSequences: this.options.maxSequences,
      heldBlocks: this.#memory.heldBlocks,
      totalBlocks: this.#memory.totalBlocks,
      nextIsPlanned: running && this.options.asyncScheduling,
    });
  }

  /** What each decoding sequence has generated so far. */
  #generatedTokens(): number[] {
    const generated: number[] = [];
    for (const sequence of this.#running) if (sequence.state === 'decode') generated.push(this.#decode.generated(sequence));
    return generated;
  }

  /** Leading units of the request that are in this engine's prefix cache, in tokens. */
  localPrefixTokens(sequence: Sequence): number {
    return this.#blocks.localPrefixTokens(sequence);
  }

  /**
   * Queues a sequence. One that can never run is rejected at once.
   * @throws Error where the sequence was submitted before.
   */
  submit(sequence: Sequence): void {
    this.#receive(sequence);
  }

  /**
   * Queues a sequence that another engine has prefilled, and whose KV has been copied to this node: it decodes at once
   * when it is admitted. It must have been handed over (or at least have its first token).
   */
  submitPrefilled(sequence: Sequence): void {
    if (sequence.state !== 'handed over' || sequence.generated < 1) throw new Error(`request ${sequence.request.id} has not been prefilled: its state is ${sequence.state}`);
    sequence.prefilledElsewhere = true;
    sequence.expectedPrefillTokens = 1;
    resetPieces(sequence);
    sequence.state = 'new';
    this.#receive(sequence);
  }

  #receive(sequence: Sequence): void {
    if (sequence.state !== 'new') throw new Error(`request ${sequence.request.id} was submitted before: its state is ${sequence.state}`);
    const { now } = this.#scheduler;
    const reason = this.#refusal(sequence);
    if (reason !== undefined) {
      sequence.state = 'rejected';
      this.rejected += 1;
      this.#hooks.onRejected?.(sequence, reason);
      return;
    }
    sequence.enqueuedNs = sequence.enqueuedNs === NOT_YET ? now : sequence.enqueuedNs;
    if (sequence.deadlineNs === NOT_YET && this.options.ttftSloNs !== undefined) sequence.deadlineNs = sequence.arrivalNs + this.options.ttftSloNs;
    sequence.order = this.#orders;
    this.#orders += 1;
    this.#room.expect(sequence);
    this.#arrive(sequence);
  }

  /** Why a sequence can never run, or undefined. */
  #refusal(sequence: Sequence): string | undefined {
    const tokens = sequence.promptTokens + sequence.outputTokens;
    if (this.#blocks.most(sequence) > this.#memory.totalBlocks) {
      return `${tokens} tokens need more KV blocks than the ${this.#memory.totalBlocks} there are`;
    }
    if (tokens > this.options.contextLimitTokens) {
      if (this.options.contextLimit === 'enforced') return `${tokens} tokens exceed the context limit of ${this.options.contextLimitTokens}`;
      this.contextLimitLifted += 1;
    }
    return undefined;
  }

  /** Corrects the prefill that is expected of a waiting sequence, when cached KV becomes known. */
  expectPrefill(sequence: Sequence, tokens: number): void {
    this.#room.expectPrefill(sequence, tokens);
  }

  /** Parked sequence: what it waited for has arrived. It takes its place in the queue again. */
  ready(sequence: Sequence): void {
    if (sequence.state === 'aborted') return;
    this.#room.unpark(sequence);
    this.#arrive(sequence);
  }

  #arrive(sequence: Sequence): void {
    this.#timeline.cut();
    this.#room.arrive(sequence);
    this.#wake();
  }

  /** Takes a sequence out, wherever it is. Its share of a step under way is lost work. */
  abort(sequence: Sequence): void {
    this.#timeline.cut();
    switch (sequence.state) {
      case 'waiting':
      case 'parked':
        this.#room.leave(sequence);
        break;
      case 'prefill':
        removeFrom(this.#prefilling, sequence);
        this.#running.remove(sequence);
        break;
      case 'decode':
        this.#decode.leave(sequence);
        this.#running.remove(sequence);
        break;
      default:
        return;
    }
    sequence.state = 'aborted';
    this.#blocks.release(sequence);
    this.#wake();
  }

  /** Takes out every sequence, empties the prefix cache and stops the step under way: the node has crashed. @returns them in order of submission. */
  abortAll(): Sequence[] {
    this.#timeline.cut();
    this.#release();
    const waiting = this.#room.drain();
    for (const sequence of waiting) {
      sequence.state = 'aborted';
      this.#blocks.release(sequence);
    }
    const running = [...this.#running];
    for (const sequence of running) this.abort(sequence);
    this.#timeline.stop();
    this.#step.clear();
    this.prefixCache?.makeRoom(this.#memory.totalBlocks);
    return [...waiting, ...running].sort((a, b) => a.order - b.order);
  }

  /**
   * Takes the KV blocks of the whole prompt now, before the sequence is scheduled: where remote KV is about to be copied in.
   * @returns false where there is no room; the sequence then takes them when it is admitted.
   */
  reserve(sequence: Sequence): boolean {
    if (sequence.hasBlocks) return true;
    if (sequence.state !== 'waiting' && sequence.state !== 'parked') throw new Error(`request ${sequence.request.id} cannot reserve blocks: its state is ${sequence.state}`);
    this.#timeline.cut();
    return this.#blocks.acquire(sequence);
  }

  /** Says that the caller will give the pieces to prefill, possibly after the sequence has been scheduled. */
  open(sequence: Sequence): void {
    if (sequence.pieceSealed) throw new Error(`the pieces of request ${sequence.request.id} are sealed`);
    sequence.pieceByCaller = true;
  }

  /** Appends a piece: `newTokens` prompt tokens to compute that attend to `contextTokens` whose KV will be there. */
  addPiece(sequence: Sequence, piece: PrefillPiece): void {
    this.open(sequence);
    appendPiece(sequence, piece.newTokens, piece.contextTokens);
    this.#wake();
  }

  /**
   * No more pieces will come. What they do not compute counts as cached. Once all are done the first token is emitted; where
   * none was given, the last prompt token is computed, because its output is the first token.
   * @throws RangeError where the pieces have more tokens than the prompt.
   */
  seal(sequence: Sequence): void {
    sealPieces(sequence);
    if (sequence.state === 'prefill' && prefillComplete(sequence)) this.#sealedEmpty.push(sequence);
    this.#wake();
  }

  /** The costs of steps have changed: those worked out ahead are given up. The step under way keeps its end. */
  replan(): void {
    this.#timeline.cut();
  }

  /** Sees to it that the engine plans at this instant, after the events already due, unless a step is under way. */
  #wake(): void {
    if (this.#timeline.running || this.#atBoundary || this.#wakePending) return;
    this.#wakePending = true;
    this.#scheduler.schedule(0, this.#wakes, this.#id);
  }

  #endStep(finished: Sequence[]): void {
    this.#atBoundary = true;
    for (const sequence of finished) this.#finish(sequence);
    const { sequences, tokens } = this.#step;
    for (let index = 0; index < sequences.length; index += 1) this.#endChunk(sequences[index], tokens[index]);
    this.#boundary(false);
  }

  #endChunk(sequence: Sequence, tokens: number): void {
    if (sequence.state !== 'prefill') return;
    this.tokensPrefilled += tokens;
    sequence.residentTokens += tokens;
    let rest = tokens;
    while (rest > 0) {
      const left = sequence.pieceTokens[sequence.pieceAt] - sequence.pieceDone;
      const taken = Math.min(left, rest);
      rest -= taken;
      sequence.pieceDone += taken;
      if (taken < left) break;
      const index = sequence.pieceAt;
      sequence.pieceAt += 1;
      sequence.pieceDone = 0;
      this.#hooks.onPieceDone?.(sequence, index);
    }
    if (!sequence.pieceByCaller) this.#blocks.publish(sequence, sequence.residentTokens);
    if (prefillComplete(sequence)) this.#emitToken(sequence);
  }

  /** Its prefill is complete, which gives it a token: the first, or after a preemption the next. */
  #emitToken(sequence: Sequence): void {
    // A hook may have sealed it, which put it on the list, and its chunk ended in the same boundary.
    if (sequence.state !== 'prefill') return;
    removeFrom(this.#prefilling, sequence);
    this.#blocks.publish(sequence, sequence.promptTokens);
    sequence.residentTokens = sequence.promptTokens + sequence.generated;
    sequence.generated += 1;
    const complete = sequence.generated >= sequence.outputTokens;
    if (complete) sequence.state = 'finished';
    else if (this.options.prefillOnly) sequence.state = 'handed over';
    else this.#decode.join(sequence);
    if (sequence.firstTokenNs === NOT_YET) {
      sequence.firstTokenNs = this.#scheduler.now;
      this.#hooks.onFirstToken?.(sequence);
    }
    if (complete) this.#finish(sequence);
    else if (this.options.prefillOnly) {
      this.#running.remove(sequence);
      this.#blocks.release(sequence);
      sequence.headSeen = false;
      this.#hooks.onHandedOver?.(sequence);
    }
  }

  #finish(sequence: Sequence): void {
    sequence.finishedNs = this.#scheduler.now;
    sequence.generated = sequence.outputTokens;
    this.finished += 1;
    this.#estimator.finished(sequence);
    if (this.options.asyncScheduling) this.#releasing.push(sequence);
    else {
      this.#running.remove(sequence);
      this.#blocks.release(sequence);
    }
    this.#hooks.onFinished?.(sequence);
  }

  #release(): boolean {
    if (this.#releasing.length === 0) return false;
    for (const sequence of this.#releasing) {
      this.#running.remove(sequence);
      this.#blocks.release(sequence);
    }
    this.#releasing.length = 0;
    return true;
  }

  /** Between two steps: plans the next one and starts it. @param idle no step has just ended. */
  #boundary(idle: boolean): void {
    this.#atBoundary = true;
    if (this.#sealedEmpty.length > 0) {
      for (const sequence of this.#sealedEmpty) this.#emitToken(sequence);
      this.#sealedEmpty.length = 0;
    }
    // Async scheduling planned this step when the last one started: only what had arrived by then takes part.
    const lookback = this.options.asyncScheduling && !idle;
    this.#room.receive(lookback ? this.#timeline.startNs : this.#scheduler.now);
    let planned = this.#plan();
    const released = this.#release();
    if (!planned && (released || lookback)) {
      this.#room.receive(this.#scheduler.now);
      planned = this.#plan();
    }
    this.#memory.check();
    this.#atBoundary = false;
    if (planned) this.#timeline.start(this.#step.shape(this.#decode), this.#onlyDecodes());
  }

  /** Fills the step. False where there is nothing to run. */
  #plan(): boolean {
    this.#step.clear();
    const preempted = this.#planDecodes();
    let budget = this.options.tokenBudget - this.#decode.size;
    for (const sequence of this.#prefilling) budget = this.#planChunk(sequence, budget);
    // Where it preempted everything, what holds its blocks since it was parked may run instead: nothing else would ever plan again.
    if (!preempted || (this.#decode.size === 0 && this.#step.empty)) this.#admit(budget);
    return this.#decode.size > 0 || !this.#step.empty;
  }

  /** Takes the blocks that decodes need, preempting where there are none. True where it preempted. */
  #planDecodes(): boolean {
    let preempted = false;
    while (this.#decode.size > 0 && !this.#blocks.makeRoom(this.#decode.blocksNeeded)) {
      if (this.#release()) continue;
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
    if (sequence.state === 'decode') this.#decode.leave(sequence);
    else removeFrom(this.#prefilling, sequence);
    this.#running.remove(sequence);
    this.#blocks.release(sequence);
    resetPieces(sequence);
    sequence.headSeen = false;
    sequence.prefilledElsewhere = false;
    sequence.preemptions += 1;
    sequence.expectedPrefillTokens = sequence.promptTokens + sequence.generated;
    this.preemptions += 1;
    this.#room.requeue(sequence);
    this.#hooks.onPreempted?.(sequence);
  }

  /** Adds what fits of a sequence's pieces. @returns the budget left. */
  #planChunk(sequence: Sequence, budget: number): number {
    if (budget <= 0) return 0;
    const tokens = this.#step.add(sequence, budget);
    if (tokens > 0 && sequence.firstScheduledNs === NOT_YET) sequence.firstScheduledNs = this.#scheduler.now;
    return Math.max(0, budget - tokens);
  }

  #admit(budget: number): void {
    let left = budget;
    while (left > 0 && this.#running.length < this.options.maxSequences) {
      const sequence = this.#room.head(this.options.reserveAtHead ? this.#blocks : undefined);
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

  /** Is decoding all there is to do, until someone calls or a sequence finishes? */
  #onlyDecodes(): boolean {
    return (
      this.#step.empty &&
      !this.#room.someoneWaits &&
      this.#prefilling.length === 0 &&
      this.#sealedEmpty.length === 0 &&
      this.#releasing.length === 0
    );
  }
}

function removeFrom(sequences: Sequence[], sequence: Sequence): void {
  const index = sequences.indexOf(sequence);
  if (index >= 0) sequences.splice(index, 1);
}
