/** The trials of a study in their fixed order, and which of them one run serves. */
import { trialIdentity } from './config-view.ts';
import { ConfigError } from './config/config-error.ts';
import type { Study } from './config/resolve.ts';
import type { TrialConfig } from './config/study-kinds.ts';
import type { ResolvedConfig } from './config/trial-fields.ts';
import type { EffectiveConfig } from './effective-config.ts';
import { effectiveConfig } from './effective-config.ts';
import type { TrialKey } from './results/trial-result.ts';
import { SYSTEM_KEYS } from './system-keys.ts';
import type { AnySystemName } from './system-names.ts';

export interface PlannedTrial<C extends TrialConfig = TrialConfig> {
  readonly key: TrialKey & { readonly system: AnySystemName };
  readonly config: C;
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
export function planTrials<C extends TrialConfig>(study: Study<C>, options: { readonly share?: boolean } = {}): PlannedTrial<C>[] {
  const count = study.cells.length * study.systems.length * study.seeds.length;
  if (count > MAX_TRIALS) throw new ConfigError(`${count} trials (cells × systems × seeds); at most ${MAX_TRIALS}`);
  const first = new Map<string, number>();
  const trials: PlannedTrial<C>[] = [];
  for (const { cell, config: stated } of study.cells) {
    const { config, limits } = effective(study.kind, stated);
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

/** Serving has values that a small cell limits; overlay studies have none. */
function effective<C extends TrialConfig>(kind: Study['kind'], config: C): EffectiveConfig<C> {
  if (kind === 'overlay') return { config, limits: [] };
  return effectiveConfig(config as ResolvedConfig) as EffectiveConfig<unknown> as EffectiveConfig<C>;
}

/** Trials that are run themselves. */
export function runsOf<C extends TrialConfig>(trials: readonly PlannedTrial<C>[]): PlannedTrial<C>[] {
  return trials.filter((trial) => trial.sharedWith === undefined);
}
