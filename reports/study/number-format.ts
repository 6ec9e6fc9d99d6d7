/** Numbers as a reader wants them: three significant digits, a unit near one, the same text on every machine. */

const NBSP = '\u00A0';

/** Rounded to `digits` significant digits, so that last bits that differ between JavaScript engines never reach a file. */
export function roundSignificant(value: number, digits = 6): number {
  if (!Number.isFinite(value) || value === 0) return value;
  return Number(value.toPrecision(digits));
}

/** A plain number with `digits` significant digits, thousands parted by commas: 0.0123, 4.56, 789, 12,300. */
export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return 'n/a';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const magnitude = Number(value.toExponential(digits - 1).split('e')[1]);
  if (magnitude < -4 || magnitude >= 15) return value.toExponential(digits - 1).replace('e', '·10^').replace('^+', '^').replaceAll('-', '−');
  const text = Math.abs(roundSignificant(value, digits)).toFixed(Math.max(0, digits - 1 - magnitude));
  const [whole, fraction] = text.split('.') as [string, string | undefined];
  return `${value < 0 ? '−' : ''}${groupThousands(whole)}${fraction === undefined ? '' : `.${fraction}`}`;
}

function groupThousands(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A whole number, thousands parted by commas: 1,048,576. */
export function formatCount(value: number): string {
  return Number.isSafeInteger(value) ? `${value < 0 ? '−' : ''}${groupThousands(String(Math.abs(value)))}` : formatNumber(value);
}

/** A unit to show a metric in: `shown = value · factor`. */
export interface DisplayUnit {
  readonly unit: string;
  readonly factor: number;
}

const BYTES: readonly DisplayUnit[] = [
  { unit: 'TB', factor: 1e-12 }, { unit: 'GB', factor: 1e-9 }, { unit: 'MB', factor: 1e-6 }, { unit: 'kB', factor: 1e-3 }, { unit: 'B', factor: 1 },
];
const MILLISECONDS: readonly DisplayUnit[] = [{ unit: 's', factor: 1e-3 }, { unit: 'ms', factor: 1 }, { unit: 'µs', factor: 1e3 }];

/** The unit in which values up to `largest` (in the metric's own unit) read best. */
export function displayUnit(unit: string, largest: number): DisplayUnit {
  const size = Math.abs(largest);
  if (unit === 'fraction') return { unit: '%', factor: 100 };
  if (unit === 'B') return BYTES.find((u) => size * u.factor >= 1) ?? BYTES.at(-1)!;
  if (unit === 'ms') {
    if (size >= 10_000) return MILLISECONDS[0];
    return size > 0 && size < 0.1 ? MILLISECONDS[2] : MILLISECONDS[1];
  }
  return { unit, factor: 1 };
}

/** Value with its unit: `61.2 %`, `1.24 s`, `212 ms`. Times of a second or more are given in seconds. */
export function formatMeasure(value: number, unit: string, digits = 3): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  const shown = unit === 'ms' && Math.abs(value) >= 1000 ? MILLISECONDS[0] : displayUnit(unit, value);
  const text = formatNumber(value * shown.factor, digits);
  return shown.unit === '' ? text : `${text}${NBSP}${shown.unit}`;
}

/** `12.3–45.6 ms`: an interval in one unit; 'no interval' where it is unbounded. */
export function formatRange(low: number, high: number, unit: string, digits = 3): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return 'no interval';
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const shown = unit === 'ms' && largest >= 1000 ? MILLISECONDS[0] : displayUnit(unit, largest);
  const separator = low < 0 || high < 0 ? ' to ' : '–';
  const text = `${formatNumber(low * shown.factor, digits)}${separator}${formatNumber(high * shown.factor, digits)}`;
  return shown.unit === '' ? text : `${text}${NBSP}${shown.unit}`;
}

/** `946 ms [874–1,020]`: an estimate and its interval in one unit, with as many decimals as the estimate; no bracket without an interval. */
export function formatEstimate(estimate: number, low: number, high: number, unit: string): string {
  const text = formatMeasure(estimate, unit);
  if (!Number.isFinite(estimate) || !Number.isFinite(low) || !Number.isFinite(high)) return text;
  const shown = unit === 'ms' && Math.abs(estimate) >= 1000 ? MILLISECONDS[0] : displayUnit(unit, estimate);
  const decimals = /\.(\d+)/.exec(text)?.[1]!.length ?? 0;
  const fixed = (value: number): string => {
    const [whole, fraction] = Math.abs(value * shown.factor).toFixed(decimals).split('.') as [string, string | undefined];
    const sign = value < 0 && Number(`${whole}.${fraction ?? 0}`) > 0 ? '−' : '';
    return `${sign}${groupThousands(whole)}${fraction === undefined ? '' : `.${fraction}`}`;
  };
  return `${text} [${fixed(low)}${low < 0 || high < 0 ? ' to ' : '–'}${fixed(high)}]`;
}

/** 'a', 'a and b', 'a, b and c'. */
export function joinWords(words: readonly string[], last: 'and' | 'or' = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`;
}

/** `1–5` for whole numbers in a row, else the list; the first three and the last of more than eight. */
export function formatSeeds(seeds: readonly string[]): string {
  const numbers = seeds.map((seed) => (/^\d{1,9}$/.test(seed) ? Number(seed) : NaN));
  const run = seeds.length > 2 && numbers.every((n, i) => i === 0 || n === numbers[i - 1] + 1) && !Number.isNaN(numbers[0]);
  if (run) return `${seeds[0]}–${seeds.at(-1)!}`;
  if (seeds.length > 8) return `${seeds.slice(0, 3).join(', ')}, … ${seeds.at(-1)!} (${seeds.length})`;
  return seeds.join(', ');
}

/** The first letter in upper case. */
export function capital(text: string): string {
  return text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}
