import { type EffectSummary, type Observation, summariseEffects } from '../statistics/effects.ts';
import type { Study } from '../study/study.ts';
import { valueText } from '../study/swept-variable.ts';

/** Which swept keys, by name, matter for a metric of one system; undefined with fewer than two keys, or where no trial reports it. */
export function effectsOf(study: Study, system: string, metricName: string): EffectSummary | undefined {
  if (study.variables.length < 2) return undefined;
  const observations = study.trials.filter((t) => t.key.system === system && Number.isFinite(t.metrics[metricName])).map((t): Observation => ({
    levels: Object.fromEntries(study.variables.map((v) => [v.key, valueText(v, t.key.cell[v.key])])), value: t.metrics[metricName],
  }));
  if (observations.length === 0) return undefined;
  const summary = summariseEffects(observations);
  return summary.totalVariation === 0 ? undefined : summary;
}
