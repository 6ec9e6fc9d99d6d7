/**
 * Predicts how long a request that is submitted now will wait for its first step, from the work known to be ahead of it.
 *
 *   wait = rest of the current step (+ the next step, which async scheduling has already planned) + max(prefill, slots)
 *   prefill  the steps that sequences ahead fill before this one gets a share: ⌊tokens ahead ÷ free budget⌋, or
 *            ⌊sequences ahead ÷ maxSequences⌋ where that is more; each costs an otherwise empty step beside the present
 *            decodes, and their marginal prefill time in proportion
 *   slots    where running and waiting sequences exceed the slots by k: the time until k + 1 of them finish, at the present
 *            pace, each taken to produce the mean output of those finished so far, less what it has produced; the slots are
 *            maxSequences, or fewer where the KV memory holds fewer sequences of the present size
 *
 * Marginal time is the prefill alone less a step with one token: what remains when steps are shared. Output lengths are
 * not looked up: a real monitor does not know them. Exact for one sequence at a time and one token out (M/G/1).
 */
import type { CostModel } from '../hardware/cost-model.ts';
import type { PrefillPiece } from '../hardware/step-shape.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import type { Sequence } from './sequence.ts';

/** What the estimator reads from the engine at the moment it is asked. */
export interface EngineLoad {
  /** Rest of the step under way. */
  readonly remainingNs: Nanoseconds;
  /** Sequences that are prefilling, with what is left of each. */
  readonly prefillingTokens: number;
  readonly prefillingSequences: number;
  readonly decodeSequences: number;
  readonly decodeContextTokens: number;
  /** What each decoding sequence has generated so far. */
  readonly generatedTokens: () => number[];
  /** Parked sequences that hold blocks. */
  readonly parkedSequences: number;
  readonly tokenBudget: number;
  readonly maxSequences: number;
  /** Blocks that running sequences hold, and all there are. */
  readonly heldBlocks: number;
  readonly totalBlocks: number;
  /** A step is under way, and the one after it is planned. */
  readonly nextIsPlanned: boolean;
}

export class WaitEstimator {
  readonly #costs: CostModel;
  /** Cost of a step with a single token: what a step costs at least. */
  readonly #leastStepNs: Nanoseconds;
  #waitingTokens = 0;
  #waitingNs = 0;
  #waiting = 0;
  #finished = 0;
  #finishedTokens = 0;

  constructor(costs: CostModel) {
    this.#costs = costs;
    this.#leastStepNs = this.#silently(() => costs.prefillNs(1, 0));
  }

