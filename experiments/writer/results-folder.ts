/** Decides whether a folder may take results, and prepares it: nothing is written where the answer is no. */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { differingKeys } from '../config/differing-keys.ts';
import type { HumanObject } from '../config/human-value.ts';
import { parseYamlValue } from '../config/load.ts';
import { makeFolder } from '../files/make-folder.ts';
import { isLayoutName, resultPath, WORK_FILES } from '../results/layout.ts';
import type { Manifest } from '../results/manifest.ts';
import { FolderLock } from './folder-lock.ts';
import { OutputError, outputError } from './output-error.ts';

/** What to do with a folder that holds results already. */
export type FolderMode = 'new' | 'resume' | 'force';

/** A folder that is ours for the length of a run. */
export interface OpenFolder {
  readonly path: string;
  /** The manifest of the run to go on with; undefined for a fresh start. */
  readonly resumed: Manifest | undefined;
  readonly lock: FolderLock;
  /** Folders that had to be made, outermost first; removed again if the start fails. */
  readonly made: readonly string[];
}

/**
 * Makes the folder if need be, locks it, and checks what it holds against the run to come: its manifest, and its config
 * in human units, of which a refusal names the keys that differ.
 * @throws OutputError if it cannot be written, is in use, or is no results folder.
 * @throws ConfigError if it holds results and `mode` does not say what to do, or those of another config.
 */
export function openFolder(path: string, mode: FolderMode, manifest: Manifest, canonical: HumanObject): OpenFolder {
  const made = makeResultsFolder(path);
  let lock: FolderLock | undefined;
  try {
    refuseForeign(path);
    lock = FolderLock.acquire(path);
    const found = readFoundManifest(path);
    if (found !== undefined && mode === 'new') throw alreadyHolds(path, found);
    if (found !== undefined && mode === 'resume') {
      refuseOther(path, found, manifest, canonical);
      return { path, resumed: found, lock, made };
    }
    clear(path);
    return { path, resumed: undefined, lock, made };
  } catch (error) {
    lock?.release();
    removeMade(made);
    throw outputError(path, error);
  }
}

/** Undoes a start that failed: removes the layout's files and the folders that were made for it. */
export function abandonFolder(folder: OpenFolder): void {
  if (folder.resumed === undefined) clear(folder.path);
  folder.lock.release();
  removeMade(folder.made);
}

function makeResultsFolder(path: string): string[] {
  const made: string[] = [];
  for (let each = resolve(path); !existsSync(each); each = dirname(each)) made.unshift(each);
  try {
    if (existsSync(path) && !statSync(path).isDirectory()) throw new OutputError(`${path} is a file; expected a folder, or a name that is free`);
    makeFolder(path);
  } catch (error) {
    removeMade(made);
    throw outputError(path, error);
  }
  return made;
}

function removeMade(made: readonly string[]): void {
  for (const folder of [...made].reverse()) {
    try {
      rmdirSync(folder);
    } catch {
      // Not empty, or gone: somebody else's by now.
      return;
    }
  }
}

/** A folder with other things in it is not ours to write into, and even less to clear. */
function refuseForeign(path: string): void {
  const foreign = readdirSync(path).find((name) => !isLayoutName(name));
  if (foreign !== undefined && !existsSync(resultPath(path, 'manifest'))) {
    throw new OutputError(`${path} is not a results folder (it holds ${foreign}); choose another --out`);
  }
}

function readFoundManifest(path: string): Manifest | undefined {
  const file = resultPath(path, 'manifest');
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  } catch {
    throw new OutputError(`${file} is not valid JSON, so ${path} is not a results folder; choose another --out`);
  }
}

function alreadyHolds(path: string, found: Manifest): ConfigError {
  const state = found.complete ? 'holds the results of a finished experiment' : 'holds an unfinished experiment';
  const resume = found.complete ? '' : '--resume to go on with it, ';
  return new ConfigError({ at: path, expected: `${state}; give ${resume}--force to replace it, or another --out` });
}

function refuseOther(path: string, found: Manifest, wanted: Manifest, canonical: HumanObject): void {
  const refuse = (what: string): never => {
    throw new ConfigError({ at: path, expected: `cannot be resumed: ${what}; give --force to replace it, or another --out` });
  };
  const format: number = found.format;
  if (format !== wanted.format) refuse(`its results have format ${format}, this version writes ${wanted.format}`);
  if (found.package.version !== wanted.package.version) refuse(`it was begun by version ${found.package.version}, this is ${wanted.package.version}`);
  if (found.configHash !== wanted.configHash) refuse(`its config differs in ${describeDifference(path, canonical)}`);
  const changed = wanted.inputs.find(({ path: input, sha256 }) => !found.inputs.some((each) => each.path === input && each.sha256 === sha256));
  if (changed !== undefined) refuse(`the input ${changed.path} has changed since`);
}

function describeDifference(path: string, canonical: HumanObject): string {
  try {
    const before = parseYamlValue(readFileSync(resultPath(path, 'config'), 'utf8'), resultPath(path, 'config'));
    const keys = differingKeys(before, canonical);
    const shown = keys.slice(0, 5).join(', ');
    return keys.length > 5 ? `${shown} and ${keys.length - 5} more keys` : shown;
  } catch {
    return 'what its manifest says (config hash)';
  }
}

/** Removes the files of the layout but the lock; other files stay. */
function clear(path: string): void {
  for (const name of readdirSync(path)) {
    if (isLayoutName(name) && !name.startsWith(WORK_FILES.lock)) rmSync(join(path, name), { recursive: true, force: true });
  }
}
