/** Calibrates from Splitwise's end-to-end measurements: roofline efficiencies and polynomials for Llama-2-70B. */
import { COST_PROFILE_FORMAT, type CostProfile } from '../../sim/hardware/cost-profile.ts';
import { comparisonTable, errorLine, significant, type Calibration } from './calibration.ts';
import type { Comparison } from './error-summary.ts';
import { nonNegativeFit } from './least-squares.ts';
import { compare, decodeStep, fitEfficiencies, promptStep, type MeasuredStep } from './roofline-fit.ts';
import { splitwiseRows, type SplitwiseRow } from './splitwise.ts';

const MODEL = 'Llama-2-70B';
/** Shorter prompts and the rest of this file's token times are bound by launches, which the additive overhead stands for. */
const LEAST_PROMPT = 512;

export function calibrateSplitwise(name: string, text: string): Calibration {
  const rows = splitwiseRows(name, text).filter((row) => row.model === 'llama2-70b');
  const report: string[] = [];
  const profiles: CostProfile[] = [];
  for (const gpu of ['A100-80GB', 'H100'] as const) {
    for (const tensorParallel of [2, 4, 8]) {
      const measured = rows.filter((row) => row.gpu === gpu && row.tensorParallel === tensorParallel && row.outputTokens === 128);
      if (measured.length === 0) continue;
      const fit = fitOne(gpu, tensorParallel, measured);
      report.push(...fit.report, '');
      profiles.push(...fit.profiles);
    }
  }
  if (profiles.length === 0) throw new RangeError(`${name}: no llama2-70b rows on a100-80gb or h100-80gb`);
  return { title: 'Splitwise, Llama-2-70B end to end', report, profiles };
}

function fitOne(gpu: string, tensorParallel: number, rows: readonly SplitwiseRow[]): { report: string[]; profiles: CostProfile[] } {
  const common = { gpu, model: MODEL, tensorParallel };
  const prompts = rows.filter((row) => row.batch === 1 && row.promptTokens >= LEAST_PROMPT);
  const decodes = rows.filter((row) => row.promptTokens === LEAST_PROMPT && row.tokenMs > 0);
  const steps: MeasuredStep[] = [
    ...prompts.map((row) => ({ ...common, label: `prompt of ${row.promptTokens}`, step: promptStep(row.promptTokens), milliseconds: row.promptMs })),
    ...decodes.map((row) => ({ ...common, label: `decode of ${row.batch}`, step: decodeStep(row.batch, contextOf(row)), milliseconds: row.tokenMs })),
  ];
  const name = `${MODEL} ${gpu} TP${tensorParallel}`;
  const source = 'Splitwise (Patel et al., ISCA 2024), perf_model.csv';
  const base = { name, source, gemm: 0.5, attention: 0.1, memory: 0.8, layerOverheadNs: 1 };
  const set = fitEfficiencies(base, ['gemm', 'attention', 'layerOverheadNs'], steps);
  const comparisons = compare(set, steps);

  const prefill = nonNegativeFit(prompts.map((row) => [1, row.promptTokens, row.promptTokens * row.promptTokens]), prompts.map((row) => row.promptMs));
  const decode = nonNegativeFit(decodes.map((row) => [1, row.batch * contextOf(row), row.batch]), decodes.map((row) => row.tokenMs));
  const polynomial: Comparison[] = [
    ...prompts.map((row) => ({ label: `prompt of ${row.promptTokens}`, measured: row.promptMs, predicted: prefill[0] + prefill[1] * row.promptTokens + prefill[2] * row.promptTokens * row.promptTokens })),
    ...decodes.map((row) => ({ label: `decode of ${row.batch}`, measured: row.tokenMs, predicted: decode[0] + decode[1] * row.batch * contextOf(row) + decode[2] * row.batch })),
  ];
  const head = { format: COST_PROFILE_FORMAT, name, source, gpu, model: MODEL, tensorParallel } as const;
  const { gemm, attention, memory, layerOverheadNs } = set;
  return {
    report: [
      `${name}: roofline gemm ${significant(gemm)}, attention ${significant(attention)}, memory ${significant(memory)} (set), overhead ${significant(layerOverheadNs / 1e3)} µs per layer`,
      comparisonTable('ms', comparisons),
      errorLine('roofline', comparisons),
      `polynomial: prefill ${prefill.map((value) => value.toPrecision(4)).join(', ')} ms; decode ${decode.map((value) => value.toPrecision(4)).join(', ')} ms (constant, per context token, per sequence)`,
      errorLine('polynomial', polynomial),
    ],
    profiles: [
      { ...head, kind: 'roofline', efficiencies: { gemm, attention, memory, layerOverheadNs } },
      {
        ...head,
        kind: 'polynomial',
        prefill: [prefill[0], prefill[1], prefill[2]],
        decodeSmall: [decode[0], decode[1], decode[2]],
        promptTokens: [LEAST_PROMPT, Math.max(...prompts.map((row) => row.promptTokens))],
      },
    ],
  };
}

/** Context of a decode half way through its output. */
function contextOf(row: SplitwiseRow): number {
  return row.promptTokens + row.outputTokens / 2;
}
