/** Runs the studies that the technical report knows and has no results of, one after the other, each by the command a reader would type. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readManifest } from '../experiments/results/reader.ts';
import { CATALOGUE, type CatalogueEntry, commandOf } from './technical-report/catalogue.ts';

export interface MakeOptions {
  readonly results: string;
  /** Root of the project. */
  readonly project: string;
  /** Further arguments of every run, such as `--seeds 3`. */
  readonly extra: readonly string[];
  /** Show what each run would cost, and run none. */
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
}

/** Studies without finished results. */
export async function studiesToMake(results: string): Promise<CatalogueEntry[]> {
  const done = await Promise.all(CATALOGUE.map(async ({ folder }) => {
    const manifest = await readManifest(join(results, folder)).catch(() => undefined);
    return manifest?.complete === true;
  }));
  return CATALOGUE.filter((_, i) => !done[i]);
}

/** Arguments of `experiments/cli.ts` that make a study: it goes on with one that was interrupted, and does not draw its own report. */
export function argumentsOf(entry: CatalogueEntry, { results, extra, dryRun }: Pick<MakeOptions, 'results' | 'extra' | 'dryRun'>): string[] {
  return [join('configs', `${entry.config}.yaml`), ...entry.settings.filter((_, i, all) => !(extra.includes('--seeds') && (all[i] === '--seeds' || all[i - 1] === '--seeds'))), ...extra, '--out', join(results, entry.folder), ...(dryRun ? ['--dry-run'] : ['--resume', '--no-report'])];
}

/** @returns the studies that failed */
export async function makeStudies(options: MakeOptions): Promise<CatalogueEntry[]> {
  const failed: CatalogueEntry[] = [];
  const missing = await studiesToMake(options.results);
  for (const [i, entry] of missing.entries()) {
    options.say(`[${i + 1} of ${missing.length}] ${commandOf(entry)}`);
    const code = await run(['--import', 'tsx', join('experiments', 'cli.ts'), ...argumentsOf(entry, options)], options.project);
    if (code !== 0) failed.push(entry);
    // Ctrl-C stops the whole, not one study.
    if (code >= 128) break;
  }
  return failed;
}

function run(args: readonly string[], cwd: string): Promise<number> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' });
    child.on('error', () => { done(1); });
    child.on('exit', (code, signal) => { done(code ?? (signal === null ? 1 : 130)); });
  });
}
