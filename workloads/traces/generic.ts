/**
 * Traces of no fixed format: CSV with a header (commas, semicolons or tabs), or one JSON object a line, with an arrival
 * time, input tokens, output tokens, and optionally block hashes, session and tenant. Names are matched without regard to
 * case and punctuation.
 */
import { MICROSECOND, MILLISECOND, SECOND } from '../../sim/kernel/time.ts';
import { DenseIds } from '../dense-ids.ts';
import { csvRows } from '../text/csv.ts';
import { InputError } from '../text/input-error.ts';
import { jsonRows } from '../text/json-lines.ts';
import { peekLine } from '../text/peek.ts';
import { checkBlockCount } from './block-count.ts';
import { DAY_NS, parseCalendarTime } from './calendar-time.ts';
import { countField, hashListField, numberField, timeField } from './field.ts';
import { NamedColumns, normalisedName } from './named-columns.ts';
import { DEFAULT_BLOCK_TOKENS } from './trace-record.ts';
import type { TraceRecord, TraceSource } from './trace-record.ts';

/** Names of the columns, where they are none of the usual ones. */
export interface GenericColumns {
  readonly arrival?: string;
  readonly input?: string;
  readonly output?: string;
  readonly blocks?: string;
  readonly session?: string;
  readonly tenant?: string;
}

/** How to read columns that do not explain themselves. */
export interface GenericSource extends TraceSource {
  readonly columns?: GenericColumns;
  /** Unit of numeric arrival times. Default: the one that the column's name ends in (`arrival_ms`), else seconds. */
  readonly arrivalUnit?: 's' | 'ms' | 'us' | 'ns';
}

const UNIT_NS = { s: SECOND, ms: MILLISECOND, us: MICROSECOND, ns: 1 } as const;
const UNIT_ENDINGS: readonly (readonly [string, keyof typeof UNIT_NS])[] = [
  ['milliseconds', 'ms'], ['microseconds', 'us'], ['nanoseconds', 'ns'], ['seconds', 's'], ['secs', 's'], ['sec', 's'],
  ['ms', 'ms'], ['us', 'us'], ['ns', 'ns'], ['s', 's'],
];
const ARRIVAL_NAMES = ['arrival', 'timestamp', 'time', 'arrival time', 'arrived at', 'arrived', 'start time', 'request time', 'ts'];
const INPUT_NAMES = [
  'input tokens', 'prompt tokens', 'context tokens', 'input length', 'request tokens', 'num prefill tokens',
  'prompt length', 'input len', 'prompt len', 'prefill tokens', 'input toks', 'input',
];
const OUTPUT_NAMES = [
  'output tokens', 'completion tokens', 'generated tokens', 'output length', 'response tokens', 'num decode tokens',
  'output len', 'decode tokens', 'generation length', 'output toks', 'output',
];
const BLOCK_NAMES = ['hash ids', 'block hashes', 'blocks', 'hashes', 'block ids', 'prefix hashes'];
const SESSION_NAMES = ['session', 'session id', 'conversation', 'conversation id', 'chat id'];
const TENANT_NAMES = ['tenant', 'tenant id', 'user', 'user id', 'customer', 'organisation', 'organization'];

/** Every arrival name with every unit ending: `arrival_ms`, `Timestamp (us)` … */
const ARRIVAL_WITH_UNITS = [...ARRIVAL_NAMES, ...ARRIVAL_NAMES.flatMap((name) => UNIT_ENDINGS.map(([ending]) => `${name} ${ending}`))];

interface Layout {
  readonly names: readonly string[];
  readonly arrival: number;
  readonly arrivalUnitNs: number;
  readonly input: number;
  readonly output: number;
  readonly blocks: number | undefined;
  readonly session: number | undefined;
  readonly tenant: number | undefined;
}

function layoutOf(columns: NamedColumns, source: GenericSource): Layout {
  const named = source.columns ?? {};
  const optional = (given: string | undefined, usual: readonly string[]): number | undefined =>
    given === undefined ? columns.find(usual) : columns.mustFind([given]);
  const arrival = columns.mustFind(named.arrival === undefined ? ARRIVAL_WITH_UNITS : [named.arrival]);
  return {
    names: columns.names,
    arrival,
    arrivalUnitNs: UNIT_NS[source.arrivalUnit ?? unitInName(columns.names[arrival])],
    input: columns.mustFind(named.input === undefined ? INPUT_NAMES : [named.input]),
    output: columns.mustFind(named.output === undefined ? OUTPUT_NAMES : [named.output]),
    blocks: optional(named.blocks, BLOCK_NAMES),
    session: optional(named.session, SESSION_NAMES),
    tenant: optional(named.tenant, TENANT_NAMES),
  };
}

function unitInName(name: string): keyof typeof UNIT_NS {
  const normalised = normalisedName(name);
  const ending = UNIT_ENDINGS.find(([text]) => ARRIVAL_NAMES.some((base) => normalised === normalisedName(base) + text));
  return ending?.[1] ?? 's';
}

