/**
 * Profile cost model: a step is the sum of measured operators.
 *
 *   step = Σ dense layer times at T tokens + Σ per-sequence layer times at S sequences + layers · attention + overhead
 *
 * T counts all tokens of the step and S all sequences: engines sample for every scheduled sequence, also for one whose
 * prompt is not complete (vLLM V1 discards that token). Operators that occur in each transformer layer are multiplied by
 * the number of layers; the profile holds one occurrence.
 */
import type { Nanoseconds } from '../kernel/time.ts';
import { AttentionProfile } from './attention-profile.ts';
import { StepCostModel, wholeNs, type ValidRange } from './cost-model.ts';
import { Curve } from './curve.ts';
import type { GpuSpec } from './gpu-catalogue.ts';
import type { ModelSpec } from './model-catalogue.ts';
import type { LayerPoint, ProfileTables } from './profile-tables.ts';
import { RangeFlags } from './range-flags.ts';
import { ropeAdjustNs } from './rope-adjust.ts';
import { checkStep, type StepShape } from './step-shape.ts';

/**
 * Time of an iteration that is in no operator: gaps between kernels and the hand-over between iterations.
 *
 * Replaying a CUDA graph adds about 0.5 µs to each kernel (NVIDIA, "Getting Started with CUDA Graphs": 3.4 µs for kernels
 * of 2.9 µs): about 0.17 ms for the 330 kernels of a 32-layer model. Engines that schedule ahead (`asyncScheduling` of the
 * engine, vLLM's default from 0.14 on) hide scheduling and output processing behind the GPU, and leave the launch of the
 * graph and the hand-over of sampled tokens, taken as 0.13 ms. An engine that does not schedule ahead adds 1–5 ms; set
 * `stepOverheadNs` for it.
 */
export const DEFAULT_STEP_OVERHEAD_NS = 300_000;

/** How often one operator runs in a step. */
const PER_LAYER: Readonly<Record<string, number>> = {
  layernorm: 2,
  qkv_proj: 1,
  qk_norm: 1,
  rotary_emb: 1,
  o_proj: 1,
  gate_up_proj: 1,
  act_fn: 1,
  down_proj: 1,
};
const ONCE: ReadonlySet<string> = new Set(['embedding', 'final_layernorm', 'lm_head', 'sampler']);
const REQUIRED = ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj', 'lm_head'] as const;

export interface ProfileOptions {
  /** What was measured: `RTX 4090, Llama-3.1-8B, vLLM 0.19`. */
  readonly name: string;
  readonly source: string;
  readonly tables: ProfileTables;
  readonly model: ModelSpec;
  readonly gpu: GpuSpec;
  /** GPUs that shared the model when the tables were measured. Default 1. */
  readonly tensorParallel?: number;
  /** Time of a step that is in no operator. Default `DEFAULT_STEP_OVERHEAD_NS`. */
  readonly stepOverheadNs?: number;
}

interface Operator {
  readonly curve: Curve;
  /** Runs in one step. */
  readonly times: number;
}

export class ProfileCostModel extends StepCostModel {
  readonly name: string;
  readonly source: string;
  readonly validRange: ValidRange;
  readonly outOfRange = new RangeFlags();
  readonly #layers: number;
  readonly #dense: readonly Operator[];
  readonly #perSequence: readonly Operator[];
  readonly #attention: AttentionProfile;
  /** Time of a step that is in no operator. */
  readonly stepOverheadNs: Nanoseconds;
  readonly #mostTokens: number;
  readonly #mostSequences: number;
  readonly #gpu: GpuSpec;
  readonly #gpus: number;
  /** Sums over the operators, by tokens and by sequences, worked out when first asked for. */
  readonly #denseUs: (number | undefined)[] = [];
  readonly #perSequenceUs: (number | undefined)[] = [];

