import { metricOf, requireMetric } from '../study/metric.ts';
import { formatCount, formatMeasure, formatNumber } from '../study/number-format.ts';
import { findRow, slice } from '../study/study.ts';
import { publishedValues } from '../figures/beside.ts';
import { type Prose, listed, prose, sourced } from '../prose/inline.ts';
import { cellOf, estimate, labelOf, metricWords, reckoned, settingOf, sourceIn, unitBeside } from '../prose/quantities.ts';
import { fitLogarithm } from '../statistics/logarithmic-fit.ts';
import { systemList } from './duels.ts';
import { type Teller, type Told, note, notReported } from './told.ts';

/** Whether every measured lookup ended at the owner, protocol by protocol. */
export const correctness: Teller = (study) => {
  const systems = study.systems.flatMap((system) => {
    const settings = study.cells.flatMap((cell) => {
      const share = estimate(study, cell, system.name, 'failedShare');
      return share === undefined ? [] : [{ cell, share }];
    });
    if (settings.length === 0) return [];
    return [{ system, settings, worst: settings.reduce((a, b) => (b.share.value! > a.share.value! ? b : a)) }];
  });
  if (systems.length === 0) return [notReported('failedShare')];
  const [right, wrong] = [systems.filter(({ worst }) => worst.share.value === 0), systems.filter(({ worst }) => worst.share.value !== 0)];
  const count = reckoned(study, study.cells.length, '', 'failedShare in all settings');
  return [
    ...wrong.map(({ system, settings, worst }): Told => {
      const failing = reckoned(study, settings.filter(({ share }) => share.value! > 0).length, '', 'settings with failedShare above 0', system.name);
      return { kind: 'loss', text: prose`${labelOf(study, system.name)} fails or misdirects lookups in ${failing} of ${count} settings, most at ${settingOf(study, worst.cell)}: ${worst.share}.` };
    }),
    ...(right.length === 0 ? [] : [note(prose`With ${systemList(study, right.map(({ system }) => system))} every measured lookup ended at the ground-truth owner in all ${count} settings.`)]),
  ];
};

/** How far ours are from the published values that the config states. */
export function published(metricName: string): Teller {
  return (study) => {
    const unit = unitBeside(requireMetric(metricName));
    const found = publishedValues(study, metricName).flatMap(({ series, cell, value }) => {
      const ours = estimate(study, cell, series.system, metricName);
      return ours === undefined || !study.systems.some(({ name }) => name === series.system) ? [] : [{ system: series.system, cell, value, ours }];
    });
    if (found.length === 0) return [];
    const gap = (each: (typeof found)[number]): number => Math.abs(each.ours.value! - each.value);
    const far = found.reduce((a, b) => (gap(b) > gap(a) ? b : a));
    const theirs = sourced(formatMeasure(far.value, unit), sourceIn(study, 'manifest', `published ${metricName}`, cellOf(study, far.system, far.cell)), far.value);
    if (found.length === 1) return [note(prose`Beside the published ${metricWords(metricName)} of ${theirs}, ours is ${far.ours}.`)];
    const count = sourced(formatCount(found.length), sourceIn(study, 'manifest', `published ${metricName}`), found.length);
    return [note(prose`Beside ${count} published values of ${metricWords(metricName)}, ours are farthest apart for ${labelOf(study, far.system)} at ${settingOf(study, far.cell)}: ours ${far.ours}, published ${theirs}.`)];
  };
}

/** Hops per doubling of the nodes, from a fit of a + b · log N. */
export const growth: Teller = (study) => {
  const nodes = study.variables.find((v) => v.key === 'nodes');
  if (nodes === undefined) return [];
  const fits = study.systems.flatMap(({ name }): Prose[] => {
    const points = slice(study, [nodes]).flatMap((cell) => {
      const hops = metricOf(findRow(study, cell, name), 'hopsMean');
      const x = nodes.values.find((v) => v.raw === cell[nodes.key])?.number;
      return hops === undefined || x === undefined || x < 1 ? [] : [{ x, y: hops.mean }];
    });
    const fit = fitLogarithm(points);
    if (fit === undefined) return [];
    const source = sourceIn(study, 'summary', 'hopsMean, least squares against the logarithm of the nodes', cellOf(study, name, undefined));
    return [prose`${sourced(formatNumber(fit.perDoubling), source, fit.perDoubling)} with ${labelOf(study, name)} (r² ${sourced(formatNumber(fit.rSquared, 4), source, fit.rSquared)})`];
  });
  return fits.length === 0 ? [] : [note(prose`Hops added by each doubling of the nodes, by least squares over all sizes: ${listed(fits)}.`)];
};
