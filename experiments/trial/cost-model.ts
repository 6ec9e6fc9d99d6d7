/** The cost model that a config names. */
import type { CostModel } from '../../sim/hardware/cost-model.ts';
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import { RooflineCostModel } from '../../sim/hardware/roofline.ts';
import { defaultEfficiencySet } from '../../sim/hardware/roofline-efficiencies.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';

export function makeCostModel(config: ResolvedConfig): CostModel {
  const { cluster } = config;
  const gpu = gpuByName(cluster.gpu);
  const model = modelByName(cluster.model);
  return new RooflineCostModel({ gpu, model, tensorParallel: cluster.gpusPerNode, efficiencies: defaultEfficiencySet(gpu) });
}
