/** Runs the experiment command in this process, with the stand-in for the simulation, and catches what it prints. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { main } from '../../../experiments/cli/main.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const FAKE_TRIAL = new URL('../fake-trial.ts', import.meta.url).href;

export async function command(
  argv: readonly string[],
  options: { readonly writeReport?: (folder: string) => Promise<void>; readonly interrupted?: AbortSignal } = {},
): Promise<CommandResult> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main(argv, {
    stdout,
    stderr,
    columns: 100,
    interrupted: options.interrupted ?? new AbortController().signal,
    writeReport: options.writeReport ?? (() => Promise.resolve()),
    trialModule: FAKE_TRIAL,
  });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

/** A config of 2 cells × 4 systems × 2 seeds in a file; 10 of its 16 trials are run. */
export const SMALL = 'name: small\nquestion: How many?\nseeds: 2\nmeasure: {requests: 20}\nsweep: {placement.replicas: [2, 3]}\n';

/** Writes a config into a folder and gives its path. */
export function configFile(folder: string, yaml = SMALL): string {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, yaml);
  return file;
}

/** Name → bytes in hexadecimal of every file of a results folder, but `run.json`. */
export function resultBytes(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'run.json' && statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(folder, name)).toString('hex')]));
}
