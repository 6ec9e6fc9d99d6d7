import type { Cell } from '../../experiments/results/trial-result.ts';
import type { Interval } from '../statistics/interval.ts';
import type { Study } from '../study/study.ts';

/** What a study says of a target in one setting. */
export interface Reading {
  readonly cell: Cell;
  readonly value: Interval;
  /** Why it does not count by the target's rule; '' where it does. */
  readonly barred: string;
}

/** A goal of the research plan. */
export interface Target {
  readonly name: string;
  readonly title: string;
  /** The goal in words: '50–70 %'. */
  readonly goal: string;
  /** It is met from here on; a range is met from its lower end. */
  readonly from: number;
  /** Upper end of a range: going beyond it is said. */
  readonly upTo?: number;
  /** Unit of the value as metrics have it: 'fraction', or '' for a ratio. */
  readonly unit: 'fraction' | '';
  /** How it is measured and what counts, in a sentence. */
  readonly rule: string;
  /** What measures it, where a study does not. */
  readonly elsewhere: string;
  /** Readings in every setting that has one; none where the study cannot tell. */
  readonly readings: (study: Study) => readonly Reading[];
}
