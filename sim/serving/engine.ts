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
import { Batch } from './batch.ts';
import { DecodeSet } from './decode-set.ts';
import { resolveEngineOptions, type EngineHooks, type EngineOptions, type ResolvedEngineOptions } from './engine-options.ts';
import { KvBlockMemory } from './kv-block-memory.ts';
import { advancePieces, appendPiece, prefillComplete, resetPieces, sealPieces } from './prefill-pieces.ts';
import { PrefixCache } from './prefix-cache.ts';
import type { ContextUnit } from './request.ts';
import { NOT_YET, type Sequence } from './sequence.ts';
import { SequenceBlocks } from './sequence-blocks.ts';
import { StepTimeline } from './step-timeline.ts';
import { WaitEstimator, type EngineLoad } from './wait-estimator.ts';
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
  readonly #batch: Batch;
  readonly #decode: DecodeSet;
  /** Sealed without work left, to emit their token at the next boundary. */
  readonly #sealedEmpty: Sequence[] = [];
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
    this.#batch = new Batch(scheduler, this.options, this.#memory, this.#blocks, this.#decode, this.#room, (sequence) => {
      this.preemptions += 1;
      hooks.onPreempted?.(sequence);
    });
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
    return this.#batch.size;
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
    return this.#estimator.estimateNs(this.#load());
  }

  /** Predicted time of computing these pieces from the next step on, beside what decodes and prefills now; the rest of the step under way is not in it. */
  estimatePrefillNs(pieces: readonly PrefillPiece[]): Nanoseconds {
    return this.#estimator.prefillNs(pieces, this.#load());
  }

  #load(): EngineLoad {
    const { running } = this.#timeline;
    this.#timeline.catchUp();
    let prefillingTokens = this.#batch.tokensToPrefill();
    for (const tokens of running ? this.#batch.chunks.tokens : []) prefillingTokens -= tokens;
    return {
      remainingNs: this.#timeline.remainingNs(),
      prefillingTokens: Math.max(0, prefillingTokens),
      prefillingSequences: prefillingTokens > 0 ? this.#batch.prefillingCount : 0,
      decodeSequences: this.#decode.size,
      decodeContextTokens: this.#decode.contextTokens,
      generatedTokens: () => this.#generatedTokens(),
      parkedSequences: this.options.reserveAtHead ? this.#room.parkedCount : 0,
      tokenBudget: this.options.tokenBudget,
      maxSequences: this.options.maxSequences,
      heldBlocks: this.#memory.heldBlocks,
      totalBlocks: this.#memory.totalBlocks,
      nextIsPlanned: running && this.options.asyncScheduling,
    };
  }

  /** What each decoding sequence has generated so far. */
  #generatedTokens(): number[] {
    const generated: number[] = [];
    for (const sequence of this.#batch) if (sequence.state === 'decode') generated.push(this.#decode.generated(sequence));
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

  /**
   * Takes units into the prefix cache whose KV has come from elsewhere, as `PrefixCache.adopt` does. @returns how many found room
   *
   * Steps planned ahead count on the blocks that were free: a run of them is cut short first.
   */
  adopt(units: readonly ContextUnit[], previousId: number): number {
    if (this.prefixCache === undefined) throw new Error('the engine has no prefix cache to take units into');
    this.#timeline.cut();
    return this.prefixCache.adopt(units, previousId);
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
      case 'decode':
        this.#batch.leave(sequence);
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
    this.#batch.release();
    const waiting = this.#room.drain();
    for (const sequence of waiting) {
      sequence.state = 'aborted';
      this.#blocks.release(sequence);
    }
    const running = [...this.#batch];
    for (const sequence of running) this.abort(sequence);
    this.#timeline.stop();
    this.#batch.clearStep();
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

  /**
   * Appends a piece: `newTokens` prompt tokens to compute that attend to `contextTokens` whose KV will be there.
   * @param again they have KV already, which is replaced
   */
  addPiece(sequence: Sequence, piece: PrefillPiece, again = false): void {
    this.open(sequence);
    appendPiece(sequence, piece.newTokens, piece.contextTokens);
    if (again) sequence.againTokens += piece.newTokens;
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
    const { sequences, tokens } = this.#batch.chunks;
    for (let index = 0; index < sequences.length; index += 1) this.#endChunk(sequences[index], tokens[index]);
    this.#boundary(false);
  }

  #endChunk(sequence: Sequence, tokens: number): void {
    if (sequence.state !== 'prefill') return;
    this.tokensPrefilled += tokens;
    sequence.residentTokens += tokens;
    advancePieces(sequence, tokens, this.#hooks);
    if (!sequence.pieceByCaller) this.#blocks.publish(sequence, sequence.residentTokens);
    if (prefillComplete(sequence)) this.#emitToken(sequence);
  }

  /** Its prefill is complete, which gives it a token: the first, or after a preemption the next. */
  #emitToken(sequence: Sequence): void {
    // A hook may have sealed it, which put it on the list, and its chunk ended in the same boundary.
    if (sequence.state !== 'prefill') return;
    this.#batch.endPrefill(sequence);
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
      this.#batch.free(sequence);
      sequence.headSeen = false;
      this.#hooks.onHandedOver?.(sequence);
    }
  }

  #finish(sequence: Sequence): void {
    sequence.finishedNs = this.#scheduler.now;
    sequence.generated = sequence.outputTokens;
    this.finished += 1;
    this.#estimator.finished(sequence);
    this.#batch.retire(sequence);
    this.#hooks.onFinished?.(sequence);
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
    let planned = this.#batch.plan();
    const released = this.#batch.release();
    if (!planned && (released || lookback)) {
      this.#room.receive(this.#scheduler.now);
      planned = this.#batch.plan();
    }
    this.#memory.check();
    this.#atBoundary = false;
    if (planned) this.#timeline.start(this.#batch.shape(), this.#batch.onlyDecodes && !this.#room.someoneWaits && this.#sealedEmpty.length === 0);
  }
}
