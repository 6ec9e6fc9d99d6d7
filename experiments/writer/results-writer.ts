/**
 * Writes a results folder: each trial as it ends, everything else once the last has ended. Every file but `run.json` has
 * the same bytes for the same config and code, in whatever order trials end and however often the run was interrupted.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { sha256 } from '../config/hash.ts';
import type { HumanObject } from '../config/human-value.ts';
import { makeFolder } from '../files/make-folder.ts';
import type { FinishedTrial } from '../engines/engine.ts';
import type { PlannedTrial } from '../plan.ts';
import { RESULT_FILES, resultPath, WORK_FILES } from '../results/layout.ts';
import type { Manifest } from '../results/manifest.ts';
import { summarise, summaryCsv } from '../results/summary.ts';
import type { TrialRecord } from '../results/trial-result.ts';
import { writeFileAtomic, writeFileUnflushed } from './atomic-file.ts';
import { OutputError, outputError, writing } from './output-error.ts';
import { QueriesWriter } from './queries-parquet.ts';
import { decodeQueries, rowsOf } from './query-file.ts';
import type { FolderMode, OpenFolder } from './results-folder.ts';
import { abandonFolder, openFolder } from './results-folder.ts';
import { readTrialLog, trialLine, TrialLog } from './trial-log.ts';

export interface WriterOptions {
  readonly folder: string;
  readonly mode: FolderMode;
  /** Every trial that may be run: with sequential stopping, those of all seeds up to the cap. */
  readonly plan: readonly PlannedTrial[];
  /** As it stands before the first trial: not complete, without files and digests. */
  readonly manifest: Manifest;
  /** Every config key in human units. */
  readonly canonical: HumanObject;
}

export class ResultsWriter {
  readonly #folder: OpenFolder;
  readonly #plan: readonly PlannedTrial[];
  readonly #manifest: Manifest;
  readonly #log: TrialLog;
  /** Records of the runs that have ended, by trial index. */
  readonly #done = new Map<number, TrialRecord>();
  /** For each run, the trials that share it. */
  readonly #sharers = new Map<number, PlannedTrial[]>();

  private constructor(options: WriterOptions, folder: OpenFolder) {
    this.#folder = folder;
    this.#plan = options.plan;
    this.#manifest = options.manifest;
    for (const trial of options.plan) {
      if (trial.sharedWith === undefined) continue;
      const sharers = this.#sharers.get(trial.sharedWith);
      if (sharers === undefined) this.#sharers.set(trial.sharedWith, [trial]);
      else sharers.push(trial);
    }
    if (folder.resumed === undefined) this.#begin(options.canonical);
    else this.#recover();
    this.#log = new TrialLog(resultPath(folder.path, 'trials'));
  }

  /**
   * Opens a folder for a run, new or resumed.
   * @throws OutputError or ConfigError, one line, if the folder cannot be used; then nothing has been changed.
   */
  static open(options: WriterOptions): ResultsWriter {
    const folder = openFolder(options.folder, options.mode, options.manifest, options.canonical);
    try {
      return new ResultsWriter(options, folder);
    } catch (error) {
      abandonFolder(folder);
      throw outputError(options.folder, error);
    }
  }

  /** Whether the folder was already complete when it was opened. */
  get wasComplete(): boolean {
    return this.#folder.resumed?.complete === true;
  }

  /** Runs that have ended, those of an earlier session included. */
  get doneCount(): number {
    return this.#done.size;
  }

  /** Whether the run of this trial index has ended. */
  isDone(index: number): boolean {
    return this.#done.has(index);
  }

  /** The record of a run that has ended. */
  recordOf(index: number): TrialRecord | undefined {
    return this.#done.get(index);
  }

