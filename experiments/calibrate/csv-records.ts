/** Rows of a CSV file by column name. Fields must not contain commas or quotes, as in all calibration files. */

export interface CsvRecord {
  readonly line: number;
  text(column: string): string;
  /** @throws RangeError where the field is no finite number. */
  number(column: string): number;
}

export function csvHeader(text: string): string[] {
  const end = text.indexOf('\n');
  return (end === -1 ? text : text.slice(0, end)).replace(/^\uFEFF/, '').trim().split(',').map((column) => column.trim());
}

/** @throws RangeError naming the file and line where a column or a field is missing. */
export function* csvRecords(name: string, text: string, columns: readonly string[]): Generator<CsvRecord> {
  const header = csvHeader(text);
  for (const column of columns) {
    if (!header.includes(column)) throw new RangeError(`${name}:1: no column ${column}; found ${header.join(', ')}`);
  }
  const position = new Map(header.map((column, index) => [column, index]));
  const lines = text.split(/\r?\n/);
  for (let index = 1; index < lines.length; index += 1) {
    if (lines[index].trim() === '') continue;
    const fields = lines[index].split(',');
    const line = index + 1;
    if (fields.length !== header.length) throw new RangeError(`${name}:${line}: ${fields.length} fields, the header has ${header.length}`);
    const field = (column: string): string => fields[position.get(column) ?? -1].trim();
    yield {
      line,
      text: field,
      number: (column) => {
        const value = Number(field(column));
        if (field(column) === '' || !Number.isFinite(value)) throw new RangeError(`${name}:${line}: ${column} must be a number, not ${JSON.stringify(field(column))}`);
        return value;
      },
    };
  }
}
