/** Everything a user may get wrong: one clear line, exit code 2, nothing half-written. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderLock } from '../../../experiments/writer/folder-lock.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { command, configFile, resultBytes } from './command.ts';

/** Runs a config that must be refused; gives the line, with the folder cut out. */
async function refused(yaml: string, ...options: string[]): Promise<string> {
  const folder = temporaryFolder();
  const out = join(folder, 'out', 'deep');
  const { code, stdout, stderr } = await command([configFile(folder, yaml), '--out', out, ...options]);
  expect(code, stderr).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  expect(existsSync(join(folder, 'out')), 'nothing was written').toBe(false);
  return stderr.trimEnd().replaceAll(`${folder}/`, '');
}

describe('bad configs and settings', () => {
  it.each([
    ['an unknown key', 'name: a\nnetwrk: {}', [], 'error: config.yaml:2:1: netwrk: unknown key; did you mean network?'],
    ['a wrong unit', 'name: a\nnetwork: {up: 40GiB}', [], 'GiB is a unit of size; expected a bit rate such as 40Gbps'],
    ['a missing unit', 'name: a\nnetwork: {up: 40}', [], 'a plain number has no unit'],
    ['a negative size', 'name: a\ncluster: {memory: -1GiB}', [], 'must not be negative'],
    ['an empty sweep', 'name: a\nsweep: {placement.replicas: []}', [], 'the list is empty'],
    ['an unknown swept key', 'name: a\nsweep: {placement.replcas: [1]}', [], 'did you mean placement.replicas?'],
    ['an unknown system', 'name: a\nsystems: [p3p]', [], 'did you mean p2p?'],
    ['too few identifiers', 'name: a\noverlay: {idBits: 16}\ncluster: {nodes: 30000}', [], 'identifiers in a space of 16 bits'],
    ['a prototype', 'name: a', ['--set', '__proto__.x=1'], '__proto__ is not allowed as a key'],
    ['an unknown setting', 'name: a', ['--set', 'network.upp=1Gbps'], 'did you mean network.up?'],
    ['an unknown option', 'name: a', ['--seed', '3'], 'error: --seed: unknown option (--help lists them); did you mean --seeds?'],
    ['an unknown letter', 'name: a', ['-x'], '-x: unknown option'],
    ['a missing value', 'name: a', ['--seeds'], 'Not enough arguments following: seeds'],
    ['a bad count of jobs', 'name: a', ['--jobs', 'two'], '--jobs two: expected a whole number of at least 1'],
    ['no jobs', 'name: a', ['--jobs', '0'], 'expected a whole number of at least 1'],
    ['jobs twice', 'name: a', ['--jobs', '1', '--jobs', '2'], '--jobs: is given twice'],
    ['bad seeds', 'name: a', ['--seeds', '1,,2'], 'expected a count'],
    ['no seeds', 'name: a', ['--seeds', '0'], '--seeds 0: seeds: 0: expected a count from 1'],
    ['both resume and force', 'name: a', ['--resume', '--force'], 'exclude each other'],
    ['a trial that does not exist', 'name: a', ['--trace-trial', '9999'], 'has the trials 0 to 19'],
    ['too many trials', 'name: a\nseeds: 10000\nsweep: {fetch.sources: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26]}', [], '1040000 trials'],
  ])('%s', async (_, yaml, options, line) => {
    expect(await refused(yaml, ...options)).toContain(line);
  });

  it('a bomb of aliases', async () => {
    let bomb = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 12; i++) bomb += `a${i}: &a${i} [${Array(10).fill(`*a${i - 1}`).join(', ')}]\n`;
    expect(await refused(bomb)).toContain('aliases cannot be followed');
  });

  it('no config, a missing one with the nearest, two that write to one place', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder);
    expect(await command(['--jobs', '2'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no config given') as string });
    expect((await command([join(folder, 'confg.yaml')])).stderr).toBe(`error: ${join(folder, 'confg.yaml')}: no such file; did you mean ${config}?\n`);
    expect((await command([config, config, '--out', folder])).stderr).toContain('one folder for 2 configs');
    expect((await command([config, config])).stderr).toContain('both would write to results/small');
  });
});

