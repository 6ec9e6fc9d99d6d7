import type { Cell } from '../../experiments/results/trial-result.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import type { Interval } from '../statistics/interval.ts';
import { pairedComparison } from '../statistics/paired-difference.ts';
import { type Study, bySeed } from '../study/study.ts';
import type { SweptVariable } from '../study/swept-variable.ts';
import { type Verdict, verdictOf } from './comparisons.ts';

/** One system at one value of the first swept key against the same system at that key's first value, all else equal, paired on common seeds. */
export interface AgainstFirst {
  readonly system: SystemStyle;
  readonly variable: SweptVariable;
  readonly cell: Cell;
  readonly difference: Interval;
  readonly ratio: Interval;
  readonly verdict: Verdict;
}

/** All such comparisons on one metric, in the order of the study; none where fewer than two keys are swept, which the charts show as well. */
export function againstFirst(study: Study, system: SystemStyle, metric: string): AgainstFirst[] {
  const variable = study.variables.at(0);
  if (variable === undefined || study.variables.length < 2) return [];
  const first = variable.values[0].raw;
  return study.cells.flatMap((cell): AgainstFirst[] => {
    if (cell[variable.key] === first) return [];
    const before = { ...cell, [variable.key]: first };
    const result = pairedComparison(bySeed(study, cell, system.name, metric), bySeed(study, before, system.name, metric));
    if (result.difference.n === 0) return [];
    return [{ system, variable, cell, difference: result.difference, ratio: result.ratio, verdict: verdictOf(result.difference, metric) }];
  });
}
