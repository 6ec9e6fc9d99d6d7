/** Plain text tables: aligned columns, wrapped where they would be too wide. */

export interface TextColumn {
  readonly head: string;
  /** Numbers are set right, so that their digits line up. */
  readonly align?: 'left' | 'right';
  /** This column gives way when the table is wider than the terminal, and wraps. */
  readonly flexible?: boolean;
}

const GAP = '  ';
const LEAST_FLEXIBLE = 16;

/** The table as text, at most `width` characters wide if a flexible column can give enough; no trailing spaces. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[], width: number): string {
  const widths = columns.map(({ head }, i) => Math.max(head.length, ...rows.map((row) => row[i].length)));
  const total = widths.reduce((sum, each) => sum + each, GAP.length * (columns.length - 1));
  const flexible = columns.findIndex((column) => column.flexible === true);
  if (flexible >= 0 && total > width) widths[flexible] = Math.max(LEAST_FLEXIBLE, widths[flexible] - (total - width));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (columns[i].align === 'right' ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join(GAP)
      .trimEnd();
  const lines = (cells: readonly string[]): string[] => {
    const wrapped = cells.map((cell, i) => wrap(cell, widths[i]));
    const height = Math.max(...wrapped.map((each) => each.length));
    return Array.from({ length: height }, (_, k) => line(wrapped.map((each) => each[k] ?? '')));
  };
  const rule = widths.map((each) => '─'.repeat(each)).join(GAP);
  return [...lines(columns.map(({ head }) => head)), rule, ...rows.flatMap(lines)].join('\n');
}

/** Breaks text at spaces into lines of at most `width`; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
