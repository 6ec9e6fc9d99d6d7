/** Fits roofline efficiencies to measured steps. */
import type { EfficiencySet } from '../../sim/hardware/roofline-efficiencies.ts';
import { RooflineCostModel } from '../../sim/hardware/roofline.ts';
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import type { StepShape } from '../../sim/hardware/step-shape.ts';
import type { Comparison } from './error-summary.ts';
import { minimise, type Parameter } from './minimise.ts';

/** One measured step. */
export interface MeasuredStep {
  readonly label: string;
  readonly gpu: string;
  readonly model: string;
  readonly tensorParallel: number;
  readonly step: StepShape;
  readonly milliseconds: number;
}

export type FittedShare = 'gemm' | 'attention' | 'memory' | 'layerOverheadNs';

const BOUNDS: Readonly<Record<FittedShare, Omit<Parameter, 'name'>>> = {
  gemm: { start: 0.5, least: 0.05, most: 1 },
  attention: { start: 0.3, least: 0.01, most: 1 },
  memory: { start: 0.7, least: 0.1, most: 1 },
  layerOverheadNs: { start: 50_000, least: 1, most: 5_000_000 },
};

/** A prompt alone in its step. */
export function promptStep(promptTokens: number): StepShape {
  return { prefill: [{ newTokens: promptTokens, contextTokens: 0 }], decodeSequences: 0, decodeContextTokens: 0 };
}

export function decodeStep(sequences: number, contextTokens: number): StepShape {
  return { prefill: [], decodeSequences: sequences, decodeContextTokens: sequences * contextTokens };
}

/** Predictions of a set beside the measurements. */
export function compare(set: EfficiencySet, measured: readonly MeasuredStep[]): Comparison[] {
  return measured.map((row) => {
    const model = new RooflineCostModel({ gpu: gpuByName(row.gpu), model: modelByName(row.model), tensorParallel: row.tensorParallel, efficiencies: set });
    return { label: row.label, measured: row.milliseconds, predicted: model.stepNs(row.step) / 1e6 };
  });
}

/** The set that minimises the sum of squared log errors over `measured`, changing only the shares in `free`. */
export function fitEfficiencies(base: EfficiencySet, free: readonly FittedShare[], measured: readonly MeasuredStep[]): EfficiencySet {
  const parameters = free.map((name) => ({ name, ...BOUNDS[name] }));
  const values = minimise(parameters, (candidate) => {
    let sum = 0;
    for (const { measured: truth, predicted } of compare({ ...base, ...candidate }, measured)) {
      const error = Math.log(predicted / truth);
      sum += error * error;
    }
    return sum;
  });
  return { ...base, ...values };
}