  /** Saves a run that has ended, with the trials that share it, and returns once its line is on disk. */
  save(finished: FinishedTrial): void {
    const trial = this.#plan[finished.index];
    if (finished.queries !== undefined) writeFileUnflushed(this.#pendingPath(finished.index), finished.queries);
    const record = recordFor(trial, finished.outcome, finished.queryRows);
    this.#log.append([record, ...this.#sharersOf(record)]);
    this.#done.set(finished.index, record);
  }

  /**
   * Writes everything that depends on all trials, and marks the folder complete. Gives the records in plan order.
   *
   * @param manifest as it stands for the seeds that were run
   * @param places for each trial that was to be run, its place in `plan`
   */
  finish(manifest: Manifest = this.#manifest, places: readonly number[] = this.#plan.map((_, i) => i)): readonly TrialRecord[] {
    const records = this.#recordsAt(places);
    if (this.wasComplete) return this.#checkComplete(records);
    this.#log.close();
    const path = (file: keyof typeof RESULT_FILES): string => resultPath(this.#folder.path, file);
    const sweptKeys = manifest.sweep.map(({ key }) => key);
    writeFileAtomic(path('trials'), records.map(trialLine).join(''));
    writeFileAtomic(path('summary'), summaryCsv(summarise(records), sweptKeys));
    const files = ['config', 'trials', 'summary'] as (keyof typeof RESULT_FILES)[];
    if (this.#writeQueries(path('queries'), records, places)) files.push('queries');
    const finished: Manifest = {
      ...manifest,
      complete: true,
      files: Object.fromEntries(files.map((file) => [RESULT_FILES[file], sha256(readFileSync(path(file)))])),
      digests: Object.fromEntries(records.filter(({ sharedWith }) => sharedWith === undefined).map(({ key, digest }) => [key.index, digest])),
    };
    writeFileAtomic(path('manifest'), manifestText(finished));
    this.#removePending();
    return records;
  }

  /** Writes a file beside the results, such as `run.json` or `trace.json`. */
  writeFile(file: keyof typeof RESULT_FILES, content: string): void {
    writeFileAtomic(resultPath(this.#folder.path, file), content);
  }

  /** Gives the folder back. What has been saved stays. */
  close(): void {
    try {
      this.#log.close();
    } catch {
      // Closed by `finish`.
    }
    this.#folder.lock.release();
  }

  #begin(canonical: HumanObject): void {
    const folder = this.#folder.path;
    writing(folder, () => { makeFolder(join(folder, WORK_FILES.pending)); });
    writeFileAtomic(resultPath(folder, 'config'), configText(this.#manifest.name, canonical));
    // The manifest comes last: a folder without one holds nothing worth resuming.
    writeFileAtomic(resultPath(folder, 'manifest'), manifestText(this.#manifest));
  }

  /** Finds the runs that ended: their line is whole, names a planned run, and their queries are there. */
  #recover(): void {
    const nameOf = ({ cell, system, seed }: TrialRecord['key']): string => JSON.stringify([cell, system, seed]);
    const planned = new Map(this.#plan.map((trial) => [nameOf(trial.key), trial]));
    for (const saved of readTrialLog(resultPath(this.#folder.path, 'trials'))) {
      const trial = planned.get(nameOf(saved.key));
      if (saved.sharedWith !== undefined || trial === undefined || trial.sharedWith !== undefined) continue;
      // A folder that was finished, or nearly, numbers its trials by the seeds that were run; the plan by all there may be.
      const record: TrialRecord = { ...saved, key: trial.key };
      if (this.wasComplete || this.#hasQueries(record)) this.#done.set(trial.key.index, record);
    }
    if (this.wasComplete) this.#removePending();
    else writing(this.#folder.path, () => { makeFolder(join(this.#folder.path, WORK_FILES.pending)); });
  }

  #hasQueries(record: TrialRecord): boolean {
    const path = this.#pendingPath(record.key.index);
    if (!existsSync(path)) return record.queryRows === 0;
    const table = decodeQueries(readFileSync(path));
    return table !== undefined && rowsOf(table) === record.queryRows;
  }

  /** The records of the trials at these places of the plan, numbered from 0. */
  #recordsAt(places: readonly number[]): TrialRecord[] {
    const numbers = new Map(places.map((place, number) => [place, number]));
    return places.map((place, number) => {
      const trial = this.#plan[place];
      const run = this.#done.get(trial.sharedWith ?? place);
      if (run === undefined) throw new Error(`trial ${place} has not ended`);
      const record = trial.sharedWith === undefined ? run : shareRecord(trial, run, this.#plan[trial.sharedWith]);
      const key = { ...record.key, index: number };
      return record.sharedWith === undefined ? { ...record, key } : { ...record, key, sharedWith: numbers.get(record.sharedWith)! };
    });
  }

  #sharersOf(run: TrialRecord): TrialRecord[] {
    const planned = this.#plan[run.key.index];
    return (this.#sharers.get(run.key.index) ?? []).map((trial) => shareRecord(trial, run, planned));
  }

  /** Folds the queries of all runs into one file, in plan order. False if no run has any. */
  #writeQueries(path: string, records: readonly TrialRecord[], places: readonly number[]): boolean {
    const runs = records.filter(({ queryRows }) => queryRows > 0);
    if (runs.length === 0) return false;
    const writer = new QueriesWriter(path, this.#manifest.sweep);
    try {
      for (const run of runs) {
        const pending = this.#pendingPath(places[run.key.index]);
        const table = decodeQueries(readFileSync(pending));
        if (table === undefined) throw new OutputError(`${pending} is damaged; delete it and --resume`);
        writer.append(run.key, table);
      }
    } catch (error) {
      writer.abandon();
      throw error;
    }
    writer.commit();
    return true;
  }

  #checkComplete(records: readonly TrialRecord[]): readonly TrialRecord[] {
    for (const [name, hash] of Object.entries(this.#folder.resumed?.files ?? {})) {
      const path = join(this.#folder.path, name);
      if (!existsSync(path) || sha256(readFileSync(path)) !== hash) {
        throw new OutputError(`${path} is not as it was written; give --force to run the experiment again`);
      }
    }
    return records;
  }

  #pendingPath(index: number): string {
    return join(this.#folder.path, WORK_FILES.pending, `${index}.queries`);
  }

  #removePending(): void {
    rmSync(join(this.#folder.path, WORK_FILES.pending), { recursive: true, force: true });
  }
}

function recordFor(trial: PlannedTrial, outcome: FinishedTrial['outcome'], queryRows: number): TrialRecord {
  // Through JSON and back, so that a record is the same whether it was just made or read from disk.
  return JSON.parse(JSON.stringify({ key: trial.key, queryRows, ...outcome, flags: withLimits(outcome.flags, [], trial.limits) })) as TrialRecord;
}

/** The record of a trial that shares a run: the same findings under its own key, with its own limits. */
function shareRecord(trial: PlannedTrial, run: TrialRecord, runTrial: PlannedTrial): TrialRecord {
  return { ...run, key: trial.key, sharedWith: run.key.index, queryRows: 0, flags: withLimits(run.flags, runTrial.limits, trial.limits) };
}

function withLimits(flags: Readonly<Record<string, number>>, before: readonly string[], after: readonly string[]): Record<string, number> {
  const rest = Object.entries(flags).filter(([flag]) => !before.includes(flag));
  return Object.fromEntries([...rest, ...after.map((limit): [string, number] => [limit, 1])]);
}

function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** `config.resolved.yaml`: every key, defaults written out, in units a person reads. */
export function configText(name: string, canonical: HumanObject): string {
  return `# Every key of ${name}, defaults written out. Running this file gives the same results.\n${stringify(canonical, { lineWidth: 0 })}`;
}

