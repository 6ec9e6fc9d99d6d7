/**
 * Time of one attention layer from a measured grid, for any mix of prefill pieces and decodes.
 *
 * Three tables, because engines run other kernels in each regime: decodes only (split over the context), one prefill
 * chunk only, and a chunk beside decodes (one kernel for both, not split, so a mixed step is *not* the sum of its parts).
 * A step is brought to the measured form like this.
 *   Decodes of different contexts count as that many decodes at their mean context: a kernel's work is the total.
 *   Several pieces count as one chunk of all their new tokens, over the context that gives the same number of query–key
 *   pairs. Where even an empty context has too many pairs (several short prompts: Σn² < (Σn)²), the chunk is
 *   shortened until a causal prompt of its length has their pairs.
 */
import { GridTable, type GridPoint } from './grid-table.ts';
import type { AttentionPoint } from './profile-tables.ts';
import type { RangeFlags } from './range-flags.ts';
import { attendedPairs, type StepShape } from './step-shape.ts';

export class AttentionProfile {
  readonly #decode: GridTable | undefined;
  readonly #prefill: GridTable | undefined;
  readonly #mixed: GridTable | undefined;
  readonly #flags: RangeFlags;
  readonly #coordinates = new Float64Array(4);

  /** @throws RangeError where the points do not lie on a grid, or there are none. */
  constructor(points: readonly AttentionPoint[], flags: RangeFlags) {
    const table = (dimensions: number, belongs: (point: AttentionPoint) => boolean, at: (point: AttentionPoint) => number[]): GridTable | undefined => {
      const grid: GridPoint[] = points.filter(belongs).map((point) => ({ at: at(point), value: point.timeUs }));
      return grid.length === 0 ? undefined : new GridTable(dimensions, grid);
    };
    this.#decode = table(2, (p) => p.prefillChunk === 0, (p) => [p.decodeSequences, p.kvDecode]);
    this.#prefill = table(2, (p) => p.decodeSequences === 0, (p) => [p.prefillChunk, p.kvPrefill]);
    this.#mixed = table(4, (p) => p.prefillChunk > 0 && p.decodeSequences > 0, (p) => [p.prefillChunk, p.kvPrefill, p.decodeSequences, p.kvDecode]);
    this.#flags = flags;
    if (points.length === 0) throw new RangeError('an attention profile needs at least one point');
  }

  /** Measured ranges, for messages and documentation. */
  get ranges(): { prefillChunk: readonly [number, number]; kvPrefill: readonly [number, number]; decodeSequences: readonly [number, number]; kvDecode: readonly [number, number] } {
    const range = (table: GridTable | undefined, axis: number): readonly [number, number] => {
      const marks = table?.axes[axis];
      return marks === undefined ? [0, 0] : [marks[0], marks[marks.length - 1]];
    };
    return {
      prefillChunk: range(this.#prefill ?? this.#mixed, 0),
      kvPrefill: range(this.#prefill ?? this.#mixed, 1),
      decodeSequences: this.#decode === undefined ? range(this.#mixed, 2) : range(this.#decode, 0),
      kvDecode: this.#decode === undefined ? range(this.#mixed, 3) : range(this.#decode, 1),
    };
  }

  /** Microseconds of one layer; 0 for an empty step. */
  timeUs(step: StepShape): number {
    const at = this.#coordinates;
    const decodes = step.decodeSequences;
    const meanContext = decodes === 0 ? 0 : step.decodeContextTokens / decodes;
    if (step.prefill.length === 0) {
      if (decodes === 0) return 0;
      at[0] = decodes;
      at[1] = meanContext;
      return this.#ask(this.#decode, DECODE_AXES) ?? this.#askMixedDecode();
    }
    this.#placeChunk(step);
    if (decodes === 0) return this.#ask(this.#prefill, PREFILL_AXES) ?? this.#askMixedPrefill();
    at[2] = decodes;
    at[3] = meanContext;
    return this.#ask(this.#mixed, MIXED_AXES) ?? this.#askSum(decodes, meanContext);
  }

  /** Puts the equivalent chunk and its context into the first two coordinates. */
  #placeChunk(step: StepShape): void {
    let tokens = 0;
    let pairs = 0;
    for (const { newTokens, contextTokens } of step.prefill) {
      tokens += newTokens;
      pairs += attendedPairs(newTokens, contextTokens);
    }
    const own = attendedPairs(tokens, 0);
    const short = pairs < own;
    // n(n + 1)/2 = pairs, solved for n.
    this.#coordinates[0] = short ? (Math.sqrt(1 + 8 * pairs) - 1) / 2 : tokens;
    this.#coordinates[1] = short ? 0 : (pairs - own) / tokens;
  }

  #ask(table: GridTable | undefined, axes: readonly string[]): number | undefined {
    if (table === undefined) return undefined;
    const value = table.at(this.#coordinates);
    if ((table.above | table.below) !== 0) {
      for (let axis = 0; axis < axes.length; axis += 1) {
        if ((table.above >> axis) & 1) this.#flags.raise(`${axes[axis]} above the measured range`);
        if ((table.below >> axis) & 1) this.#flags.raise(`${axes[axis]} below the measured range`);
      }
    }
    if (table.extrapolated) this.#flags.raise('attention at a point missing from a corner of the measured grid');
    return value;
  }

  // A profile without one of the three regimes answers from the other two, and says so.

  #askMixedDecode(): number {
    const at = this.#coordinates;
    this.#flags.raise('no decode-only rows in the attention profile');
    at[3] = at[1]!;
    at[2] = at[0]!;
    at[0] = 0;
    at[1] = 0;
    return this.#mixed?.at(at) ?? this.#prefill!.at(at);
  }

  #askMixedPrefill(): number {
    this.#flags.raise('no prefill-only rows in the attention profile');
    this.#coordinates[2] = 0;
    this.#coordinates[3] = 0;
    return this.#mixed?.at(this.#coordinates) ?? this.#decode!.at(this.#coordinates);
  }

  #askSum(decodes: number, meanContext: number): number {
    this.#flags.raise('no mixed rows in the attention profile');
    const prefill = this.#prefill?.at(this.#coordinates) ?? 0;
    this.#coordinates[0] = decodes;
    this.#coordinates[1] = meanContext;
    return prefill + (this.#decode?.at(this.#coordinates) ?? 0);
  }
}

const DECODE_AXES = ['decoding sequences', 'decode context'];
const PREFILL_AXES = ['prefill chunk', 'prefill context'];
const MIXED_AXES = ['prefill chunk', 'prefill context', 'decoding sequences beside a prefill', 'decode context'];
