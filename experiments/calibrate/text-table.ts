/** Plain tables for the terminal, pasteable into Markdown. */

/** @param rows cells as they are printed; the first row is the header. Columns whose cells are numbers align right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const numeric = widths.map((_, column) => rows.slice(1).every((row) => /^[+−-]?[\d.]/.test(row[column])));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => (numeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => `${'-'.repeat(width + 1)}${numeric[column] ? ':' : '-'}`).join('|')}|`;
  return [line(rows[0] ?? []), rule, ...rows.slice(1).map(line)].join('\n');
}
