/** One request as aligned text: what it asked, where its time went, and how it fared under the other systems. */
import { formatMeasure, formatNumber } from '../../reports/study/number-format.ts';
import { textTable } from '../cli/text-table.ts';
import { oneLine } from '../config/config-error.ts';
import { describeCell } from '../config/resolve.ts';
import type { Manifest } from '../results/manifest.ts';
import { findMetric } from '../results/metrics.ts';
import { ATTRIBUTION_PARTS, HIDDEN_PARTS } from '../results/query-columns.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { FoundRequest } from './find-request.ts';

const NS_PER_MS = 1e6;
/** Characters of the waterfall. */
const BAR = 40;

/**
 * @param others the same request of the same seed and setting under the other systems
 */
export function storyText(manifest: Manifest, found: FoundRequest, others: readonly FoundRequest[], width: number): string {
  const { trial, columns: c, rank, measured } = found;
  const label = (system: string): string => oneLine(manifest.systems.find(({ name }) => name === system)?.label ?? system);
  const setting = Object.keys(trial.key.cell).length === 0 ? '' : `, ${oneLine(describeCell(trial.key.cell))}`;
  const shared = trial.sharedWith === undefined ? '' : ` (served by the run of trial ${trial.sharedWith}, which differs in nothing that the system reads)`;
  const decodeNs = c['e2eNs'] - c['ttftNs'];
  const facts: [string, string][] = [
    ['Arrived', `at ${formatNumber(c['arrivalNs'] / SECOND, 6)} s, served by node ${c['node']}`],
    ['Prompt', `${whole(c['promptTokens'])} tokens`],
    ['Cached units', `${c['unitsLocal']} found on the node, ${c['unitsRemote']} fetched, ${c['unitsMissed']} recomputed`],
    ['Fetched', c['bytesFetched'] === 0 ? 'nothing' : `${formatMeasure(c['bytesFetched'], 'B')} from ${plural(c['sources'], 'holder')} at once, found in ${plural(c['hops'], 'overlay hop')}`],
    ['First token', `after ${milliseconds(c['ttftNs'])}: rank ${whole(rank)} of ${whole(measured)} (faster than ${formatNumber((100 * (measured - rank)) / measured)} % of the measured requests)`],
    ['Decode', `${plural(c['outputTokens'], 'token')} in all, the last ${milliseconds(decodeNs)} after the first${c['outputTokens'] > 1 ? ` (${milliseconds(decodeNs / (c['outputTokens'] - 1))} a token)` : ''}`],
    ['Last token', `after ${milliseconds(c['e2eNs'])}`],
  ];
  return [
    `Request ${c['request']} of trial ${trial.key.index}: ${label(trial.key.system)}${setting}, seed ${oneLine(trial.key.seed)}${shared}`,
    '',
    ...facts.map(([name, text]) => `${name.padEnd(13)} ${text}`),
    '',
    'Where its time to first token went, by critical path',
    '',
    waterfall(c, width),
    ...(others.length === 0 ? [] : ['', 'The same request under every system', '', comparison([found, ...others], manifest, label, width)]),
  ].join('\n');
}

/** Parts in the order of a request's life, each where it lies; then work hidden behind them, which has a length but no place. */
function waterfall(c: Readonly<Record<string, number>>, width: number): string {
  const total = c['ttftNs'];
  let start = 0;
  const place = (ns: number): number => (total === 0 ? 0 : Math.round((BAR * ns) / total));
  const parts = ATTRIBUTION_PARTS.flatMap((part) => {
    const ns = c[`${part}Ns`];
    const from = place(start);
    start += ns;
    if (ns === 0) return [];
    const length = Math.max(1, place(start) - from);
    return [[partLabel(`${part}Ms`), milliseconds(ns), share(ns, total), `${'·'.repeat(Math.min(from, BAR - 1))}${'█'.repeat(length)}`]];
  });
  const hidden = HIDDEN_PARTS.flatMap((part) => {
    const name = `hidden${part[0].toUpperCase()}${part.slice(1)}`;
    const ns = c[`${name}Ns`];
    return ns === 0 ? [] : [[partLabel(`${name}Ms`), milliseconds(ns), '', '░'.repeat(Math.min(BAR, Math.max(1, place(ns))))]];
  });
  const sum = [['Time to first token', milliseconds(total), share(total, total), '']];
  return textTable([{ head: 'Part' }, { head: 'Time', align: 'right' }, { head: 'Share', align: 'right' }, { head: `0 ${'─'.repeat(BAR - 4)} TTFT` }], [...parts, ...sum, ...hidden], width);
}

function comparison(requests: readonly FoundRequest[], manifest: Manifest, label: (system: string) => string, width: number): string {
  const order = manifest.systems.map(({ name }) => name);
  const sorted = [...requests].sort((a, b) => order.indexOf(a.trial.key.system) - order.indexOf(b.trial.key.system));
  return textTable(
    [{ head: 'System' }, { head: 'TTFT', align: 'right' }, { head: 'Last token', align: 'right' }, { head: 'Local', align: 'right' }, { head: 'Fetched', align: 'right' }, { head: 'Recomputed', align: 'right' }, { head: 'Mostly' }],
    sorted.map(({ trial, columns: c }) => {
      const longest = ATTRIBUTION_PARTS.reduce((a, b) => (c[`${b}Ns`] > c[`${a}Ns`] ? b : a));
      return [label(trial.key.system), milliseconds(c['ttftNs']), milliseconds(c['e2eNs']), String(c['unitsLocal']), String(c['unitsRemote']), String(c['unitsMissed']), `${partLabel(`${longest}Ms`)} ${share(c[`${longest}Ns`], c['ttftNs'])}`];
    }),
    width,
  );
}

function partLabel(metric: string): string {
  return findMetric(metric)!.label;
}

function milliseconds(ns: number): string {
  return formatMeasure(ns / NS_PER_MS, 'ms', 4);
}

function share(ns: number, total: number): string {
  return total === 0 ? '–' : formatMeasure(ns / total, 'fraction');
}

function whole(n: number): string {
  return n.toLocaleString('en-US');
}

function plural(n: number, noun: string): string {
  return `${whole(n)} ${noun}${n === 1 ? '' : 's'}`;
}
