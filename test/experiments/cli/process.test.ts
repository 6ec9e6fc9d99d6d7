/** The command as a process: exit codes, signals, kills, and a file system that is full. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { command, configFile, resultBytes } from './command.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const NODE = [process.execPath, '--import', 'tsx'];
const FAKE_CLI = [...NODE, 'test/experiments/fake-cli.ts'];

/** Each run takes a twentieth of a second of real time (see `fake-trial.ts`), so that a signal finds the sweep under way. */
const SLOW = 'name: slow\nseeds: 3\nmeasure: {requests: 20, warmup: 1050}\nsweep: {placement.replicas: [2, 3, 4]}\n';
const RUNS = 18;

function start(argv: readonly string[]): ChildProcess {
  return spawn(FAKE_CLI[0], [...FAKE_CLI.slice(1), ...argv], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Waits until at least so many lines are in the log of trials. */
async function linesLogged(out: string, count: number): Promise<void> {
  const log = join(out, 'trials.jsonl');
  for (;;) {
    if (existsSync(log) && readFileSync(log, 'utf8').split('\n').length > count) return;
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** Runs without interruption in this process. */
async function uninterrupted(folder: string, config: string): Promise<Record<string, string>> {
  const whole = join(folder, 'whole');
  const { code, stderr } = await command([config, '--out', whole, '--jobs', '1']);
  expect(code, stderr).toBe(0);
  return resultBytes(whole);
}

describe('the command as a process', () => {
  it('refuses bad input with one line and exit code 2', () => {
    const { status, stdout, stderr } = spawnSync(NODE[0], [...NODE.slice(1), 'experiments/cli.ts', 'configs/replication.yaml', '--set', '__proto__.x=1'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: 'error: --set __proto__.x=1: __proto__ is not allowed as a key\n' });
  });

  it('killed with -9 in the middle of a sweep, its log torn, resumes to the bytes of an uninterrupted run', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder, SLOW);
    const out = join(folder, 'out');
    const child = start([config, '--out', out, '--jobs', '2']);
    await linesLogged(out, 4);
    child.kill('SIGKILL');
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    appendFileSync(join(out, 'trials.jsonl'), '{"key":{"index":1');
    expect(existsSync(join(out, '.lock'))).toBe(true);
    const { code, stderr } = await command([config, '--out', out, '--jobs', '1', '--resume']);
    expect(code, stderr).toBe(0);
    expect(resultBytes(out)).toEqual(await uninterrupted(folder, config));
  });

  it('stopped with Ctrl-C keeps what has ended, says how to go on, and exits with 130', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder, SLOW);
    const out = join(folder, 'out');
    const child = start([config, '--out', out, '--jobs', '2']);
    let errors = '';
    child.stderr!.on('data', (text: Buffer) => (errors += text.toString()));
    await linesLogged(out, 2);
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(130);
    expect(errors).toMatch(new RegExp(`interrupted: \\d+ of ${RUNS} trials are kept; go on with\\n  npm run experiment -- .* --resume\\n$`));
    expect(existsSync(join(out, '.lock'))).toBe(false);
    expect((await command([config, '--out', out, '--jobs', '1', '--resume'])).code).toBe(0);
    expect(resultBytes(out)).toEqual(await uninterrupted(folder, config));
  });

  it.skipIf(process.platform === 'win32')('out of room in the middle of a sweep says so in one line, exits with 1, and can be resumed', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder, SLOW.replace('1050', '0'));
    const out = join(folder, 'out');
    // A limit on the size of a file, in blocks of 1024 bytes: the log of trials grows into it.
    const shell = `trap '' XFSZ; ulimit -f 8; exec "$@"`;
    const { status, stderr } = spawnSync('bash', ['-c', shell, 'bash', ...FAKE_CLI, config, '--out', out, '--jobs', '1'], { cwd: ROOT, encoding: 'utf8' });
    expect(status, stderr).toBe(1);
    expect(stderr).toMatch(/\nerror: cannot write [^\n]*trials\.jsonl: [^\n]*; \d+ of 18 trials are kept; free some space, then go on with: npm run experiment -- [^\n]* --resume\n$/);
    expect((await command([config, '--out', out, '--jobs', '1', '--resume'])).code).toBe(0);
    expect(resultBytes(out)).toEqual(await uninterrupted(folder, config));
  });
});
