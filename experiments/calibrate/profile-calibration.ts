/** Calibrates from measured operator grids: the profile model itself, its hold-out errors, and a roofline fitted to it. */
import { COST_PROFILE_FORMAT, packTables, type MeasuredProfile, type RooflineProfile } from '../../sim/hardware/cost-profile.ts';
import { gpuByName, type GpuSpec } from '../../sim/hardware/gpu-catalogue.ts';
import { modelByName, type ModelSpec } from '../../sim/hardware/model-catalogue.ts';
import { Curve } from '../../sim/hardware/curve.ts';
import { parseProfileTables, type ProfileTables, type ProfileTexts } from '../../sim/hardware/profile-tables.ts';
import { DEFAULT_STEP_OVERHEAD_NS, ProfileCostModel } from '../../sim/hardware/profile.ts';
import { attendedPairs } from '../../sim/hardware/step-shape.ts';
import { errorLine, significant, worstLines, type Calibration, type CalibrationSettings } from './calibration.ts';
import type { Comparison } from './error-summary.ts';
import { holdOut, type HoldOut } from './hold-out.ts';
import { compare, decodeStep, fitEfficiencies, promptStep, type MeasuredStep } from './roofline-fit.ts';

export interface ProfileSubject {
  /** What is common to the names of the three files. */
  readonly label: string;
  readonly texts: ProfileTexts;
  readonly gpu: string;
  readonly model: string;
  readonly tensorParallel: number;
}

export function calibrateProfile(subject: ProfileSubject, settings: CalibrationSettings): Calibration {
  const tables = parseProfileTables(subject.texts);
  const gpu = gpuByName(subject.gpu);
  const model = modelByName(subject.model);
  const { tensorParallel } = subject;
  const stepOverheadNs = settings.stepOverheadNs ?? DEFAULT_STEP_OVERHEAD_NS;
  const name = `${gpu.name} ${model.name} TP${tensorParallel}`;
  const source = `measured grids ${subject.label} (layout of LLMServingSim's profiler)`;
  const costs = new ProfileCostModel({ name, source, tables, model, gpu, tensorParallel, stepOverheadNs });

  const splits = Array.from({ length: settings.splits }, (_, split) => holdOut(tables, model, gpu, String(split + 1)));
  const pooled = (key: keyof HoldOut): Comparison[] => splits.flatMap((split) => split[key]);
  const rooflineRows = rooflineSteps(costs, subject, gpu.name, model.name);
  const base = { name, source: `fitted to ${source}`, gemm: 0.5, attention: attentionShare(tables, model, gpu), memory: 0.8, layerOverheadNs: 0 };
  const roofline = fitEfficiencies(base, ['gemm', 'memory'], rooflineRows);
  const head = { format: COST_PROFILE_FORMAT, name, gpu: gpu.name, model: model.name, tensorParallel } as const;
  const measured: MeasuredProfile = { ...head, source, kind: 'profile', stepOverheadNs, ...packTables(tables) };
  const { gemm, attention, memory } = roofline;
  const fitted: RooflineProfile = { ...head, source: base.source, kind: 'roofline', efficiencies: { gemm, attention, memory, layerOverheadNs: 0 } };
  return {
    title: `Profile ${name}`,
    report: [
      `${tables.dense.length} dense, ${tables.perSequence.length} per-sequence, ${tables.attention.length} attention rows; step overhead ${stepOverheadNs / 1e3} µs`,
      `prefill alone, ms: ${[512, 1024, 2048].map((tokens) => `${tokens} tokens ${significant(costs.prefillNs(tokens, 0) / 1e6)}`).join(', ')}; decode of one sequence over 512 tokens ${significant(costs.decodeStepNs(1, 512) / 1e6)} ms`,
      `interpolation chosen (0 = straight lines, else rows of a tile): ${rules(tables)}`,
      `Held out: fitted on a random half of each table, judged on the other half, ${settings.splits} splits pooled:`,
      errorLine('  dense', pooled('dense')),
      errorLine('  per sequence', pooled('perSequence')),
      errorLine('  attention', pooled('attention')),
      errorLine('  whole prefill steps', pooled('prefillSteps')),
      'Worst points, dense:',
      ...worstLines(pooled('dense'), 'µs'),
      'Worst points, attention:',
      ...worstLines(pooled('attention'), 'µs'),
      `Roofline fitted to steps of the profile: gemm ${significant(gemm)}, attention ${significant(attention)}, memory ${significant(memory)}`,
      errorLine('  its error', compare(roofline, rooflineRows)),
    ],
    profiles: [measured, fitted],
  };
}

/** Median share of peak FLOP/s in the measured prefills of at least 1 Mi query–key pairs. */
function attentionShare(tables: ProfileTables, model: ModelSpec, gpu: GpuSpec): number {
  const shares = tables.attention
    .filter((point) => point.decodeSequences === 0 && attendedPairs(point.prefillChunk, point.kvPrefill) >= 1024 * 1024)
    .map((point) => (4 * model.heads * model.headDim * attendedPairs(point.prefillChunk, point.kvPrefill)) / (point.timeUs * 1e-6 * gpu.peakFp16FlopsPerSecond))
    .sort((a, b) => a - b);
  return shares.length === 0 ? 0.5 : Math.min(1, shares[shares.length >> 1]);
}

function rules(tables: ProfileTables): string {
  const layers = [...new Set(tables.dense.map((point) => point.layer))];
  return layers
    .map((layer) => {
      const curve = new Curve(tables.dense.filter((point) => point.layer === layer).map((point): [number, number] => [point.size, point.timeUs]));
      return `${layer} ${curve.tileRows}`;
    })
    .join(', ');
}

/** Prompts of 128 to 2048 tokens and decodes of 1 to 64 sequences, as the profile prices them without overhead. */
function rooflineSteps(costs: ProfileCostModel, subject: ProfileSubject, gpu: string, model: string): MeasuredStep[] {
  const common = { gpu, model, tensorParallel: subject.tensorParallel };
  const overhead = costs.stepOverheadNs;
  const prompts = [128, 256, 512, 1024, 2048].map((tokens) => ({ ...common, label: `prompt of ${tokens}`, step: promptStep(tokens) }));
  const decodes = [1, 4, 16, 64].map((sequences) => ({ ...common, label: `${sequences} decodes over 1024`, step: decodeStep(sequences, 1024) }));
  return [...prompts, ...decodes].map((row) => ({ ...row, milliseconds: (costs.stepNs(row.step) - overhead) / 1e6 }));
}