  /** A sequence begins to wait. @returns the cost of its prefill alone. */
  enter(sequence: Sequence): Nanoseconds {
    const tokens = Math.max(1, sequence.expectedPrefillTokens);
    const context = Math.max(0, sequence.promptTokens + sequence.generated - tokens);
    this.#costs.outOfRange.recording = false;
    const prefillNs = this.#costs.prefillNs(tokens, context);
    this.#costs.outOfRange.recording = true;
    sequence.countedNs = Math.max(0, prefillNs - this.#leastStepNs);
    sequence.countedTokens = tokens;
    this.#waiting += 1;
    this.#waitingTokens += tokens;
    this.#waitingNs += sequence.countedNs;
    return prefillNs;
  }

  /** It no longer waits: it was scheduled, or is gone. */
  leave(sequence: Sequence): void {
    this.#waiting -= 1;
    this.#waitingTokens -= sequence.countedTokens;
    this.#waitingNs -= sequence.countedNs;
  }

  finished(sequence: Sequence): void {
    this.#finished += 1;
    this.#finishedTokens += sequence.outputTokens;
  }

  estimateNs(load: EngineLoad): Nanoseconds {
    return this.#silently(() => {
      const plannedNs = load.nextIsPlanned ? this.#costs.decodeStepNs(load.decodeSequences, load.decodeContextTokens) : 0;
      return Math.round(load.remainingNs + plannedNs + Math.max(this.#prefillAheadNs(load), this.#slotsAheadNs(load)));
    });
  }

  /** Time of the steps that compute these pieces of one sequence, after what prefills now, with the present decodes in each. */
  prefillNs(pieces: readonly PrefillPiece[], load: EngineLoad): Nanoseconds {
    return this.#silently(() => {
      const room = Math.max(1, load.tokenBudget - load.decodeSequences);
      const ahead = load.prefillingTokens > 0 ? [{ newTokens: load.prefillingTokens, contextTokens: 0 }] : [];
      let totalNs = 0;
      let free = room;
      let prefill: PrefillPiece[] = [];
      const run = (): void => {
        totalNs += this.#costs.stepNs({ prefill, decodeSequences: load.decodeSequences, decodeContextTokens: load.decodeContextTokens });
        prefill = [];
        free = room;
      };
      for (const { newTokens, contextTokens } of [...ahead, ...pieces]) {
        for (let done = 0; done < newTokens;) {
          const tokens = Math.min(free, newTokens - done);
          prefill.push({ newTokens: tokens, contextTokens: contextTokens + done });
          done += tokens;
          free -= tokens;
          if (free === 0) run();
        }
      }
      if (prefill.length > 0) run();
      return totalNs;
    });
  }

  #prefillAheadNs(load: EngineLoad): number {
    const sequences = this.#waiting + load.prefillingSequences;
    if (sequences === 0) return 0;
    const tokens = this.#waitingTokens + load.prefillingTokens;
    const room = Math.max(1, load.tokenBudget - load.decodeSequences);
    const byTokens = Math.floor(tokens / room);
    const bySequences = Math.floor(sequences / load.maxSequences);
    const steps = Math.max(byTokens, bySequences);
    if (steps === 0) return 0;
    const share = byTokens >= bySequences ? (steps * room) / tokens : (steps * load.maxSequences) / sequences;
    // What is left of running prefills has no sum of its own: it is priced as one piece.
    const runningNs = load.prefillingTokens === 0 ? 0 : Math.max(0, this.#costs.prefillNs(load.prefillingTokens, 0) - this.#leastStepNs);
    return (this.#waitingNs + runningNs) * share + steps * this.#stepNs(load);
  }

  #slotsAheadNs(load: EngineLoad): number {
    if (this.#finished === 0 || load.decodeSequences === 0) return 0;
    const running = load.decodeSequences + load.prefillingSequences;
    const holding = running + load.parkedSequences;
    const fitting = load.heldBlocks === 0 ? Infinity : Math.max(1, Math.floor((load.totalBlocks * holding) / load.heldBlocks));
    // What is parked holds blocks, and no slot.
    const missing = Math.max(running + this.#waiting - load.maxSequences, holding + this.#waiting - fitting) + 1;
    if (missing <= 0) return 0;
    const meanOutput = this.#finishedTokens / this.#finished;
    // Tokens that each of those ahead is expected to generate yet; what does not decode has all before it.
    const left = load.generatedTokens().map((tokens) => Math.max(1, meanOutput - tokens));
    while (left.length < Math.min(load.maxSequences, fitting)) left.push(meanOutput);
    left.sort((a, b) => a - b);
    const rounds = Math.floor((missing - 1) / left.length);
    return (left[(missing - 1) % left.length] + rounds * meanOutput) * this.#stepNs(load);
  }

  /** A step with the present decodes and, for their price beside a prefill, one new token. */
  #stepNs(load: EngineLoad): number {
    return this.#costs.stepNs({
      prefill: [{ newTokens: 1, contextTokens: 0 }],
      decodeSequences: load.decodeSequences,
      decodeContextTokens: load.decodeContextTokens,
    });
  }

  /** Estimates are not answers that a result rests on: they raise no flags. */
  #silently<T>(ask: () => T): T {
    this.#costs.outOfRange.recording = false;
    try {
      return ask();
    } finally {
      this.#costs.outOfRange.recording = true;
    }
  }
}
