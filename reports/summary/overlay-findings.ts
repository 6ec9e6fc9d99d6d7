import type { Cell } from '../../experiments/results/trial-result.ts';
import { publishedValues } from '../figures/beside.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import { pairedComparison } from '../statistics/paired-difference.ts';
import { fitLogarithm } from '../statistics/logarithmic-fit.ts';
import { metricOf, requireMetric } from '../study/metric.ts';
import { capital, formatMeasure, formatNumber, joinWords } from '../study/number-format.ts';
import { type Study, bySeed, describeCell, findRow, heldSettings, slice } from '../study/study.ts';
import { change } from './change.ts';
import { effectFindings } from './effect-findings.ts';
import type { Finding } from './finding.ts';

/** Where each protocol is worst is told on these, in this order. */
const RANKED = ['failedShare', 'lookupP50Ms', 'hopsMean', 'messagesPerLookup', 'maintenanceBytesPerNode', 'joinMessages'] as const;

/** A study of overlay protocols in plain sentences, computed from the numbers alone: failures first, then where each protocol loses. */
export function overlayFindings(study: Study): Finding[] {
  return [...failures(study), ...rankings(study), ...growth(study), ...beside(study), ...effectFindings(study, 'lookupMeanMs')];
}

/** Which lookups failed or went wrong, protocol by protocol. */
function failures(study: Study): Finding[] {
  return study.systems.flatMap((system): Finding[] => {
    const settings = study.cells.flatMap((cell) => {
      const share = metricOf(findRow(study, cell, system.name), 'failedShare');
      return share === undefined ? [] : [{ cell, share: share.mean }];
    });
    if (settings.length === 0) return [];
    const failing = settings.filter(({ share }) => share > 0);
    const many = settings.length === 1 ? '' : ` in all ${settings.length} settings`;
    if (failing.length === 0) return [{ kind: 'note', text: `${system.label}: every measured lookup ended at the ground-truth owner${many}.` }];
    const worst = failing.reduce((a, b) => (b.share > a.share ? b : a));
    const where = describeCell(study, worst.cell);
    const count = settings.length === 1 ? '' : ` in ${failing.length} of ${settings.length} settings; most`;
    return [{ kind: 'loss', text: `${system.label} fails or misdirects lookups${count === '' ? ':' : `${count},`} ${formatMeasure(worst.share, 'fraction')}${where === '' ? '' : ` at ${where}`}.` }];
  });
}

/** For each metric the order of the protocols at the reference setting, and by how much the worst loses to the best. */
function rankings(study: Study): Finding[] {
  const cell = study.reference;
  const held = heldSettings(study, []);
  return RANKED.flatMap((name): Finding[] => {
    const metric = requireMetric(name);
    const ranked = study.systems
      .flatMap((system) => {
        const value = metricOf(findRow(study, cell, system.name), name);
        return value === undefined ? [] : [{ system, mean: value.mean }];
      })
      .sort((a, b) => a.mean - b.mean);
    if (ranked.length < 2 || ranked[0].mean === ranked.at(-1)!.mean) return [];
    const [best, worst] = [ranked[0], ranked.at(-1)!];
    const list = joinWords(ranked.map(({ system, mean }) => `${system.label} ${formatMeasure(mean, metric.unit)}`));
    const lost = verdict(study, cell, worst.system, best.system, name);
    return [{ kind: lost === undefined ? 'unclear' : 'loss', text: `${capital(metric.label)}${held === '' ? '' : ` at ${held}`}: ${list}.${lost === undefined ? '' : ` ${worst.system.label} loses: ${lost} than that of ${best.system.label}.`}`.replace(/times as (long|high)(.*?) than that of/, 'times as $1$2 as that of') }];
  });
}

/** The difference in words where its interval excludes zero. */
function verdict(study: Study, cell: Cell, worse: SystemStyle, better: SystemStyle, metric: string): string | undefined {
  const { difference, ratio } = pairedComparison(bySeed(study, cell, worse.name, metric), bySeed(study, cell, better.name, metric));
  return difference.low > 0 && Number.isFinite(ratio.estimate) ? change(ratio, metric) : undefined;
}

/** How hops and messages grow with the logarithm of the nodes. */
function growth(study: Study): Finding[] {
  const nodes = study.variables.find((v) => v.key === 'nodes');
  if (nodes === undefined) return [];
  const fits = study.systems.flatMap((system) => {
    const points = slice(study, [nodes]).flatMap((cell) => {
      const hops = metricOf(findRow(study, cell, system.name), 'hopsMean');
      const x = nodes.values.find((v) => v.raw === cell['nodes'])?.number;
      return hops === undefined || x === undefined || x < 1 ? [] : [{ x, y: hops.mean }];
    });
    const fit = fitLogarithm(points);
    return fit === undefined ? [] : [`${system.label} ${formatNumber(fit.perDoubling)} (r² ${formatNumber(fit.rSquared, 4)})`];
  });
  if (fits.length === 0) return [];
  return [{ kind: 'note', text: `Hops per doubling of the nodes, from a fit of a + b · log₂ N over ${nodes.values[0].text} … ${nodes.values.at(-1)!.text} nodes: ${joinWords(fits)}.` }];
}

/** How far ours are from the published values that the config states, metric by metric. */
function beside(study: Study): Finding[] {
  const metrics = [...new Set((study.manifest.published ?? []).map(({ metric }) => metric))];
  return metrics.flatMap((name): Finding[] => {
    const metric = requireMetric(name);
    const found = publishedValues(study, name).flatMap(({ series, cell, value }) => {
      const ours = metricOf(findRow(study, cell, series.system), name);
      const system = study.systems.find((s) => s.name === series.system);
      return ours === undefined || system === undefined ? [] : [{ system, cell, value, ours: ours.mean }];
    });
    if (found.length === 0) return [];
    const farthest = found.reduce((a, b) => (Math.abs(b.ours - b.value) > Math.abs(a.ours - a.value) ? b : a));
    const where = describeCell(study, farthest.cell);
    return [{
      kind: 'note',
      text: `${capital(metric.label)} beside ${found.length} published ${found.length === 1 ? 'value' : 'values'}: farthest apart ${farthest.system.label}${where === '' ? '' : ` at ${where}`}, ours ${formatMeasure(farthest.ours, metric.unit)}, published ${formatMeasure(farthest.value, metric.unit)}.`,
    }];
  });
}
