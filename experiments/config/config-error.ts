/** Bad input, told in one line. */

/** Parts of a complaint about input. Every part but `expected` is optional; together they make one line. */
export interface Complaint {
  /** Where the value stands: `configs/replication.yaml:12:5`, or `--set network.up=40`. */
  readonly at?: string | undefined;
  /** Dotted path in the config. */
  readonly path?: string | undefined;
  /** The value found. */
  readonly value?: unknown;
  /** What was found and what is expected instead, in words. */
  readonly expected: string;
  /** The nearest valid choice. */
  readonly nearest?: string | undefined;
}

/** Input that cannot be used. Its message is one line; the process ends with exit code 2 before anything is written. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(complaint: Complaint | string) {
    super(oneLine(typeof complaint === 'string' ? complaint : describeComplaint(complaint)));
  }
}

function describeComplaint(complaint: Complaint): string {
  const where = [complaint.at, complaint.path].filter((part) => part !== undefined && part !== '').join(': ');
  const value = complaint.value === undefined ? '' : `${show(complaint.value)}: `;
  const nearest = complaint.nearest === undefined ? '' : `; did you mean ${complaint.nearest}?`;
  return `${where === '' ? '' : `${where}: `}${value}${complaint.expected}${nearest}`;
}

const SHOWN_CHARACTERS = 60;

/** A value as a reader would write it, cut to a length that fits the line. */
export function show(value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : (JSON.stringify(value) as string | undefined) ?? String(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 1)}…` : text;
}

/** Text on one line: control characters and line breaks would break the line, or the reader's terminal. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is replaced
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}
