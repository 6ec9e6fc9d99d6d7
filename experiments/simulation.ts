/** Trials of every kind of study: what a worker runs. */
import type { OverlayStudyConfig } from './config/overlay-study-fields.ts';
import type { TrialConfig } from './config/study-kinds.ts';
import type { ResolvedConfig } from './config/trial-fields.ts';
import type { TrialOptions } from './engines/engine.ts';
import { runOverlayTrial } from './overlay-trial.ts';
import type { TrialKey, TrialResult } from './results/trial-result.ts';
import { studyKindOf } from './system-names.ts';
import { runTrial as runServingTrial } from './trial.ts';

/** Pure in config, system and seed; the system says which kind of study the config is of. */
export function runTrial(config: TrialConfig, key: TrialKey, options: TrialOptions = {}): TrialResult {
  if (studyKindOf(key.system) === 'overlay') return runOverlayTrial(config as OverlayStudyConfig, key, options);
  return runServingTrial(config as ResolvedConfig, key, options);
}
