/** One measured quantity beside its published value. */
export interface ComparisonRow {
  /** What the row is about: a size, a rate, a protocol. */
  readonly label: string;
  readonly quantity: string;
  readonly ours: number;
  /** Half-width of the 95 % interval of `ours` across rings or seeds, where there are several. */
  readonly interval?: number;
  /** Absent where nothing was published. */
  readonly published?: number;
  /** What must hold; a row without is shown only. */
  readonly limit?: Limit;
}

export type Limit =
  | { readonly kind: 'relative'; readonly most: number }
  | { readonly kind: 'absolute'; readonly most: number }
  /** At most the published value. */
  | { readonly kind: 'not above' }
  /** Exactly this value, whatever was published. */
  | { readonly kind: 'equals'; readonly value: number };

export interface ComparisonTable {
  readonly name: string;
  /** Conditions and definitions, a line or two. */
  readonly conditions: string;
  readonly rows: readonly ComparisonRow[];
}

/** Undefined for rows that nothing is required of. */
export function holds(row: ComparisonRow): boolean | undefined {
  const { limit, ours, published } = row;
  if (limit === undefined) return undefined;
  if (limit.kind === 'equals') return ours === limit.value;
  if (published === undefined) return undefined;
  switch (limit.kind) {
    case 'relative':
      return Math.abs(ours - published) <= limit.most * Math.abs(published);
    case 'absolute':
      return Math.abs(ours - published) <= limit.most;
    case 'not above':
      return ours <= published;
  }
}

/**
 * Is the limit missed beyond doubt: even by the end of the 95 % interval that lies nearest to it? The judgement for small samples, whose mean
 * may fall on the wrong side of a limit by chance. Undefined for rows that nothing is required of.
 */
export function refuted(row: ComparisonRow): boolean | undefined {
  const { limit, ours, published, interval = 0 } = row;
  const held = holds(row);
  if (held !== false || limit === undefined || limit.kind === 'equals' || published === undefined) return held === undefined ? undefined : !held;
  const towards = ours > published ? Math.max(published, ours - interval) : Math.min(published, ours + interval);
  return holds({ ...row, ours: towards }) === false;
}

/** Mean and half-width of the 95 % interval of independent values (normal quantile; t for fewer than 30). */
export function meanInterval(values: readonly number[]): { mean: number; interval: number; sd: number } {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, interval: 0, sd: 0 };
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (n - 1));
  return { mean, interval: (studentT(n - 1) * sd) / Math.sqrt(n), sd };
}

/** 97.5 % quantile of Student's t: 1.96 + 2.4/ν + 3/ν², within 1 % from ν = 2 on; 12.7 at ν = 1. */
function studentT(freedom: number): number {
  return freedom === 1 ? 12.706 : 1.96 + 2.4 / freedom + 3 / (freedom * freedom);
}

const HEADER = ['', 'quantity', 'ours', '± 95 %', 'published', 'difference', 'limit', ''] as const;

function cells(row: ComparisonRow): readonly string[] {
  return [row.label, row.quantity, number(row.ours), intervalText(row), row.published === undefined ? '–' : number(row.published), difference(row), limitText(row), verdict(row)];
}

/** The table as aligned text. */
export function formatTable(table: ComparisonTable): string {
  const lines = table.rows.map(cells);
  const widths = HEADER.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column].length)));
  const align = (line: readonly string[]): string => line.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ').trimEnd();
  return [table.name, table.conditions, align(HEADER), ...lines.map(align), ''].join('\n');
}

/** The table as a section of a Markdown page. */
export function markdownTable(table: ComparisonTable): string {
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  const rule = `|${HEADER.map((_, column) => (column < 2 ? '---' : '---:')).join('|')}|`;
  return [`## ${table.name}`, '', `${table.conditions[0].toUpperCase()}${table.conditions.slice(1)}.`, '', line(HEADER), rule, ...table.rows.map((row) => line(cells(row))), ''].join('\n');
}

function number(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 100 ? 1 : size >= 0.1 || size === 0 ? 3 : 4);
}

function intervalText(row: ComparisonRow): string {
  return row.interval === undefined ? '' : number(row.interval);
}

function difference(row: ComparisonRow): string {
  if (row.published === undefined) return '';
  const absolute = row.ours - row.published;
  const signed = `${absolute < 0 ? '−' : '+'}${number(Math.abs(absolute))}`;
  return row.published === 0 ? signed : `${signed} (${absolute < 0 ? '−' : '+'}${Math.abs((100 * absolute) / row.published).toFixed(1)} %)`;
}

function limitText(row: ComparisonRow): string {
  const { limit } = row;
  if (limit === undefined) return '';
  switch (limit.kind) {
    case 'relative':
      return `± ${(100 * limit.most).toFixed(1)} %`;
    case 'absolute':
      return `± ${limit.most}`;
    case 'not above':
      return '≤ published';
    case 'equals':
      return `= ${limit.value}`;
  }
}

function verdict(row: ComparisonRow): string {
  const held = holds(row);
  return held === undefined ? '' : held ? 'ok' : 'MISSED';
}
