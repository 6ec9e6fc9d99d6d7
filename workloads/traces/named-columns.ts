/** Finds the columns of a CSV file, or the keys of a JSON record, by name, whatever their case and punctuation. */
import { InputError, excerpt } from '../text/input-error.ts';
import { nearest } from '../text/nearest.ts';
import type { CsvRow } from '../text/csv.ts';

/** Letters and digits only, in lower case: `Request tokens`, `request_tokens` and `RequestTokens` are one name. */
export function normalisedName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** So many of the accepted names are listed in an error. */
const NAMES_SHOWN = 3;

/** The names of one header or record. */
export class NamedColumns {
  readonly #file: string;
  readonly #line: number;
  readonly #kind: 'column' | 'key';
  readonly #indexOf = new Map<string, number>();
  readonly names: readonly string[];

  /** @param header the header row of a CSV file, or the line and keys of a JSON record. */
  constructor(file: string, header: CsvRow, kind: 'column' | 'key' = 'column') {
    this.#file = file;
    this.#line = header.line;
    this.#kind = kind;
    this.names = header.fields.map((name) => name.trim());
    this.names.forEach((name, index) => {
      const normalised = normalisedName(name);
      if (!this.#indexOf.has(normalised)) this.#indexOf.set(normalised, index);
    });
  }

  /** Index of the first column with one of the names, tried in their order; undefined if there is none. */
  find(accepted: readonly string[]): number | undefined {
    for (const name of accepted) {
      const index = this.#indexOf.get(normalisedName(name));
      if (index !== undefined) return index;
    }
    return undefined;
  }

  /** As `find`, but a missing column is an error that shows the nearest one there is. */
  mustFind(accepted: readonly string[]): number {
    const index = this.find(accepted);
    if (index !== undefined) return index;
    const near = accepted.map((name) => nearest(name, this.names)).find((name) => name !== undefined);
    const wanted = accepted.slice(0, NAMES_SHOWN).map((name) => `"${name}"`).join(' or ');
    const where = this.#kind === 'column' ? 'a header line with a column' : 'a JSON object with a key';
    throw new InputError(
      this.#file,
      this.#line,
      `expected ${where} ${wanted}, got ${excerpt(this.names.join(','))}${near === undefined ? '' : `; did you mean ${excerpt(near)}?`}`,
    );
  }

  /** Refuses a row with fewer fields than the header: a line cut short. */
  check(row: CsvRow): void {
    if (row.fields.length >= this.names.length) return;
    throw new InputError(
      this.#file,
      row.line,
      `expected ${this.names.length} fields (${this.names.join(',')}), got ${row.fields.length} (cut short?): ${excerpt(row.fields.join(','))}`,
    );
  }
}
