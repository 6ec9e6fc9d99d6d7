/**
 * Quantities with units: `40Gbps`, `3.5GB/s`, `10ms`, `80GiB`, `2/s`. Text → base unit → text, without loss.
 *
 * Base units are whole numbers (nanoseconds, bytes, bits per second) up to 2^53 − 1; rates of events are doubles per
 * second. Decimal (k, M, G, T: powers of 1000) and binary (Ki, Mi, Gi, Ti: powers of 1024) prefixes are kept apart.
 * Decimal text is scaled in whole-number arithmetic, so `3.3GB` is 3 300 000 000 bytes and not one less.
 */
import { nearest } from './nearest.ts';

/** What can be measured. The base unit is in the name of the resolved key: Ns, Bytes, Bps, BytesPerSecond, PerSecond. */
export type Dimension = 'duration' | 'size' | 'bitRate' | 'byteRate' | 'frequency';

interface Unit {
  readonly name: string;
  /** Base units in one of this unit. */
  readonly factor: bigint;
  /** Read, but never written. */
  readonly alias?: boolean;
}

const unit = (name: string, factor: number | bigint, alias = false): Unit => ({ name, factor: BigInt(factor), alias });

const DECIMAL = ['k', 'M', 'G', 'T'].map((prefix, i) => [prefix, 1000n ** BigInt(i + 1)] as const);
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti'].map((prefix, i) => [prefix, 1024n ** BigInt(i + 1)] as const);

const BITS = [unit('bps', 1), ...DECIMAL.map(([prefix, factor]) => unit(`${prefix}bps`, factor))];
const BYTES = [unit('B', 1), ...DECIMAL.map(([prefix, factor]) => unit(`${prefix}B`, factor)), ...BINARY.map(([prefix, factor]) => unit(`${prefix}B`, factor))];
const BYTES_PER_SECOND = BYTES.map(({ name, factor }) => unit(`${name}/s`, factor));

const UNITS: Readonly<Record<Exclude<Dimension, 'frequency'>, readonly Unit[]>> = {
  duration: [
    unit('ns', 1),
    unit('us', 1e3),
    unit('µs', 1e3, true),
    unit('μs', 1e3, true),
    unit('ms', 1e6),
    unit('s', 1e9),
    unit('min', 60e9),
    unit('h', 3600e9),
    unit('d', 86_400e9),
  ],
  size: [...BYTES, unit('KB', 1000, true)],
  // A link may be given in bytes per second and a disk in bits: the other family is read, and written in its own.
  bitRate: [...BITS, ...BYTES_PER_SECOND.map(({ name, factor }) => unit(name, factor * 8n, true))],
  byteRate: BYTES_PER_SECOND,
};

/** An example of each dimension, shown in messages and in the JSON Schema. */
export const EXAMPLES: Readonly<Record<Dimension, string>> = {
  duration: '10ms',
  size: '80GiB',
  bitRate: '40Gbps',
  byteRate: '3.5GB/s',
  frequency: '2/s',
};

/** 2^53 − 1 base units, in words a person can picture. */
const LARGEST: Readonly<Record<Dimension, string>> = {
  duration: '104d',
  size: '9007TB',
  bitRate: '9007Tbps',
  byteRate: '9007TB/s',
  frequency: '9007199254740991/s',
};

const NOUNS: Readonly<Record<Dimension, string>> = {
  duration: 'a duration',
  size: 'a size',
  bitRate: 'a bit rate',
  byteRate: 'a byte rate',
  frequency: 'a rate of events',
};

/** Thrown by the parsers; the message says what is expected and gives an example. `nearest` is a corrected spelling. */
export class UnitError extends Error {
  override readonly name = 'UnitError';
  readonly nearest: string | undefined;

  constructor(message: string, nearestChoice?: string) {
    super(message);
    this.nearest = nearestChoice;
  }
}

// Bounded digits and exponent: text such as 1e999999999s must cost nothing.
const QUANTITY = /^([+-]?)(\d{1,40})(?:\.(\d{1,40}))?(?:[eE]([+-]?\d{1,2}))?\s*([^\s\d.+-].*)?$/u;

const expectation = (dimension: Dimension): string => `expected ${NOUNS[dimension]} such as ${EXAMPLES[dimension]}`;

/**
 * A quantity in base units: whole nanoseconds, bytes, bits per second or bytes per second; events per second as a double.
 * @throws UnitError for a plain number, a wrong or unknown unit, a negative value, a value too large, or a value that is
 *   not zero but below one base unit.
 */
export function parseQuantity(dimension: Dimension, text: unknown): number {
  if (typeof text === 'number' && Number.isFinite(text)) throw new UnitError(`a plain number has no unit; ${expectation(dimension)}`);
  if (typeof text !== 'string') throw new UnitError(expectation(dimension));
  const match = QUANTITY.exec(text.trim());
  if (match === null) throw new UnitError(expectation(dimension));
  const [, sign, whole, fraction = '', exponent = '0', suffix = ''] = match;
  if (suffix === '') throw new UnitError(`a plain number has no unit; ${expectation(dimension)}`);
  if (sign === '-') throw new UnitError(`must not be negative; ${expectation(dimension)}`);
  const digits = text.trim().slice(0, -suffix.length).trimEnd();
  if (dimension === 'frequency') return parseFrequency(digits, suffix);
  const found = UNITS[dimension].find(({ name }) => name === suffix);
  if (found === undefined) throw unknownUnit(dimension, digits, suffix);
  const value = scale(BigInt(whole + fraction), Number(exponent) - fraction.length, found.factor);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new UnitError(`too large; at most ${LARGEST[dimension]}`);
  }
  if (value === 0n && BigInt(whole + fraction) !== 0n) {
    throw new UnitError(`below the smallest unit, 1${UNITS[dimension][0].name}`);
  }
  return Number(value);
}

