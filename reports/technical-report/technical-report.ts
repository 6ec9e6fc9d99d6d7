import type { Section } from '../prose/blocks.ts';
import type { ReportInput } from './report-input.ts';
import { abstract } from './sections/abstract.ts';
import { design } from './sections/design.ts';
import { losses } from './sections/losses.ts';
import { models } from './sections/models.ts';
import { provenance } from './sections/provenance.ts';
import { relatedWork } from './sections/related-work.ts';
import { results } from './sections/results.ts';
import { scorecard } from './sections/scorecard.ts';
import { threats } from './sections/threats.ts';
import { validation } from './sections/validation.ts';

/** The report, section by section; the bibliography follows from what is cited. */
export function technicalReport(input: ReportInput): Section[] {
  return [abstract(input), design(input), losses(input), scorecard(input), models(), validation(input), results(input), threats(input), relatedWork(), provenance(input)];
}
