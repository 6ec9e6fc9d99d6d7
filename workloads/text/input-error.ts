/** The one error for unreadable input: which file, which line, what was expected, what stood there. */

const EXCERPT_CHARACTERS = 60;

/** Thrown by every importer. `message` is one line: `file:line: problem`, or `file: problem` where it is the file as a whole (line 0). */
export class InputError extends Error {
  readonly file: string;
  /** Counted from 1; for a record that spans lines, its first; 0 for the file as a whole. */
  readonly line: number;

  constructor(file: string, line: number, problem: string) {
    super(line > 0 ? `${file}:${line}: ${problem}` : `${file}: ${problem}`);
    this.name = 'InputError';
    this.file = file;
    this.line = line;
  }
}

/** The beginning of `text` in quotes, control characters made visible, for use in a message. */
export function excerpt(text: string): string {
  const cut = text.length > EXCERPT_CHARACTERS ? `${text.slice(0, EXCERPT_CHARACTERS)}…` : text;
  return JSON.stringify(cut);
}

/** Any value as it would stand in the file, cut short; `nothing` where it is missing. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  return excerpt(typeof value === 'string' ? value : JSON.stringify(value));
}
