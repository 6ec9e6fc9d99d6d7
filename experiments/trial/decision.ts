/** How a trial's requests get what they lack, from its config. */
import { FetchOutlook } from '../../protocols/decision/fetch-outlook.ts';
import type { DecisionOptions } from '../../protocols/decision/unit-decider.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { TrialSystem } from './systems.ts';

/** Undefined where everything is fetched, and computing begins when all has come. */
export function makeDecision(sim: Simulator, { pipeline, cluster }: Pick<ResolvedConfig, 'pipeline' | 'cluster'>, { path }: TrialSystem): DecisionOptions | undefined {
  const { decision, overlap } = pipeline;
  if (path === undefined || (decision === 'always-fetch' && overlap === 'none')) return undefined;
  return { decision, overlap, outlook: new FetchOutlook(sim, path), layers: modelByName(cluster.model).layers };
}
