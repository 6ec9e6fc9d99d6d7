/** How well a profile predicts points it was not given: fitted on half of them, judged on the other half. */
import { AttentionProfile } from '../../sim/hardware/attention-profile.ts';
import { Curve } from '../../sim/hardware/curve.ts';
import type { GpuSpec } from '../../sim/hardware/gpu-catalogue.ts';
import type { ModelSpec } from '../../sim/hardware/model-catalogue.ts';
import type { AttentionPoint, LayerPoint, ProfileTables } from '../../sim/hardware/profile-tables.ts';
import { ProfileCostModel } from '../../sim/hardware/profile.ts';
import { RangeFlags } from '../../sim/hardware/range-flags.ts';
import { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Comparison } from './error-summary.ts';

export interface HoldOut {
  readonly dense: Comparison[];
  readonly perSequence: Comparison[];
  readonly attention: Comparison[];
  /** Whole prefill steps, at every token count of the dense table over several contexts: all rows against half of them. */
  readonly prefillSteps: Comparison[];
}

export function holdOut(tables: ProfileTables, model: ModelSpec, gpu: GpuSpec, seed: string): HoldOut {
  const stream = new RandomStream(`hold-out ${seed}`);
  const dense = halve(tables.dense, (point) => point.layer, stream);
  const perSequence = halve(tables.perSequence, (point) => point.layer, stream);
  const attention = halve(tables.attention, () => '', stream);
  const half: ProfileTables = { dense: dense.kept, perSequence: perSequence.kept, attention: attention.kept };
  return {
    dense: layerComparisons(dense),
    perSequence: layerComparisons(perSequence),
    attention: attentionComparisons(attention),
    prefillSteps: prefillComparisons(tables, half, model, gpu),
  };
}

interface Halves<T> {
  readonly kept: T[];
  readonly held: T[];
}

/** A random half of each group. */
function halve<T>(points: readonly T[], groupOf: (point: T) => string, stream: RandomStream): Halves<T> {
  const groups = new Map<string, T[]>();
  for (const point of points) {
    const group = groups.get(groupOf(point));
    if (group === undefined) groups.set(groupOf(point), [point]);
    else group.push(point);
  }
  const kept: T[] = [];
  const held: T[] = [];
  for (const group of groups.values()) {
    const shuffled = stream.shuffle([...group]);
    const half = Math.ceil(shuffled.length / 2);
    kept.push(...shuffled.slice(0, half));
    held.push(...shuffled.slice(half));
  }
  return { kept, held };
}

function layerComparisons({ kept, held }: Halves<LayerPoint>): Comparison[] {
  const curves = new Map<string, Curve>();
  for (const layer of new Set(kept.map((point) => point.layer))) {
    curves.set(layer, new Curve(kept.filter((point) => point.layer === layer).map((point): [number, number] => [point.size, point.timeUs])));
  }
  return held.map(({ layer, size, timeUs }) => ({ label: `${layer} at ${size}`, measured: timeUs, predicted: curves.get(layer)?.at(size) ?? Number.NaN }));
}

function attentionComparisons({ kept, held }: Halves<AttentionPoint>): Comparison[] {
  const profile = new AttentionProfile(kept, new RangeFlags());
  return held.map((point) => ({
    label: `chunk ${point.prefillChunk} over ${point.kvPrefill}, ${point.decodeSequences} decodes over ${point.kvDecode}`,
    measured: point.timeUs,
    predicted: profile.timeUs({
      prefill: point.prefillChunk === 0 ? [] : [{ newTokens: point.prefillChunk, contextTokens: point.kvPrefill }],
      decodeSequences: point.decodeSequences,
      decodeContextTokens: point.decodeSequences * point.kvDecode,
    }),
  }));
}

function prefillComparisons(all: ProfileTables, half: ProfileTables, model: ModelSpec, gpu: GpuSpec): Comparison[] {
  const options = { name: 'hold-out', source: '', model, gpu, stepOverheadNs: 0 };
  const whole = new ProfileCostModel({ ...options, tables: all });
  const halved = new ProfileCostModel({ ...options, tables: half });
  const prompts = new Set(all.dense.map((point) => point.size).filter((tokens) => tokens >= LEAST_PROMPT));
  return [...prompts].flatMap((tokens) =>
    PREFILL_CONTEXTS.map((context) => ({
      label: `prefill of ${tokens} over ${context}`,
      measured: whole.prefillNs(tokens, context),
      predicted: halved.prefillNs(tokens, context),
    })),
  );
}

/** Below, a step is a decode in all but name. */
const LEAST_PROMPT = 16;
const PREFILL_CONTEXTS: readonly number[] = [0, 512, 4096, 16_384];
