/** The trials of a study in their fixed order, and which of them one run serves. */
import { trialIdentity } from './config-view.ts';
import { ConfigError } from './config/config-error.ts';
import type { Study } from './config/resolve.ts';
import type { ResolvedConfig } from './config/trial-fields.ts';
import { effectiveConfig } from './effective-config.ts';
import type { TrialKey } from './results/trial-result.ts';
import { SYSTEM_KEYS } from './system-keys.ts';
import type { SystemName } from './system-names.ts';

export interface PlannedTrial {
  readonly key: TrialKey & { readonly system: SystemName };
  readonly config: ResolvedConfig;
  /** The earlier trial whose run this one shares; absent if it is run itself. */
  readonly sharedWith?: number;
  /** Values limited by the size of the cell, saved with the trial's flags. */
  readonly limits: readonly string[];
}

/** Most trials of a study. */
const MAX_TRIALS = 1_000_000;

/**
 * All trials: cells in sweep order, in each the systems in stated order, for each the seeds. Of trials with the same
 * identity the first is run and the others share it.
 * @throws ConfigError if there are more than a million.
 */
export function planTrials(study: Study, options: { readonly share?: boolean } = {}): PlannedTrial[] {
  const count = study.cells.length * study.systems.length * study.seeds.length;
  if (count > MAX_TRIALS) throw new ConfigError(`${count} trials (cells × systems × seeds); at most ${MAX_TRIALS}`);
  const first = new Map<string, number>();
  const trials: PlannedTrial[] = [];
  for (const { cell, config: stated } of study.cells) {
    const { config, limits } = effectiveConfig(stated);
    for (const system of study.systems) {
      const keysRead = SYSTEM_KEYS[system];
      const notes = limits.filter(({ key }) => keysRead.some((prefix) => key.startsWith(prefix))).map(({ note }) => note);
      for (const seed of study.seeds) {
        const index = trials.length;
        const identity = trialIdentity(config, system, seed, keysRead);
        const sharedWith = options.share === false ? undefined : first.get(identity);
        if (sharedWith === undefined) first.set(identity, index);
        trials.push({ key: { index, cell, system, seed }, config, limits: notes, ...(sharedWith === undefined ? {} : { sharedWith }) });
      }
    }
  }
  return trials;
}

/** Trials that are run themselves. */
export function runsOf(trials: readonly PlannedTrial[]): PlannedTrial[] {
  return trials.filter((trial) => trial.sharedWith === undefined);
}
