import type { PrefillPiece } from '../../sim/hardware/step-shape.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { Kind } from '../../sim/serving/attribution.ts';
import type { ActivityIndex, ActivityLog } from '../../sim/serving/attribution.ts';
import type { InferenceEngine } from '../../sim/serving/engine.ts';
import { NOT_YET, type Sequence } from '../../sim/serving/sequence.ts';
import { recordStep } from '../fetch/activity-step.ts';

/**
 * The pieces that one request gives the engine to compute, at once or as it becomes known that they have to be. Pieces given while earlier ones are not done follow them
 * without a gap; those given later make a stretch of their own, released by whatever made them known.
 */
export class PrefillWork {
  readonly #engine: InferenceEngine;
  readonly #sequence: Sequence;
  readonly #activities: ActivityLog;
  #given = 0;
  #done = 0;
  #doneNs: Nanoseconds = NOT_YET;
  /** When the present stretch was given, and what released it. */
  #readyNs: Nanoseconds = NOT_YET;
  #releasedBy: ActivityIndex = -1;
  /** The arrival behind which the last layers had to be computed, where that came after everything else. */
  #heldBy: ActivityIndex | undefined;

  constructor(engine: InferenceEngine, sequence: Sequence, activities: ActivityLog) {
    this.#engine = engine;
    this.#sequence = sequence;
    this.#activities = activities;
  }

  /** All that was given has been computed. */
  get idle(): boolean {
    return this.#given === this.#done;
  }

  /** @param again computed a second time */
  give(pieces: readonly PrefillPiece[], releasedBy: ActivityIndex, nowNs: Nanoseconds, again = false): void {
    if (pieces.length === 0) return;
    if (this.idle) {
      const { resumedNs } = this.#sequence;
      if (this.#given > 0) this.#activities.add(Kind.prefill, resumedNs, this.#doneNs, this.#releasedBy);
      this.#sequence.resumedNs = NOT_YET;
      this.#readyNs = nowNs;
      this.#releasedBy = releasedBy;
    }
    for (const piece of pieces) this.#engine.addPiece(this.#sequence, piece, again);
    this.#given += pieces.length;
  }

  pieceDone(nowNs: Nanoseconds): void {
    this.#done++;
    this.#doneNs = nowNs;
  }

  /** Everything is computed but the last layers, whose KV came too late for that: they follow this activity. */
  holdBehind(activity: ActivityIndex): void {
    this.#heldBy = activity;
  }

  /**
   * Records what of the work stands on the critical path of the first token.
   * @param readyNs when the engine could begin, and @param releasedBy what released that, where it made its own piece
   */
  finish(readyNs: Nanoseconds, releasedBy: ActivityIndex): ActivityIndex {
    const { firstTokenNs, firstScheduledNs, resumedNs } = this.#sequence;
    // It took as long as its steps, and ended now.
    if (this.#heldBy !== undefined) return recordStep(this.#activities, 'prefill', firstTokenNs - (this.#doneNs - resumedNs), firstTokenNs, this.#heldBy);
    const isOwn = this.#given > 0;
    const startNs = isOwn ? resumedNs : firstScheduledNs;
    const givenNs = isOwn ? this.#readyNs : readyNs;
    let last = isOwn ? this.#releasedBy : releasedBy;
    if (startNs > givenNs) last = recordStep(this.#activities, 'queueing', givenNs, startNs, last);
    return recordStep(this.#activities, 'prefill', startNs, firstTokenNs, last);
  }
}
