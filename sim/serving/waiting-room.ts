/**
 * Sequences between submission and admission: those that have just arrived, those that wait in the order of the policy, and those parked
 * because their KV is on its way.
 */
import type { Scheduler } from '../kernel/scheduler.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import type { EngineHooks, ResolvedEngineOptions } from './engine-options.ts';
import { DEMOTED, schedulingPolicy, type SchedulingPolicy } from './scheduling-policy.ts';
import type { Sequence } from './sequence.ts';
import type { SequenceBlocks } from './sequence-blocks.ts';
import type { WaitEstimator } from './wait-estimator.ts';
import { WaitingQueue } from './waiting-queue.ts';

export class WaitingRoom {
  readonly policy: SchedulingPolicy;
  readonly #scheduler: Scheduler;
  readonly #options: ResolvedEngineOptions;
  readonly #hooks: EngineHooks;
  readonly #estimator: WaitEstimator;
  /** Submitted or ready, not yet seen by a planning. */
  readonly #arriving: Sequence[] = [];
  readonly #waiting = new WaitingQueue();
  /** In the order in which they came. */
  readonly #parked: Sequence[] = [];

  constructor(scheduler: Scheduler, options: ResolvedEngineOptions, hooks: EngineHooks, estimator: WaitEstimator) {
    this.policy = schedulingPolicy(options.policy);
    this.#scheduler = scheduler;
    this.#options = options;
    this.#hooks = hooks;
    this.#estimator = estimator;
  }

  /** Sequences that wait, parked ones included. */
  get length(): number {
    return this.#waiting.length + this.#arriving.length + this.#parked.length;
  }

  get parkedCount(): number {
    return this.#parked.length;
  }

  /** Whether a planning would find someone to admit; parked sequences are not. */
  get someoneWaits(): boolean {
    return this.#waiting.length > 0 || this.#arriving.length > 0;
  }

  /** Puts what the estimator and the policy need on a sequence that begins to wait. */
  expect(sequence: Sequence): void {
    const prefillNs = this.#estimator.enter(sequence);
    sequence.key = this.policy.key(sequence, prefillNs);
  }

  /** Corrects the prefill that is expected of a sequence, waiting or not. */
  expectPrefill(sequence: Sequence, tokens: number): void {
    const waits = sequence.state === 'waiting';
    if (waits) this.#estimator.leave(sequence);
    sequence.expectedPrefillTokens = tokens;
    if (waits) this.#estimator.enter(sequence);
  }

  /** A sequence comes in, new or no longer parked. */
  arrive(sequence: Sequence): void {
    sequence.state = 'waiting';
    sequence.arriving = true;
    sequence.eligibleNs = this.#scheduler.now;
    this.#arriving.push(sequence);
  }

  /** Those that had arrived by then take their places in the queue. */
  receive(untilNs: Nanoseconds): void {
    if (this.#arriving.length === 0) return;
    let kept = 0;
    for (const sequence of this.#arriving) {
      if (sequence.eligibleNs > untilNs) {
        this.#arriving[kept] = sequence;
        kept += 1;
        continue;
      }
      sequence.arriving = false;
      if (sequence.state === 'waiting') this.#waiting.push(sequence);
    }
    this.#arriving.length = kept;
  }

  /** A preempted sequence goes back to its place. */
  requeue(sequence: Sequence): void {
    this.expect(sequence);
    this.#waiting.push(sequence);
  }

  /** @throws Error where the sequence is not parked. */
  unpark(sequence: Sequence): void {
    const at = this.#parked.indexOf(sequence);
    if (at < 0) throw new Error(`request ${sequence.request.id} is not parked: its state is ${sequence.state}`);
    this.#parked.splice(at, 1);
    this.#estimator.enter(sequence);
  }

  /**
   * The sequence to be admitted next, which knows that it is at the head; undefined where none may be.
   * @param blocks from which a sequence has to get its own before it is told; undefined where it gets them when it is admitted
   */
  head(blocks: SequenceBlocks | undefined): Sequence | undefined {
    for (;;) {
      if (this.#options.blocking && this.#parked.length > 0) return undefined;
      const sequence = this.#waiting.peek();
      if (sequence === undefined) return undefined;
      if (this.#demote(sequence)) continue;
      if (sequence.headSeen) return sequence;
      if (this.#parked.length >= this.#options.maxParked) return undefined;
      if (blocks !== undefined && !blocks.acquire(sequence)) return undefined;
      if (this.#announce(sequence)) return sequence;
    }
  }

  /** The sequence that `head` gave is admitted. */
  take(): void {
    this.#estimator.leave(this.#waiting.take());
  }

  /** A waiting or parked sequence is gone; its state is about to change. */
  leave(sequence: Sequence): void {
    if (sequence.state === 'parked') {
      this.#parked.splice(this.#parked.indexOf(sequence), 1);
      return;
    }
    if (sequence.arriving) this.#arriving.splice(this.#arriving.indexOf(sequence), 1);
    else this.#waiting.forget();
    this.#estimator.leave(sequence);
  }

  /** Takes out everyone: first those that wait, in order, then those that arrive, then the parked. */
  drain(): Sequence[] {
    const waiting = [...this.#waiting.drain(), ...this.#arriving];
    const all = [...waiting, ...this.#parked];
    this.#arriving.length = 0;
    this.#parked.length = 0;
    for (const sequence of waiting) this.#estimator.leave(sequence);
    return all;
  }

  /** Tells the caller that the sequence is at the head. False where it is parked now, or gone. */
  #announce(sequence: Sequence): boolean {
    sequence.headSeen = true;
    const answer = sequence.prefilledElsewhere ? 'ready' : (this.#hooks.onHead?.(sequence) ?? 'ready');
    if (sequence.state !== 'waiting') return false;
    if (answer === 'ready') return true;
    this.#waiting.take();
    // Nobody waits behind what is parked.
    this.#estimator.leave(sequence);
    sequence.state = 'parked';
    this.#parked.push(sequence);
    return false;
  }

  /** Puts a sequence that cannot meet its deadline any more behind the others, once. */
  #demote(sequence: Sequence): boolean {
    // The key of this policy is the latest start that meets the deadline.
    if (!this.policy.demotesLate || sequence.key >= DEMOTED || sequence.key >= this.#scheduler.now) return false;
    this.#waiting.take();
    sequence.key = DEMOTED;
    this.#waiting.push(sequence);
    return true;
  }
}