describe('bad traces', () => {
  const trace = (file: string): string => `name: a\nworkload: {kind: trace, file: ${JSON.stringify(file)}}`;
  const line = (timestamp: number): string => `${JSON.stringify({ timestamp, input_length: 600, output_length: 3, hash_ids: [1, 2] })}\n`;

  it('missing, with the nearest file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mooncake.jsonl'), line(0));
    expect(await refused(trace(join(folder, 'moncake.jsonl')))).toBe(`error: ${join(folder, 'moncake.jsonl')}: no such file; did you mean ${join(folder, 'mooncake.jsonl')}?`);
  });

  it('missing, and no file is like it but for its ending', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'turns.jsonl'), line(0));
    expect(await refused(trace(join(folder, 'mixed.jsonl')))).toBe(`error: ${join(folder, 'mixed.jsonl')}: no such file`);
  });

  it('cut off in the middle of a line, with the line', async () => {
    const file = join(temporaryFolder(), 't.jsonl');
    writeFileSync(file, line(0) + line(1) + line(2).slice(0, 30));
    expect(await refused(trace(file))).toMatch(new RegExp(`^error: ${file}:3: `));
  });

  it('empty, or without a request in the window', async () => {
    const file = join(temporaryFolder(), 't.jsonl');
    writeFileSync(file, '');
    expect(await refused(trace(file))).toContain(`${file}:1: `);
    writeFileSync(file, line(0) + line(1));
    expect(await refused(trace(file), '--set', 'workload.window={from: 1h}')).toContain('no request of the trace lies in the window');
  });
});

describe('output that cannot be used', () => {
  it('below a file, or a file itself', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder);
    const below = await command([config, '--out', join(config, 'x', 'y')]);
    expect(below).toEqual({ code: 2, stdout: '', stderr: `error: cannot write ${join(config, 'x', 'y')}: a part of the path is a file, not a folder\n` });
    const itself = await command([config, '--out', config]);
    expect(itself).toMatchObject({ code: 2, stderr: `error: ${config} is a file; expected a folder, or a name that is free\n` });
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  it('a folder of something else, which is left alone even by --force', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder);
    const { code, stderr } = await command([config, '--out', folder, '--force']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `error: ${folder} is not a results folder (it holds config.yaml); choose another --out\n` });
    expect(readdirSync(folder)).toEqual(['config.yaml']);
  });

  it('a folder that another experiment is writing to', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    mkdirSync(out);
    const lock = FolderLock.acquire(out);
    const { code, stderr } = await command([configFile(folder), '--out', out]);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^error: ${out} is in use by process ${process.pid} since [^\\n]*\\n$`));
    expect(readdirSync(out)).toEqual(['.lock']);
    lock.release();
    expect((await command([configFile(folder), '--out', out, '--jobs', '1'])).code).toBe(0);
  });

  it('a folder with results, unless told to resume or to replace them', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    const config = configFile(folder);
    expect((await command([config, '--out', out, '--jobs', '1'])).code).toBe(0);
    const before = resultBytes(out);
    expect(await command([config, '--out', out])).toMatchObject({
      code: 2,
      stderr: `error: ${out}: holds the results of a finished experiment; give --force to replace it, or another --out\n`,
    });
    expect(await command([config, '--out', out, '--resume', '--set', 'network.up=1Gbps', '--seeds', '3'])).toMatchObject({
      code: 2,
      stderr: `error: ${out}: cannot be resumed: its config differs in seeds, network.up; give --force to replace it, or another --out\n`,
    });
    expect(resultBytes(out)).toEqual(before);
    expect((await command([config, '--out', out, '--resume'])).code).toBe(0);
    expect(resultBytes(out)).toEqual(before);
    expect((await command([config, '--out', out, '--force', '--seeds', '1', '--jobs', '1'])).code).toBe(0);
    expect(resultBytes(out)).not.toEqual(before);
  });
});
