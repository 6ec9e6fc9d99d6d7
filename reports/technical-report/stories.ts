import { findMetric } from '../../experiments/results/metrics.ts';
import { chooseFigures } from '../figures/choose-figures.ts';
import { type Figure, type FigureDraft, finishFigure, isOmission } from '../figures/figure.ts';
import { provenance } from '../figures/figure-text.ts';
import { metricByVariable } from '../figures/metric-by-variable.ts';
import { type Prose, listed, prose } from '../prose/inline.ts';
import { type SourcedStudy, labelOf, quoted, valueOf, variableOf } from '../prose/quantities.ts';
import { isCrossed } from '../study/study.ts';
import type { SweptVariable } from '../study/swept-variable.ts';
import type { Told } from '../told/told.ts';
import { CATALOGUE, type CatalogueEntry, OTHER, OTHER_OVERLAY } from './catalogue.ts';

/** A study as the report and the deck tell it. */
export interface Story {
  readonly entry: CatalogueEntry;
  readonly study: SourcedStudy;
  /** The question its config asks; empty where it asks none. */
  readonly question: Prose;
  readonly setting: Prose;
  readonly figures: readonly Figure[];
  /** Why there is no chart; empty where there is one. */
  readonly noFigure: Prose;
  readonly told: readonly Told[];
}

/** A study of the catalogue without results. */
export type Missing = CatalogueEntry;

/** Which entry of the catalogue each study is, in the order of the catalogue; studies that it does not know come last. */
export function arrange(studies: readonly SourcedStudy[]): { present: { entry: CatalogueEntry; study: SourcedStudy }[]; missing: Missing[] } {
  const taken = new Map<CatalogueEntry, SourcedStudy>();
  for (const entry of CATALOGUE) {
    const named = studies.find(({ folder }) => folder === entry.folder);
    // A copy under another name answers the same question, as long as it is the config as it stands.
    const alike = studies.find(({ folder, manifest }) => entry.settings.length === 0 && manifest.name === entry.folder && !CATALOGUE.some((other) => other.folder === folder));
    const found = named ?? alike;
    if (found !== undefined) taken.set(entry, found);
  }
  const known = new Set(taken.values());
  const others = studies.filter((study) => !known.has(study)).map((study) => ({ entry: otherEntry(study), study }));
  return {
    present: [...[...taken].map(([entry, study]) => ({ entry, study })), ...others],
    missing: CATALOGUE.filter((entry) => !taken.has(entry)),
  };
}

function otherEntry(study: SourcedStudy): CatalogueEntry {
  return { folder: study.folder, config: study.folder, settings: [], chapter: 'other', charts: 1, remark: undefined, ...(study.kind === 'overlay' ? OTHER_OVERLAY : OTHER) };
}

/** Draws the charts of a study and says what its results show. */
export async function storyOf(entry: CatalogueEntry, study: SourcedStudy): Promise<Story> {
  const { figures, noFigure } = await figuresOf(entry, study);
  return {
    entry, study, figures, noFigure,
    question: study.manifest.question === '' ? [] : [quoted(study, 'question')],
    setting: settingOf(study),
    told: entry.tell.flatMap((teller) => teller(study)),
  };
}

async function figuresOf(entry: CatalogueEntry, study: SourcedStudy): Promise<{ figures: Figure[]; noFigure: Prose }> {
  if (entry.charts === 0) return { figures: [], noFigure: [] };
  const asked: SourcedStudy = entry.chart === 'auto' ? study : { ...study, manifest: { ...study.manifest, figures: [entry.chart] } };
  const drafts = await chooseFigures(asked);
  const drawn = drafts.filter((draft): draft is FigureDraft => !isOmission(draft)).slice(0, entry.charts).map((draft) => fewPanels(entry, study, draft));
  const figures: Figure[] = [];
  for (const draft of drawn) figures.push(await finishFigure(draft, provenance(study)));
  if (figures.length > 0) return { figures, noFigure: [] };
  const metric = findMetric(entry.chart);
  return { figures, noFigure: metric === undefined ? prose`These results hold nothing that its chart could show.` : prose`No chart: no trial of this study reports ${metric.label}.` };
}

/** Panels that leave room for text on a slide, and for another study on a page; the study's own report has them all. */
const MOST_PANELS = 2;

/** A chart of more panels again with the first and the last alone. */
function fewPanels(entry: CatalogueEntry, study: SourcedStudy, draft: FigureDraft): FigureDraft {
  const [x, panels] = study.variables as readonly (SweptVariable | undefined)[];
  const isMetric = findMetric(entry.chart) !== undefined;
  if (!isMetric || x === undefined || panels === undefined || panels.values.length <= MOST_PANELS || !isCrossed(study, x, panels)) return draft;
  const fewer = metricByVariable(study, entry.chart, x, panels, MOST_PANELS);
  return isOmission(fewer) ? draft : fewer;
}

/** Systems, swept keys and seeds in a sentence. */
function settingOf(study: SourcedStudy): Prose {
  const systems = listed(study.systems.map(({ name }) => labelOf(study, name)));
  const swept = study.variables.map((v): Prose => prose`${variableOf(study, v)} (${listed(v.values.map(({ raw }) => valueOf(study, v, raw)))})`);
  const how = study.manifest.design === 'one-at-a-time' && swept.length > 1 ? ', one at a time' : swept.length > 1 ? ', in all combinations' : '';
  const what = swept.length === 0 ? prose`in one setting` : prose`over ${listed(swept)}${how}`;
  return prose`${systems}, ${what}.`;
}
