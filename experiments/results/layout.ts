/** Where the files of a results folder lie, by the fixed layout `results/<name>/`. */
import { join } from 'node:path';

/** File names inside a results folder. */
export const RESULT_FILES = {
  config: 'config.resolved.yaml',
  manifest: 'manifest.json',
  run: 'run.json',
  trials: 'trials.jsonl',
  summary: 'summary.csv',
  queries: 'queries.parquet',
  figures: 'figures',
  reportHtml: 'report.html',
  reportMarkdown: 'report.md',
  trace: 'trace.json',
} as const;

/** Names that exist only while an experiment runs, or after it was killed. */
export const WORK_FILES = {
  lock: '.lock',
  /** Queries of each finished trial, one file a trial, folded into `queries.parquet` at the end. */
  pending: '.pending',
} as const;

/** Suffix of a file that is being written; it is renamed once complete. */
export const PARTIAL_SUFFIX = '.partial';

/** The path of one file of the layout. */
export function resultPath(folder: string, file: keyof typeof RESULT_FILES): string {
  return join(folder, RESULT_FILES[file]);
}

/** Whether a name belongs to the layout, so that an overwriting run may remove it. */
export function isLayoutName(name: string): boolean {
  const plain = name.endsWith(PARTIAL_SUFFIX) ? name.slice(0, -PARTIAL_SUFFIX.length) : name;
  return [...Object.values(RESULT_FILES), ...Object.values(WORK_FILES)].some((known) => known === plain) || name.startsWith(`${WORK_FILES.lock}.`);
}
