/** One trial of an overlay study: a protocol, its nodes and what happens to them, and lookups on one clock. Pure in config, system and seed. */
import type { Protocol } from '../protocols/overlay/overlay.ts';
import { Simulator } from '../sim/kernel/simulator.ts';
import { SECOND } from '../sim/kernel/time.ts';
import type { OverlayStudyConfig } from './config/overlay-study-fields.ts';
import type { TrialOptions } from './engines/engine.ts';
import { runLookups } from './overlay-trial/lookup-load.ts';
import { OverlayMeasurement } from './overlay-trial/measurement.ts';
import type { ChurnPlan } from './overlay-trial/membership.ts';
import { fail, gather, planChurn, scheduleChurn } from './overlay-trial/membership.ts';
import { OverlayWorld } from './overlay-trial/overlay-world.ts';
import { PublishedValues } from './overlay-trial/published-values.ts';
import type { TrialKey, TrialResult } from './results/trial-result.ts';

/** Churn is drawn for this many times the expected length of the measured window, which is random. */
const CHURN_ROOM = 2;

export function runOverlayTrial(config: OverlayStudyConfig, key: TrialKey, options: TrialOptions = {}): TrialResult {
  const protocol = key.system as Protocol;
  const sim = new Simulator({ seed: key.seed, ...(options.trace === undefined ? {} : { trace: options.trace }) });
  const world = new OverlayWorld(sim, config, protocol, key.seed);
  const plan = churnOf(world, config);
  gather(world, config, plan?.initial ?? Array.from({ length: config.nodes }, (_, node) => node));
  fail(world, config);
  const values = PublishedValues.publish(world, key.seed, () => config.values);
  const measurement = new OverlayMeasurement(world, config, key.seed);
  if (plan !== undefined) scheduleChurn(world, plan);
  runLookups(world, config, warmupNs(config), measurement);
  values?.look();
  world.network.stats.checkConservation();
  return { key, ...measurement.result(values) };
}

function warmupNs(config: OverlayStudyConfig): number {
  return config.churn.kind === 'none' ? 0 : config.churn.warmupNs;
}

function churnOf(world: OverlayWorld, config: OverlayStudyConfig): ChurnPlan | undefined {
  const { churn, lookups } = config;
  if (churn.kind === 'none') return undefined;
  const windowNs = (lookups.count / (lookups.ratePerSecond ?? 1)) * SECOND;
  return planChurn(world, config, churn, warmupNs(config) + CHURN_ROOM * windowNs + 60 * SECOND);
}
