import { capital, formatRange, formatSeeds } from '../study/number-format.ts';
import type { Study } from '../study/study.ts';
import { cutText, textWidthPx } from './font.ts';
import { TEXT_PX } from './theme.ts';

/** What the whiskers are; 'one seed, so no interval' where there are none. */
export function intervalNote(study: Study, drawn: boolean): string {
  const n = study.manifest.seeds.length;
  if (drawn) return `Mean of ${n} seeds, 95\u00A0% t\u00A0intervals`;
  return n > 1 ? `Mean of ${n} seeds` : 'One seed, so no interval';
}

/** Seeds and config hash, as they stand under every figure. */
export function provenance(study: Study): string {
  const { seeds, configHash } = study.manifest;
  return `seed${seeds.length === 1 ? '' : 's'}\u00A0${formatSeeds(seeds).replaceAll(' ', '\u00A0')} · config\u00A0${configHash.slice(0, 12)}`;
}

/** '95 % interval 12.3–45.6 ms' as a line of a tooltip; none where the interval is unbounded. */
export function intervalTip(low: number, high: number, unit: string): string[] {
  return Number.isFinite(low) && Number.isFinite(high) ? [`95 % interval ${formatRange(low, high, unit)}`] : [];
}

/**
 * The title of an axis with a metric: its label and unit, without a unit that the label says already ('Mean hops'); the unit alone where
 * both do not fit, since the headline names the metric.
 *
 * @param log whether the axis will say that it is logarithmic, which takes room too
 */
export function axisTitleOf(label: string, unit: string, log: boolean, roomPx: number): string {
  const room = log ? roomPx - textWidthPx(' (log scale)', TEXT_PX) : roomPx;
  const whole = unit === '' || label.toLowerCase().split(' ').includes(unit.toLowerCase()) ? label : `${label} (${unit})`;
  if (textWidthPx(whole, TEXT_PX) <= room) return whole;
  if (unit === '' || unit === whole) return cutText(label, room, TEXT_PX);
  const kind = KINDS.get(unit);
  const named = kind === undefined ? '' : `${kind} (${unit})`;
  if (kind !== undefined && textWidthPx(named, TEXT_PX) <= room) return named;
  // A symbol means something else in capitals.
  return cutText(/^\p{L}{4,}/u.test(unit) ? capital(unit) : unit, room, TEXT_PX);
}

/** What is measured in units whose symbols say nothing at the head of an axis. */
const KINDS: ReadonlyMap<string, string> = new Map([['%', 'Share'], ['ms', 'Time'], ['s', 'Time'], ['B', 'Size'], ['B/s', 'Rate']]);

/** `ttftMeanMs` → 'ttft', `ttftP95Ms` → 'ttft-p95', `gpuUtilisation` → 'gpu-utilisation'. */
export function metricSlug(name: string): string {
  return name.replace(/Ms$/, '').replace(/Mean$/, '').replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}
