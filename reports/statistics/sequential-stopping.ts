import { DEFAULT_LEVEL, type Interval, halfWidth, relativeHalfWidth } from './interval.ts';
import { variance } from './moments.ts';
import { studentInterval, studentQuantile } from './student-interval.ts';

export interface StoppingRule {
  /** Relative half-width to reach: 0.02 for ± 2 %. */
  readonly precision: number;
  /** Seeds before the first decision; at least 3, since two seeds can agree by chance. Default 5. */
  readonly minimum?: number;
  /** Seeds never exceeded. Default 100. */
  readonly cap?: number;
  readonly level?: number;
}

export interface StoppingDecision {
  readonly stop: boolean;
  readonly reason: 'precision reached' | 'cap reached' | 'more seeds needed';
  readonly interval: Interval;
  /** Relative half-width so far. */
  readonly reached: number;
  /** Seeds to run in all, by the variance seen so far; never beyond the cap. */
  readonly expectedSeeds: number;
}

/**
 * Whether to run more seeds: stop when the half-width of the interval is at most `precision` of the mean, or at the cap
 * (Chow and Robbins 1965; the sequential procedure of Law, Simulation Modeling and Analysis, section 9.4.1). Looking at the
 * interval after every seed makes it cover a little less often than its level; the minimum keeps the loss small.
 */
export function decideStopping(values: readonly number[], rule: StoppingRule): StoppingDecision {
  const { precision, minimum = 5, cap = 100, level = DEFAULT_LEVEL } = rule;
  if (!(precision > 0)) throw new RangeError(`precision ${precision}: expected a positive share such as 0.02`);
  if (!(minimum >= 3)) throw new RangeError(`minimum ${minimum}: expected at least 3 seeds`);
  if (!(cap >= minimum)) throw new RangeError(`cap ${cap}: expected at least the minimum, ${minimum}`);
  const interval = studentInterval(values, level);
  const reached = relativeHalfWidth(interval);
  const n = values.length;
  if (n >= minimum && reached <= precision) return { stop: true, reason: 'precision reached', interval, reached, expectedSeeds: n };
  if (n >= cap) return { stop: true, reason: 'cap reached', interval, reached, expectedSeeds: n };
  return { stop: false, reason: 'more seeds needed', interval, reached, expectedSeeds: expectedSeeds(values, interval, { precision, minimum, cap, level }) };
}

/** Smallest n > values.length with t(n − 1)·s/√n ≤ precision·|mean|. */
function expectedSeeds(values: readonly number[], interval: Interval, rule: Required<StoppingRule>): number {
  const n = values.length;
  if (n < 2 || !(halfWidth(interval) > 0)) return Math.max(rule.minimum, Math.min(rule.cap, n + 1));
  const target = rule.precision * Math.abs(interval.estimate);
  const deviation = Math.sqrt(variance(values));
  for (let count = Math.max(n + 1, rule.minimum); count < rule.cap; count++) {
    if ((studentQuantile(rule.level, count - 1) * deviation) / Math.sqrt(count) <= target) return count;
  }
  return rule.cap;
}
