import type { SystemStyle } from '../figures/system-style.ts';
import { type Prose, prose } from '../prose/inline.ts';
import { type SourcedStudy, metricWords } from '../prose/quantities.ts';
import { subjects } from '../summary/comparisons.ts';

/** One finding in a sentence, every number of it read from results. */
export interface Told {
  readonly kind: 'loss' | 'unclear' | 'win' | 'note';
  readonly text: Prose;
}

/** Says something about a study, or that it cannot; the same study gives the same sentences. */
export type Teller = (study: SourcedStudy) => readonly Told[];

export function note(text: Prose): Told {
  return { kind: 'note', text };
}

/** What stands where a number should, so that no sentence ever holds an empty one. */
export function notReported(metricName: string): Told {
  return note(prose`No trial of this study reports ${metricWords(metricName)}, so nothing is said of it.`);
}

/** The system a sentence is about: the one named, else the peer-to-peer one, else the first. */
export function subjectOf(study: SourcedStudy, name: string | undefined): SystemStyle | undefined {
  if (name !== undefined) return study.systems.find((system) => system.name === name);
  return subjects(study).at(0) ?? study.systems.at(0);
}