/** Turns rows of one layout into records; keeps what must last from row to row: id tables and the first day. */
class RecordReader {
  readonly #source: GenericSource;
  readonly #blockTokens: number;
  readonly #blocks = new DenseIds();
  readonly #sessions = new DenseIds();
  readonly #tenants = new DenseIds();
  #firstDay: number | undefined;

  constructor(source: GenericSource) {
    this.#source = source;
    this.#blockTokens = source.blockTokens ?? DEFAULT_BLOCK_TOKENS;
  }

  read(layout: Layout, line: number, values: readonly unknown[]): TraceRecord | undefined {
    const { file, onSkip } = this.#source;
    const place = (index: number): { file: string; line: number; name: string } => ({ file, line, name: layout.names[index] });
    const arrivalNs = this.#arrivalNs(values[layout.arrival], layout.arrivalUnitNs, place(layout.arrival));
    const inputTokens = countField(values[layout.input], place(layout.input), 0);
    const outputTokens = countField(values[layout.output], place(layout.output), 0);
    if (inputTokens === 0) {
      onSkip?.(line, 'no input tokens');
      return undefined;
    }
    let blocks: number[] | undefined;
    if (layout.blocks !== undefined && isPresent(values[layout.blocks])) {
      blocks = hashListField(hashList(values[layout.blocks]), place(layout.blocks), this.#blocks);
      checkBlockCount(blocks, inputTokens, this.#blockTokens, place(layout.blocks));
    }
    const session = layout.session === undefined ? undefined : idOf(values[layout.session], this.#sessions);
    const tenant = layout.tenant === undefined ? undefined : idOf(values[layout.tenant], this.#tenants);
    return {
      arrivalNs,
      inputTokens,
      outputTokens,
      ...(blocks === undefined ? {} : { blocks }),
      ...(session === undefined ? {} : { session }),
      ...(tenant === undefined ? {} : { tenant }),
      line,
    };
  }

  #arrivalNs(value: unknown, unitNs: number, place: { file: string; line: number; name: string }): number {
    const calendar = typeof value === 'string' ? parseCalendarTime(value) : undefined;
    if (calendar === undefined) {
      // An absolute time (seconds since 1970) is larger than exact nanoseconds can be: count from its first day.
      const ns = numberField(value, place, 'a time') * unitNs;
      if (this.#firstDay === undefined) this.#firstDay = Math.abs(ns) > Number.MAX_SAFE_INTEGER ? Math.floor(ns / DAY_NS) : 0;
      const unitsPerDay = DAY_NS / unitNs;
      return timeField(numberField(value, place, 'a time') - this.#firstDay * unitsPerDay, unitNs, place, 'a time');
    }
    this.#firstDay ??= calendar.day;
    return timeField((calendar.day - this.#firstDay) * DAY_NS + calendar.nsOfDay, 1, place, 'a time');
  }
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** In CSV the hashes stand in one field, apart by blanks, semicolons or bars, with or without brackets around. */
function hashList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/[[\]"']/g, ' ').split(/[\s;|,]+/).filter((hash) => hash !== '');
}

function idOf(value: unknown, ids: DenseIds): number | undefined {
  if (typeof value === 'number') return ids.of(value);
  return typeof value === 'string' && value.trim() !== '' ? ids.of(value.trim()) : undefined;
}

/** The one of comma, semicolon and tab that the header has most of; a comma where it has none. */
function separatorOf(header: string): string {
  const count = (separator: string): number => header.split(separator).length;
  return [',', ';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

/** @throws InputError on a missing column (with the nearest one there is) and on the first malformed row. */
export function* genericCsvRecords(lines: Iterable<string>, source: GenericSource): Generator<TraceRecord> {
  const { file } = source;
  const { first = '', lines: all } = peekLine(lines);
  const rows = csvRows(all, { file, separator: separatorOf(first) });
  const header = rows.next();
  if (header.done === true) throw new InputError(file, 1, 'expected a header such as arrival,input tokens,output tokens; got an empty file');
  const columns = new NamedColumns(file, header.value);
  const layout = layoutOf(columns, source);
  const reader = new RecordReader(source);
  for (const row of rows) {
    columns.check(row);
    const record = reader.read(layout, row.line, row.fields);
    if (record !== undefined) yield record;
  }
}

/** @throws InputError on a missing key (with the nearest one there is) and on the first malformed line. */
export function* genericJsonlRecords(lines: Iterable<string>, source: GenericSource): Generator<TraceRecord> {
  const { file } = source;
  const reader = new RecordReader(source);
  let keysSeen: string | undefined;
  let layout: Layout | undefined;
  for (const { line, value } of jsonRows(lines, { file, expected: '{"arrival": seconds, "input tokens": n, "output tokens": n}' })) {
    const keys = Object.keys(value);
    const joined = keys.join('\n');
    if (layout === undefined || joined !== keysSeen) {
      layout = layoutOf(new NamedColumns(file, { line, fields: keys }, 'key'), source);
      keysSeen = joined;
    }
    const record = reader.read(layout, line, Object.values(value));
    if (record !== undefined) yield record;
  }
}