  /** @throws RangeError where an operator is unknown or a necessary one is missing, naming it. */
  constructor(options: ProfileOptions) {
    super();
    const { name, source, tables, model, gpu, tensorParallel = 1, stepOverheadNs = DEFAULT_STEP_OVERHEAD_NS } = options;
    if (!(stepOverheadNs >= 0 && Number.isFinite(stepOverheadNs))) throw new RangeError(`stepOverheadNs must be at least 0, not ${stepOverheadNs}`);
    this.name = `profile ${name}`;
    this.source = source;
    this.#layers = model.layers;
    this.#gpu = gpu;
    this.#gpus = tensorParallel;
    this.stepOverheadNs = stepOverheadNs;
    this.#dense = operators(tables.dense, model.layers);
    this.#perSequence = operators(tables.perSequence, model.layers);
    const present = new Set([...tables.dense, ...tables.perSequence].map((point) => point.layer));
    const missing = REQUIRED.filter((layer) => !present.has(layer));
    if (missing.length > 0) throw new RangeError(`the profile has no rows for ${missing.join(', ')}`);
    this.#attention = new AttentionProfile(tables.attention, this.outOfRange);
    this.#mostTokens = Math.min(...this.#dense.map(({ curve }) => curve.most));
    this.#mostSequences = Math.min(...this.#perSequence.map(({ curve }) => curve.most));
    const ranges = this.#attention.ranges;
    this.validRange = { prefillTokens: [1, this.#mostTokens], contextTokens: [0, ranges.kvDecode[1]], decodeSequences: [0, Math.min(this.#mostSequences, ranges.decodeSequences[1])] };
  }

  stepNs(step: StepShape): Nanoseconds {
    checkStep(step);
    const sequences = step.prefill.length + step.decodeSequences;
    if (sequences === 0) return 0;
    let tokens = step.decodeSequences;
    for (const piece of step.prefill) tokens += piece.newTokens;
    if (tokens > this.#mostTokens) this.outOfRange.raise(`more than ${this.#mostTokens} tokens in a step`);
    if (sequences > this.#mostSequences) this.outOfRange.raise(`more than ${this.#mostSequences} sequences in a step`);
    const us = sumAt(this.#dense, this.#denseUs, tokens) + sumAt(this.#perSequence, this.#perSequenceUs, sequences) + this.#layers * this.#attention.timeUs(step) + this.stepOverheadNs / 1e3;
    return wholeNs(us / 1e6);
  }

  ropeAdjustNs(sizeBytes: number): Nanoseconds {
    return ropeAdjustNs(this.#gpu, this.#gpus, sizeBytes);
  }
}

function operators(points: readonly LayerPoint[], layers: number): Operator[] {
  const byLayer = new Map<string, (readonly [number, number])[]>();
  for (const { layer, size, timeUs } of points) {
    const known = byLayer.get(layer);
    if (known === undefined) byLayer.set(layer, [[size, timeUs]]);
    else known.push([size, timeUs]);
  }
  return [...byLayer].map(([layer, curve]) => ({ curve: new Curve(curve), times: occurrences(layer, layers) }));
}

/** Runs of an operator in one step of a model with `layers` layers. @throws RangeError for an unknown operator. */
export function occurrences(layer: string, layers: number): number {
  if (ONCE.has(layer)) return 1;
  if (Object.hasOwn(PER_LAYER, layer)) return PER_LAYER[layer] * layers;
  throw new RangeError(`unknown operator ${JSON.stringify(layer)} in the profile: expected one of ${[...Object.keys(PER_LAYER), ...ONCE].join(', ')}`);
}

/** Sizes up to here are remembered; beyond, the sum is worked out each time. */
const MOST_REMEMBERED = 1 << 16;

function sumAt(operatorsOfStep: readonly Operator[], remembered: (number | undefined)[], size: number): number {
  const known = remembered[size];
  if (known !== undefined) return known;
  let sum = 0;
  for (const { curve, times } of operatorsOfStep) sum += times * curve.at(size);
  if (size <= MOST_REMEMBERED) remembered[size] = sum;
  return sum;
}
