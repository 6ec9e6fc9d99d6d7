import type { CellValue } from '../../experiments/results/trial-result.ts';
import { capital, formatNumber } from './number-format.ts';
import { shortText } from './printable.ts';
import { variableLabel, variableSlug } from './variable-names.ts';

export interface SweptValue {
  readonly raw: CellValue;
  /** For people: `40 Gbps`, `64 GiB`, `none`. */
  readonly text: string;
  /** Number in the variable's unit; undefined where the value is a word. */
  readonly number?: number;
}

/** One swept config key, ready for an axis. */
export interface SweptVariable {
  readonly key: string;
  readonly label: string;
  /** Unique within a study; safe in file names. */
  readonly slug: string;
  /** Unit of the numbers, '' where they have none. */
  readonly unit: string;
  /** True where every value is a number in a common unit: the variable goes on a quantitative axis. */
  readonly numeric: boolean;
  /** In rising order if numeric, else as the config lists them. */
  readonly values: readonly SweptValue[];
}

/** Base units per unit, by family. Values of one family can share an axis. */
const FAMILIES: readonly { readonly family: string; readonly units: Readonly<Record<string, number>> }[] = [
  { family: 'time', units: { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, min: 6e10, h: 3.6e12, d: 8.64e13 } },
  { family: 'bits per second', units: { bps: 1, kbps: 1e3, Mbps: 1e6, Gbps: 1e9, Tbps: 1e12 } },
  { family: 'bytes', units: { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KiB: 1024, MiB: 1_048_576, GiB: 1_073_741_824, TiB: 1_099_511_627_776 } },
  { family: 'bytes per second', units: { 'B/s': 1, 'kB/s': 1e3, 'MB/s': 1e6, 'GB/s': 1e9, 'TB/s': 1e12, 'KiB/s': 1024, 'MiB/s': 1_048_576, 'GiB/s': 1_073_741_824 } },
  { family: 'rate', units: { '/s': 1, '/min': 1 / 60, '/h': 1 / 3600 } },
  { family: 'count', units: { '': 1 } },
];

interface Quantity {
  readonly value: number;
  readonly unit: string;
  readonly family: string;
  readonly perUnit: number;
}

/** Reads `40Gbps`, `10ms`, `2/s`, `3` or 3; undefined for words. A bare zero, `0`, is read as a count. */
export function parseSweptQuantity(raw: CellValue): Quantity | undefined {
  if (typeof raw === 'number') return Number.isFinite(raw) ? { value: raw, unit: '', family: 'count', perUnit: 1 } : undefined;
  if (typeof raw !== 'string') return undefined;
  const match = /^(-?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,2})?)\s*([A-Za-zµ/]*)$/u.exec(raw.trim());
  if (match === null) return undefined;
  const unit = match[2] === 'us' ? 'µs' : match[2];
  for (const { family, units } of FAMILIES) {
    const perUnit = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (perUnit !== undefined) return { value: Number(match[1]), unit, family, perUnit };
  }
  return undefined;
}

/** Longest text of a value; a swept object can be a long line of YAML. */
const MOST_CHARACTERS = 40;

/** A swept value for people: a no-break space between number and unit, long texts cut, everything else as it stands. */
export function sweptText(raw: CellValue): string {
  const quantity = parseSweptQuantity(raw);
  if (quantity === undefined) return raw === null ? 'none' : shortText(String(raw), MOST_CHARACTERS);
  const number = formatNumber(quantity.value, Number.isInteger(quantity.value) ? 15 : 6).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  return quantity.unit === '' || quantity.unit.startsWith('/') ? `${number}${quantity.unit}` : `${number}\u00A0${quantity.unit}`;
}

/** Describes one swept key from its values; `taken` holds the slugs already in use. */
export function sweptVariable(key: string, values: readonly CellValue[], taken: Set<string>): SweptVariable {
  let slug = variableSlug(key);
  for (let i = 2; taken.has(slug); i++) slug = `${variableSlug(key)}-${i}`;
  taken.add(slug);
  const distinct = [...new Set(values)];
  const quantities = distinct.map(parseSweptQuantity);
  const first = quantities[0];
  const common = first !== undefined && quantities.every((q) => q?.family === first.family);
  const base = { key, label: shortText(variableLabel(key), MOST_CHARACTERS), slug };
  if (!common) return { ...base, unit: '', numeric: false, values: distinctTexts(distinct) };
  // The unit of the largest value as the config writes it: 10 Gbps … 100 Gbps, not 10 000 Mbps.
  const sizes = quantities.map((q) => q!.value * q!.perUnit);
  const largest = readableUnit(quantities.map((q) => q!), sizes);
  const ordered = distinct
    .map((raw, i): SweptValue & { number: number } => ({ raw, text: sweptText(raw), number: Number((sizes[i] / largest.perUnit).toPrecision(12)) }))
    .sort((a, b) => a.number - b.number);
  return { ...base, unit: largest.unit === '/s' ? 'per second' : largest.unit, numeric: true, values: ordered };
}

/** The largest unit in use in which every value is short: 1,000 s and 8 h share an axis in seconds. Of none, that of the largest value. */
function readableUnit(quantities: readonly Quantity[], sizes: readonly number[]): Quantity {
  const largest = quantities[sizes.indexOf(Math.max(...sizes))];
  const fromLargest = [largest, ...[...quantities].sort((a, b) => b.perUnit - a.perUnit)];
  const isShort = (value: number): boolean => Math.abs(value * 1000 - Math.round(value * 1000)) < 1e-6;
  return fromLargest.find(({ perUnit }) => sizes.every((size) => isShort(size / perUnit))) ?? largest;
}

/** Texts that tell the values apart: those that are alike once cut are numbered. */
function distinctTexts(values: readonly CellValue[]): SweptValue[] {
  const texts = values.map(sweptText);
  return values.map((raw, i) => {
    const alike = texts.slice(0, i).filter((text) => text === texts[i]).length;
    return { raw, text: alike === 0 ? texts[i] : `${texts[i]} (${alike + 1})` };
  });
}

/** `replicas per chunk 3`, `uplink rate 40 Gbps`. */
export function describeSetting(variable: SweptVariable, raw: CellValue): string {
  return `${variable.label} ${valueText(variable, raw)}`;
}

/** `Replicas per chunk: 3`, as the title of a panel. */
export function settingTitle(variable: SweptVariable, raw: CellValue): string {
  return `${capital(variable.label)}: ${valueText(variable, raw)}`;
}

export function valueText(variable: SweptVariable, raw: CellValue): string {
  return variable.values.find((v) => v.raw === raw)?.text ?? sweptText(raw);
}
