/** Calibrates a roofline's matrix products and memory share from Vidur's per-operator profile of Llama-2-7B on an A100. */
import { COST_PROFILE_FORMAT } from '../../sim/hardware/cost-profile.ts';
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import { efficiencySetByName } from '../../sim/hardware/roofline-efficiencies.ts';
import { RooflineCostModel } from '../../sim/hardware/roofline.ts';
import { errorLine, significant, worstLines, type Calibration, type CalibrationSettings } from './calibration.ts';
import type { Comparison } from './error-summary.ts';
import { minimise } from './minimise.ts';
import { operatorRows, type OperatorRow } from './vidur-operators.ts';

export function calibrateVidur(name: string, text: string, settings: CalibrationSettings): Calibration {
  const gpu = gpuByName(settings.gpu ?? 'A100-80GB');
  const model = modelByName(settings.model ?? 'Llama-2-7B');
  const tensorParallel = settings.tensorParallel ?? 1;
  const rows = operatorRows(name, text, model).filter((row) => row.tensorParallel === tensorParallel);
  if (rows.length === 0) throw new RangeError(`${name}: no rows with ${tensorParallel} tensor-parallel workers`);
  const known = efficiencySetByName('vidur-a100');
  // The file has neither attention nor output projection: the step is priced without them.
  const headless = { ...model, vocab: 1 };
  const predict = (gemm: number, memory: number, row: OperatorRow): number => {
    const costs = new RooflineCostModel({ gpu, model: headless, tensorParallel: 1, efficiencies: { ...known, gemm, memory, layerOverheadNs: 0 } });
    const parts = costs.breakdown({ prefill: [{ newTokens: row.tokens, contextTokens: 0 }], decodeSequences: 0, decodeContextTokens: 0 });
    return ((parts.matrixProducts + parts.elementwise) * 1e3) / tensorParallel;
  };
  const found = minimise(
    [
      { name: 'gemm', start: 0.6, least: 0.1, most: 1.2 },
      { name: 'memory', start: 0.7, least: 0.1, most: 1 },
    ],
    ({ gemm, memory }) => rows.reduce((sum, row) => sum + Math.abs(Math.log(predict(gemm, memory, row) / row.milliseconds)), 0),
  );
  const { gemm, memory } = found;
  const comparisons: Comparison[] = rows.map((row) => ({ label: `${row.tokens} tokens`, measured: row.milliseconds, predicted: predict(gemm, memory, row) }));
  return {
    title: `Vidur operators, ${model.name} on ${gpu.name} TP${tensorParallel}`,
    report: [
      `${rows.length} token counts; all layers, without attention and output projection`,
      `gemm ${significant(gemm)}, memory ${significant(memory)}`,
      errorLine('roofline', comparisons),
      ...worstLines(comparisons, 'ms'),
    ],
    profiles: [
      {
        format: COST_PROFILE_FORMAT,
        kind: 'roofline',
        name: `${model.name} ${gpu.name}, Vidur operators`,
        source: 'Vidur (Agrawal et al., MLSys 2024) per-operator profile; attention share from aiconfigurator',
        gpu: gpu.name,
        model: model.name,
        tensorParallel,
        efficiencies: { gemm, attention: known.attention, memory, layerOverheadNs: 0 },
      },
    ],
  };
}
