/**
 * When steps start and end, and how many there were. The steps of a run that only decodes (`DecodeRun`) share one event; their books are done
 * when someone looks, or when the run ends.
 */
import type { CostModel } from '../hardware/cost-model.ts';
import type { StepShape } from '../hardware/step-shape.ts';
import type { EventHandle, Handler } from '../kernel/handler.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import { DecodeRun } from './decode-run.ts';
import type { DecodeSet } from './decode-set.ts';
import type { KvBlockMemory } from './kv-block-memory.ts';
import type { Sequence } from './sequence.ts';

export class StepTimeline {
  readonly #name: string;
  readonly #id: number;
  readonly #scheduler: Scheduler;
  readonly #costs: CostModel;
  readonly #decode: DecodeSet;
  readonly #memory: KvBlockMemory;
  readonly #run: DecodeRun;
  readonly #ends: Handler<number>;
  readonly #finishing: Sequence[] = [];
  #startNs: Nanoseconds = 0;
  #endNs: Nanoseconds = 0;
  #event: EventHandle = 0;
  #running = false;
  #busyNs = 0;
  #steps = 0;
  #tokensDecoded = 0;

  /** @param ended called when the last step of a run has ended, with the sequences whose last token it made. */
  constructor(scheduler: Scheduler, name: string, id: number, costs: CostModel, decode: DecodeSet, memory: KvBlockMemory, mostStepsPerEvent: number, ended: (finished: Sequence[]) => void) {
    this.#scheduler = scheduler;
    this.#name = name;
    this.#id = id;
    this.#costs = costs;
    this.#decode = decode;
    this.#memory = memory;
    this.#run = new DecodeRun(mostStepsPerEvent);
    this.#ends = scheduler.handler(`engine.${name}.step`, () => {
      while (this.#run.stepsAhead > 0) this.#next();
      this.#running = false;
      this.#count();
      this.#finishing.length = 0;
      if (this.#decode.size > 0) this.#decode.advance(this.#finishing);
      ended(this.#finishing);
    });
  }

  /** Whether a step is under way. */
  get running(): boolean {
    return this.#running;
  }

  /** Start of the step under way, or of the last one. */
  get startNs(): Nanoseconds {
    return this.#startNs;
  }

  /** Steps run so far. */
  get steps(): number {
    this.catchUp();
    return this.#steps;
  }

  /** Tokens decoded so far. */
  get tokensDecoded(): number {
    this.catchUp();
    return this.#tokensDecoded;
  }

  /** Time in steps so far, up to now. */
  busyNs(): Nanoseconds {
    return this.#busyNs + (this.#running ? this.#scheduler.now - this.#startNs : 0);
  }

  /** What is left of the step under way. */
  remainingNs(): Nanoseconds {
    return this.#running ? this.#endNs - this.#scheduler.now : 0;
  }

  /** Starts a step now. @param alone nothing but decoding is to be done until someone calls or a sequence finishes: later steps may be worked out ahead. */
  start(shape: StepShape, alone: boolean): void {
    const { now } = this.#scheduler;
    this.#startNs = now;
    this.#endNs = now + this.#costs.stepNs(shape);
    this.#running = true;
    const lastNs = alone ? this.#run.plan(this.#costs, this.#decode, this.#memory.freeBlocks, this.#endNs) : this.#endNs;
    this.#event = this.#scheduler.schedule(lastNs - now, this.#ends, this.#id);
  }

  /** Does the books of every step of a run that has ended by now. One that ends at this very instant waits for its event. */
  catchUp(): void {
    while (this.#run.stepsAhead > 0 && this.#endNs < this.#scheduler.now) this.#next();
  }

  /** Something happens that the steps ahead were not planned with: the step under way is the last of the run. */
  cut(): void {
    if (this.#run.stepsAhead === 0) return;
    this.catchUp();
    if (this.#run.stepsAhead === 0) return;
    this.#run.cut();
    this.#scheduler.cancel(this.#event);
    this.#event = this.#scheduler.schedule(this.#endNs - this.#scheduler.now, this.#ends, this.#id);
  }

  /** The step under way never ends: what was done of it is lost. Runs have been cut. */
  stop(): void {
    if (!this.#running) return;
    this.#scheduler.cancel(this.#event);
    this.#busyNs += this.#scheduler.now - this.#startNs;
    this.#running = false;
  }

  /** From one step of a run to the next: nothing finishes, and there are blocks. */
  #next(): void {
    this.#count();
    this.#decode.advance(this.#finishing);
    this.#memory.take(this.#decode.blocksNeeded);
    this.#decode.allocate();
    this.#startNs = this.#endNs;
    this.#endNs = this.#run.advance();
  }

  #count(): void {
    const { trace } = this.#scheduler;
    const durationNs = this.#endNs - this.#startNs;
    this.#busyNs += durationNs;
    this.#steps += 1;
    this.#tokensDecoded += this.#decode.size;
    if (trace !== undefined) trace.complete(this.#name, 'step', this.#startNs, durationNs);
  }
}
