import type { Cell } from '../../experiments/results/trial-result.ts';
import { pairedComparison } from '../statistics/paired-difference.ts';
import { formatNumber, formatRange } from '../study/number-format.ts';
import { type Study, bySeed, configValue, slice } from '../study/study.ts';
import { parseSweptQuantity, settingTitle } from '../study/swept-variable.ts';
import type { FigureDraft, Omission } from './figure.ts';
import { intervalNote } from './figure-text.ts';
import { systemItem } from './legend.ts';
import { linearScale } from './scales.ts';
import { styleSystems } from './system-style.ts';
import { LIGHT } from './theme.ts';
import { type VariableRow, variableView } from './variable-chart.ts';

const SOURCES = 'fetch.sources';
const CONNECTIONS = 'fetch.connectionsPerPeer';
const METRIC = 'transferMs';
const NAME = 'source-speedup';
const HEADLINE = 'Speedup of transfers by sources, and by connections to one source';
const SEVERAL = 'k sources, one connection each';
const ONE = 'one source, k connections';
const BOUND = { [SEVERAL]: 'bound of k sources', [ONE]: 'bound of one source' } as const;

/** Whether a study sweeps both what the figure is about. */
export function hasSourceSpeedup(study: Study): boolean {
  return [SOURCES, CONNECTIONS].every((key) => study.variables.some((v) => v.key === key));
}

/**
 * Time of transfers with one source and one connection ÷ time with k, for k sources and for k connections to one source, with the bound
 * that the rates of links and drives set: what k streams of k holders, or of one, can carry at most into one receiver. Each further swept key
 * with its values gives panels; only the first is used.
 */
export function sourceSpeedup(study: Study): FigureDraft | Omission {
  const system = study.systems.find(({ name }) => name === 'p2p');
  const sources = study.variables.find((v) => v.key === SOURCES);
  const connections = study.variables.find((v) => v.key === CONNECTIONS);
  if (system === undefined || sources === undefined || connections === undefined) return { name: NAME, headline: HEADLINE, reason: `it takes p2p, and sweeps of ${SOURCES} and ${CONNECTIONS}` };
  const panels = study.variables.find((v) => v !== sources && v !== connections);
  const cells = slice(study, [sources, connections, ...(panels === undefined ? [] : [panels])]);
  const rows: VariableRow[] = [];
  const bounds: VariableRow[] = [];
  for (const regime of panels?.values ?? [undefined]) {
    const inRegime = cells.filter((cell) => panels === undefined || cell[panels.key] === regime!.raw);
    const at = (k: number, m: number): Cell | undefined => inRegime.find((cell) => cell[SOURCES] === k && cell[CONNECTIONS] === m);
    const alone = at(1, 1);
    if (alone === undefined) continue;
    const panel = panels === undefined ? '' : settingTitle(panels, regime!.raw);
    for (const { number: k = Number.NaN } of sources.values) {
      for (const [line, cell] of [[SEVERAL, at(k, 1)], [ONE, at(1, k)]] as const) {
        if (cell === undefined) continue;
        const { ratio } = pairedComparison(bySeed(study, alone, system.name, METRIC), bySeed(study, cell, system.name, METRIC));
        const finite = Number.isFinite(ratio.low) && Number.isFinite(ratio.high) && k > 1;
        rows.push({ system: line, x: k, panel, value: ratio.estimate, low: finite ? ratio.low : null, high: finite ? ratio.high : null });
      }
    }
    const rates = ratesOf(study, alone);
    if (rates === undefined) continue;
    const last = Math.max(...sources.values.map(({ number = 1 }) => number));
    for (const line of [SEVERAL, ONE] as const) for (const k of kinks(rates, last)) bounds.push({ system: BOUND[line], x: k, panel, value: boundOf(rates, line, k), low: null, high: null, beside: 'curve' });
  }
  if (rows.length === 0) return { name: NAME, headline: HEADLINE, reason: 'no trial with one source and one connection reports the time of transfers' };
  const drawn = [...rows, ...bounds];
  const styles = styleSystems([{ name: 'p2p', label: SEVERAL }, { name: 'one-source', label: ONE }]);
  const chart = {
    variable: { ...sources, label: 'sources, or connections to one source (k)' }, systems: styles, rows: drawn, columns: 1, panelHeightPx: panels === undefined ? 230 : 150,
    scale: linearScale(0, 1.05 * Math.max(...drawn.flatMap(({ value, high }) => [value, high ?? value]))),
    yTitle: 'Times as fast', panels: panels === undefined ? [] : panels.values.map((v) => settingTitle(panels, v.raw)),
  };
  const told = (row: VariableRow): string => `${formatNumber(row.value)} times with ${row.x} (${row.system})`;
  return {
    name: NAME, kind: 'source-speedup', headline: HEADLINE, rows: drawn,
    view: (plotWidthPx) => variableView(chart, plotWidthPx),
    legend: [...styles.map(systemItem), ...(bounds.length === 0 ? [] : [{ label: 'bounds: k sources above, one source below', colour: LIGHT.axis, shape: 'line' }])],
    filterField: 'system',
    tips: drawn.map((row) => [row.system, `k ${row.x}`, `${formatNumber(row.value)} times as fast`]),
    conditions: 'Mean critical-path time of transfers, relative to one source and one connection. Dashed: what streams, uplinks, drives and the receiver allow.',
    interval: intervalNote(study, rows.some((r) => r.low !== null)),
    description: `Speedup of transfers against k: ${rows.filter((r) => r.x !== 1).map(told).join('; ')}.`,
    table: {
      head: ['k', ...(panels === undefined ? [] : ['Regime']), 'Line', 'Times as fast', '95 % interval', 'Bound'],
      rows: rows.map((r) => [
        String(r.x), ...(panels === undefined ? [] : [r.panel]), r.system, formatNumber(r.value), r.low === null || r.high === null ? '–' : formatRange(r.low, r.high, ''),
        formatNumber(bounds.find((b) => b.panel === r.panel && b.system === BOUND[r.system as keyof typeof BOUND] && b.x === r.x)?.value ?? Number.NaN),
      ]),
    },
  };
}

