/** One cell of a table: its text, and the number to sort by where it has one. */
export interface TableCell {
  readonly text: string;
  readonly sort?: number;
}

export interface Table {
  readonly caption: string;
  readonly head: readonly { readonly text: string; readonly numeric: boolean }[];
  readonly rows: readonly (readonly TableCell[])[];
  /** What is not shown, and where to find it; '' where all is shown. */
  readonly note: string;
}

/** The first `most` rows, with a note on the rest. */
export function cutRows(table: Table, most: number, elsewhere: string): Table {
  if (table.rows.length <= most) return table;
  return { ...table, rows: table.rows.slice(0, most), note: `The first ${most} of ${table.rows.length} rows; all are in ${elsewhere}.` };
}
