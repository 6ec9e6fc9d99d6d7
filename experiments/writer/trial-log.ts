/**
 * `trials.jsonl` while a sweep runs: one line is appended and flushed to disk as each trial ends, so that a killed sweep
 * loses at most the trials that were running.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import type { TrialRecord } from '../results/trial-result.ts';
import { writeFully } from './atomic-file.ts';
import { writing } from './output-error.ts';

/** One line of the log, line break included. */
export function trialLine(record: TrialRecord): string {
  const { key, sharedWith, queryRows, digest, metrics, labels, flags, series, histograms } = record;
  return `${JSON.stringify({ key, sharedWith, queryRows, digest, metrics, labels, flags, series, histograms })}\n`;
}

export class TrialLog {
  readonly #path: string;
  readonly #descriptor: number;
  /** Bytes that are whole lines. */
  #size: number;

  /** Opens the log for appending; what stands after its last whole line (a write cut off by a kill) is discarded. */
  constructor(path: string) {
    this.#path = path;
    const { descriptor, size } = writing(path, () => {
      const opened = openSync(path, 'a');
      const whole = wholeLines(readFileSync(path)).length;
      ftruncateSync(opened, whole);
      return { descriptor: opened, size: whole };
    });
    this.#descriptor = descriptor;
    this.#size = size;
  }

  /** Appends records and returns once they are on disk. If that fails, none of them is in the log. */
  append(records: readonly TrialRecord[]): void {
    const bytes = new TextEncoder().encode(records.map(trialLine).join(''));
    writing(this.#path, () => {
      try {
        writeFully(this.#descriptor, bytes);
        fsyncSync(this.#descriptor);
      } catch (error) {
        ftruncateSync(this.#descriptor, this.#size);
        throw error;
      }
    });
    this.#size += bytes.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The records of a log, whole lines only; a line that does not parse ends the log. */
export function readTrialLog(path: string): TrialRecord[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const records: TrialRecord[] = [];
  for (const line of wholeLines(bytes).toString('utf8').split('\n')) {
    if (line === '') continue;
    try {
      records.push(JSON.parse(line) as TrialRecord);
    } catch {
      break;
    }
  }
  return records;
}

function wholeLines(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.lastIndexOf(10) + 1);
}