/** Rates in bits per second; Infinity where nothing limits. */
interface Rates {
  readonly stream: number;
  readonly up: number;
  readonly down: number;
  /** The tier that segments are read from. */
  readonly drive: number;
}

/** k streams of one holder share its uplink and its drive; k holders share nothing but the receiver. */
function boundOf({ stream, up, down, drive }: Rates, line: typeof SEVERAL | typeof ONE, k: number): number {
  const holder = (streams: number): number => Math.min(streams * stream, up, drive);
  const most = line === SEVERAL ? k * holder(1) : holder(k);
  return Math.min(most, down) / Math.min(holder(1), down);
}

/** Whole k from 1 on, and where a bound bends. */
function kinks({ stream, up, down, drive }: Rates, last: number): number[] {
  const holder = Math.min(stream, up, drive);
  const bends = [down / holder, Math.min(up, drive, down) / stream].filter((k) => k > 1 && k < last);
  return [...new Set([...Array.from({ length: last }, (_, i) => i + 1), ...bends])].sort((a, b) => a - b);
}

/** What a cell's config says; segments are read from drives where nodes have no memory for them. */
function ratesOf(study: Study, cell: Cell): Rates | undefined {
  const read = (key: string): number | undefined => {
    const raw = Object.hasOwn(cell, key) ? cell[key] : configValue(study.config, key);
    if (raw === 'none') return Infinity;
    const quantity = parseSweptQuantity((typeof raw === 'string' || typeof raw === 'number' ? raw : null));
    return quantity === undefined ? undefined : quantity.value * quantity.perUnit;
  };
  const [stream, up, down, ram, ssd, memory] = ['network.connectionCap', 'network.up', 'network.down', 'cluster.ram.bandwidth', 'cluster.ssd.read', 'cluster.memory'].map(read);
  if ([stream, up, down, ram, ssd, memory].includes(undefined)) return undefined;
  return { stream: stream!, up: up!, down: down!, drive: 8 * (memory === 0 ? ssd! : ram!) };
}
