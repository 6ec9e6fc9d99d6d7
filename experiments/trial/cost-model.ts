/** The cost model that a config names. */
import { readFileSync, statSync } from 'node:fs';
import type { CostModel } from '../../sim/hardware/cost-model.ts';
import { costModelOfProfile, parseCostProfile } from '../../sim/hardware/cost-profile.ts';
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import { ProfileCostModel } from '../../sim/hardware/profile.ts';
import { parseProfileTables } from '../../sim/hardware/profile-tables.ts';
import { RooflineCostModel } from '../../sim/hardware/roofline.ts';
import { defaultEfficiencySet } from '../../sim/hardware/roofline-efficiencies.ts';
import { profileOfFolder } from '../calibrate/subjects.ts';
import { ROOFLINE } from '../config/trial-fields.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';

/**
 * `roofline`, a cost profile that `npm run calibrate` wrote, or a folder of measured grids.
 * @throws RangeError naming the file and what is wrong with it, or that it was measured on another machine than the cluster's.
 */
export function makeCostModel({ cluster, serving }: Pick<ResolvedConfig, 'cluster' | 'serving'>): CostModel {
  const gpu = gpuByName(cluster.gpu);
  const model = modelByName(cluster.model);
  const { gpusPerNode } = cluster;
  const stepOverhead = serving.stepOverheadNs === null ? {} : { stepOverheadNs: serving.stepOverheadNs };
  if (serving.costModel === ROOFLINE) return new RooflineCostModel({ gpu, model, tensorParallel: gpusPerNode, efficiencies: defaultEfficiencySet(gpu) });
  if (statSync(serving.costModel).isDirectory()) {
    const { label, texts, tensorParallel } = profileOfFolder(serving.costModel, { gpu: gpu.name, model: model.name, tensorParallel: gpusPerNode });
    return new ProfileCostModel({ name: label, source: `measured grids ${label}`, tables: parseProfileTables(texts), model, gpu, tensorParallel, ...stepOverhead });
  }
  const profile = parseCostProfile(serving.costModel, readFileSync(serving.costModel, 'utf8'));
  const measured = [profile.gpu, profile.model, profile.tensorParallel];
  const asked = [gpu.name, model.name, gpusPerNode];
  if (measured.some((each, i) => each !== asked[i])) {
    throw new RangeError(`${serving.costModel}: was made for ${measured[1]} on ${measured[2]}×${measured[0]}; expected the cluster's ${asked[1]} on ${asked[2]}×${asked[0]}`);
  }
  if (profile.kind !== 'profile' && serving.stepOverheadNs !== null) throw new RangeError(`${serving.costModel}: is a ${profile.kind}; expected measured grids where serving.stepOverhead is given`);
  return costModelOfProfile(profile.kind === 'profile' ? { ...profile, ...stepOverhead } : profile);
}