/** digits · 10^exponent · factor, rounded to the nearest whole number, halves up. */
function scale(digits: bigint, exponent: number, factor: bigint): bigint {
  if (exponent >= 0) return digits * factor * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (2n * digits * factor + divisor) / (2n * divisor);
}

const FREQUENCY_UNITS = [
  ['/s', 1],
  ['/min', 60],
  ['/h', 3600],
] as const;

function parseFrequency(digits: string, suffix: string): number {
  const found = FREQUENCY_UNITS.find(([name]) => name === suffix.replaceAll(' ', ''));
  if (found === undefined) throw unknownUnit('frequency', digits, suffix);
  const value = Number(digits) / found[1];
  if (!(value <= Number.MAX_SAFE_INTEGER)) throw new UnitError(`too large; at most ${LARGEST.frequency}`);
  return value;
}

function unknownUnit(dimension: Dimension, digits: string, suffix: string): UnitError {
  const names = dimension === 'frequency' ? FREQUENCY_UNITS.map(([name]) => name) : UNITS[dimension].filter(({ alias }) => alias !== true).map(({ name }) => name);
  const other = (Object.keys(UNITS) as (keyof typeof UNITS)[]).find((name) => name !== dimension && UNITS[name].some((known) => known.name === suffix));
  if (other !== undefined) return new UnitError(`${suffix} is ${NOUNS[other].replace(/^an? /, 'a unit of ')}; ${expectation(dimension)}`);
  const guesses = guessUnits(suffix, names);
  return new UnitError(
    `unknown unit ${JSON.stringify(suffix.slice(0, 20))}; ${expectation(dimension)} (units: ${names.join(' ')})`,
    guesses.length === 0 ? undefined : guesses.map((name) => `${digits}${name}`).join(' or '),
  );
}

/** Spellings from elsewhere, in lower case → the unit meant; several where the spelling is ambiguous. */
const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  m: ['ms', 'min'],
  sec: ['s'],
  secs: ['s'],
  second: ['s'],
  seconds: ['s'],
  mins: ['min'],
  minute: ['min'],
  minutes: ['min'],
  hr: ['h'],
  hour: ['h'],
  hours: ['h'],
  day: ['d'],
  days: ['d'],
  rps: ['/s'],
  qps: ['/s'],
  hz: ['/s'],
  '/sec': ['/s'],
};

function guessUnits(suffix: string, names: readonly string[]): readonly string[] {
  const word = suffix.toLowerCase();
  // 40GBps could mean bits or bytes: eight times apart, so both are shown.
  const rate = /^([kmgt])bps$/.exec(word);
  const prefix = rate?.[1] === 'k' ? 'k' : rate?.[1]?.toUpperCase();
  const candidates = [
    ...(suffix.includes('B') && prefix !== undefined ? [`${prefix}bps`, `${prefix}B/s`] : []),
    ...(SPELLINGS[word] ?? []),
    ...names.filter((name) => name.toLowerCase() === word),
    ...[`${word}bps`, `${word}b/s`, `${word}b`].flatMap((longer) => names.filter((name) => name.toLowerCase() === longer)),
    ...names.filter((name) => name.toLowerCase() === word.replace(/b(it)?(\/s|ps)$/, 'bps')),
  ].filter((name) => names.includes(name) || name.endsWith('B/s'));
  if (candidates.length > 0) return [...new Set(candidates)].slice(0, 2);
  // A one-letter edit of a short unit is another unit altogether (PB → B), so only longer words are guessed at.
  const guess = suffix.length > 2 ? nearest(suffix, names.filter((name) => name.length > 2)) : undefined;
  return guess === undefined ? [] : [guess];
}

/** The shortest text that reads back as exactly this value, with a number of at least 1; the larger unit among equals. */
export function formatQuantity(dimension: Dimension, value: number): string {
  if (dimension === 'frequency') return `${value}/s`;
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${dimension} is ${value}; expected a whole number from 0 to 2^53 − 1`);
  const units = UNITS[dimension].filter(({ alias }) => alias !== true);
  if (value === 0) return `0${dimension === 'duration' ? 's' : units[0].name}`;
  let best = `${value}${units[0].name}`;
  for (const { name, factor } of units) {
    const digits = exactDecimal(BigInt(value), factor);
    if (digits !== undefined && !digits.startsWith('0') && digits.length + name.length <= best.length) best = `${digits}${name}`;
  }
  return best;
}

/** value ÷ factor as decimal text with at most three decimals, if that is exact. */
function exactDecimal(value: bigint, factor: bigint): string | undefined {
  const thousandths = value * 1000n;
  if (thousandths % factor !== 0n) return undefined;
  const digits = (thousandths / factor).toString().padStart(4, '0');
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`.replace(/\.?0+$/, '');
}
