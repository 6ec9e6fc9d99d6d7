import { findMetric } from '../../experiments/results/metrics.ts';
import { type Study, isCrossed } from '../study/study.ts';
import { FIGURE_KINDS, type FigureDraft, type FigureKind, type Omission, isOmission } from './figure.ts';
import { frontier } from './frontier.ts';
import { costFigures, overlayFigures } from './overlay-figures.ts';
import { hopDistribution } from './hop-distribution.ts';
import { heatMap } from './heat-map.ts';
import { hitRate } from './hit-rate.ts';
import { metricBySystem } from './metric-by-system.ts';
import { metricByVariable } from './metric-by-variable.ts';
import { hasSourceSpeedup, sourceSpeedup } from './source-speedup.ts';
import { scheduledFaults, seriesNames, timeSeries } from './time-series.ts';
import { qualityFrontier } from './quality-frontier.ts';
import { ttftAttribution } from './ttft-attribution.ts';
import { ttftDistribution } from './ttft-distribution.ts';
import { utilisation } from './utilisation.ts';

/** Most time lines drawn without being asked for by name. */
const MOST_SERIES = 6;

/** Whether the `figures` key of a config may name this: a kind of figure, or a metric to be drawn against the sweep. */
export function isFigureName(name: string): boolean {
  return (FIGURE_KINDS as readonly string[]).includes(name) || findMetric(name) !== undefined;
}

/** The figures of a study: those its config names, or the ones that fit its sweep. */
export async function chooseFigures(study: Study): Promise<(FigureDraft | Omission)[]> {
  const { figures } = study.manifest;
  if (figures === 'auto') return automatic(study);
  const drafts: (FigureDraft | Omission)[] = [];
  for (const name of figures) {
    if ((FIGURE_KINDS as readonly string[]).includes(name)) drafts.push(...(await ofKind(study, name as FigureKind, true)));
    else if (findMetric(name) !== undefined) drafts.push(...metric(study, name));
    else drafts.push({ name, headline: name, reason: `no figure has this name; expected one of ${FIGURE_KINDS.join(', ')}, or a metric such as ttftP99Ms` });
  }
  return unique(drafts);
}

async function automatic(study: Study): Promise<(FigureDraft | Omission)[]> {
  if (study.kind === 'overlay') return unique(overlayFigures(study));
  const drafts: (FigureDraft | Omission)[] = [];
  for (const kind of FIGURE_KINDS) drafts.push(...(await ofKind(study, kind, false)));
  return unique(drafts);
}

/** Figures of one kind. What does not apply to the study is left out silently unless it was `asked` for. */
async function ofKind(study: Study, kind: FigureKind, asked: boolean): Promise<(FigureDraft | Omission)[]> {
  const x = study.variables.at(0);
  const y = study.variables.at(1);
  switch (kind) {
    case 'metric':
      if (study.kind === 'overlay') return overlayFigures(study).filter((draft) => isOmission(draft) || draft.kind === 'metric');
      return [...metric(study, 'ttftMeanMs'), ...(x === undefined ? [metricBySystem(study, 'ttftP99Ms')] : [metricByVariable(study, 'ttftP99Ms', x)])];
    case 'ttft-cdf':
      return [await ttftDistribution(study)];
    case 'attribution':
      return [ttftAttribution(study)];
    case 'hit-rate':
      return [hitRate(study)];
    case 'utilisation':
      return [utilisation(study)];
    case 'heat-map':
      if (x !== undefined && y !== undefined && isCrossed(study, x, y)) return [heatMap(study, x, y)];
      return asked ? [{ name: 'heat-map', headline: 'Break-even map', reason: y === undefined ? 'it takes two swept keys' : 'its two swept keys were not run in all combinations' }] : [];
    case 'frontier':
      if (x === undefined) return asked ? [{ name: 'frontier', headline: 'Frontier', reason: 'it takes a swept key' }] : [];
      if (!asked && !/rate$/i.test(x.key)) return [];
      return [frontier(study, x, 'throughputRps', 'ttftP99Ms')];
    case 'cost-performance':
      return asked || study.kind === 'overlay' ? costFigures(study) : [];
    case 'quality-frontier':
      if (x === undefined) return asked ? [{ name: 'quality-frontier', headline: 'Quality frontier', reason: 'it takes a swept key' }] : [];
      return ['exactAnswers', 'perplexityIncrease'].map((quality) => qualityFrontier(study, x, y, quality)).filter((figure) => asked || !isOmission(figure));
    case 'hop-distribution':
      return asked || study.kind === 'overlay' ? [hopDistribution(study)] : [];
    case 'source-speedup':
      return asked || hasSourceSpeedup(study) ? [sourceSpeedup(study)] : [];
    case 'series': {
      const names = seriesNames(study);
      if (asked) return names.length === 0 ? [{ name: 'series', headline: 'Time lines', reason: 'no trial saved a time line' }] : names.map((name) => timeSeries(study, name));
      return scheduledFaults(study.config).length === 0 ? [] : names.slice(0, MOST_SERIES).map((name) => timeSeries(study, name));
    }
  }
}

/** One metric against the first swept key, with the second as panels; against each further key alone; by system without a sweep. */
function metric(study: Study, name: string): (FigureDraft | Omission)[] {
  const x = study.variables.at(0);
  if (x === undefined) return [metricBySystem(study, name)];
  const y = study.variables.at(1);
  if (y !== undefined && !isCrossed(study, x, y)) return study.variables.map((variable) => metricByVariable(study, name, variable));
  return [metricByVariable(study, name, x, y), ...study.variables.slice(2).map((variable) => metricByVariable(study, name, variable))];
}

function unique(drafts: readonly (FigureDraft | Omission)[]): (FigureDraft | Omission)[] {
  return drafts.filter((draft, i) => drafts.findIndex((d) => d.name === draft.name) === i);
}
