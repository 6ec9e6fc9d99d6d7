import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { QueryReader, readResults } from '../../../experiments/results/reader.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { command, configFile, resultBytes, SMALL } from './command.ts';

describe('the command', () => {
  it('lists the configs and what each answers', async () => {
    const { code, stdout } = await command([]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/configs\/replication\.yaml +\S/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('explains itself with examples', async () => {
    const { code, stdout } = await command(['--help']);
    expect(code).toBe(0);
    for (const text of ['--set', '--resume', '--dry-run', 'npm run experiment -- configs/replication.yaml']) expect(stdout).toContain(text);
  });

  it('says what a run would cost, and writes nothing', async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await command([configFile(folder), '--dry-run', '--out', join(folder, 'out')]);
    expect(code).toBe(0);
    expect(stdout).toContain('2 cells × 4 systems × 2 seeds = 16 trials, of which 10 are run');
    expect(stdout).toMatch(/P2P-RAGCache +4 +4 +0\n/);
    expect(stdout).toMatch(/Central disk +4 +2 +2\n/);
    expect(stdout).toMatch(/Estimate: about \d+ s with \d+ jobs?, \d+ MB of memory, \d+ MB of disk/);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('writes the same bytes with one worker and with two, run again, and with a trace', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder);
    const bytes: Record<string, string>[] = [];
    for (const options of [['--jobs', '1'], ['--jobs', '2'], ['--jobs', '1', '--trace']]) {
      const out = join(folder, String(bytes.length));
      const { code, stderr } = await command([config, '--out', out, ...options]);
      expect(code, stderr).toBe(0);
      bytes.push(resultBytes(out));
    }
    expect(Object.keys(bytes[0])).toEqual(['config.resolved.yaml', 'manifest.json', 'queries.parquet', 'summary.csv', 'trials.jsonl']);
    expect(bytes[1]).toEqual(bytes[0]);
    const { 'trace.json': trace, ...rest } = bytes[2];
    expect(rest).toEqual(bytes[0]);
    expect(JSON.parse(Buffer.from(trace, 'hex').toString('utf8'))).toHaveProperty('traceEvents');
  });

  it('shows a table of systems by swept values, with one row for cells that share a run', async () => {
    const folder = temporaryFolder();
    const { stdout } = await command([configFile(folder), '--out', join(folder, 'out'), '--jobs', '1']);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^System +replicas +TTFT mean ms +P99 ms +Req\/s +Hits +Busiest resource$/);
    expect(lines.filter((line) => line.startsWith('P2P-RAGCache'))).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('No reuse'))).toHaveLength(1);
    expect(lines.find((line) => line.startsWith('No reuse'))).toMatch(/any +\d+ ± \d/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(stdout).toContain('note: fake flag (4 times)');
    expect(stdout).toContain(`Report: ${join(folder, 'out', 'report.html')}`);
  });

  it('writes results that read back: trials in order, shares, intervals, and the queries of every trial', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    await command([configFile(folder, `${SMALL}cluster: {nodes: 2}\n`), '--out', out, '--jobs', '1', '--no-report']);
    const results = await readResults(out);
    expect(results.manifest).toMatchObject({ name: 'small', trials: 16, runs: 8, complete: true, seeds: ['1', '2'] });
    expect(results.trials.map(({ key }) => key.index)).toEqual(Array.from({ length: 16 }, (_, i) => i));
    // With two nodes there is room for two replicas only, so the second cell of P2P shares the first.
    expect(results.trials.slice(8).map(({ sharedWith }) => sharedWith)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(results.trials[14].flags).toEqual({ 'fake flag': 1, 'fetch.sources 5 limited to 1, the other nodes': 1, 'placement.replicas 3 limited to 2, the nodes': 1 });
    const reader = (await QueryReader.open(results))!;
    for (const { key, sharedWith, queryRows, metrics } of results.trials) {
      const { ttftNs, trial, request } = await reader.read(key.index, ['ttftNs', 'trial', 'request']);
      expect(queryRows).toBe(sharedWith === undefined ? 20 : 0);
      expect(reader.rows(key.index)).toBe(20);
      expect(request).toEqual(Int32Array.from({ length: 20 }, (_, i) => i));
      expect(trial[0]).toBe(sharedWith ?? key.index);
      const mean = (ttftNs as Float64Array).reduce((sum, ns) => sum + ns, 0) / 20 / 1e6;
      expect(mean).toBeCloseTo(metrics['ttftMeanMs'], 9);
    }
    await reader.close();
  });

  it('ends an interrupted run with the way to go on, and resumes to the same bytes', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder);
    const out = join(folder, 'out');
    const controller = new AbortController();
    controller.abort(130);
    const interrupted = await command([config, '--out', out, '--jobs', '1', '--force'], { interrupted: controller.signal });
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain(`interrupted: 0 of 10 trials are kept; go on with\n  npm run experiment -- ${config} --out ${out} --jobs 1 --resume\n`);
    expect(readdirSync(out).sort()).toEqual(['.pending', 'config.resolved.yaml', 'manifest.json', 'trials.jsonl']);
    expect((await command([config, '--out', out])).stderr).toContain('holds an unfinished experiment; give --resume to go on with it, --force');
    expect((await command([config, '--out', out, '--jobs', '1', '--resume'])).code).toBe(0);
    const whole = join(folder, 'whole');
    await command([config, '--out', whole, '--jobs', '1']);
    expect(resultBytes(out)).toEqual(resultBytes(whole));
  });

  it('resumes from any prefix of its log to the same bytes, damaged query files included', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder);
    const whole = join(folder, 'whole');
    await command([config, '--out', whole, '--jobs', '1']);
    const out = join(folder, 'out');
    const stop = new AbortController();
    // Stopped after its first trial: the signal is looked at between two trials.
    const stopped = command([config, '--out', out, '--jobs', '1'], { interrupted: stop.signal });
    while (!existsSync(join(out, '.pending', '0.queries'))) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort(130);
    expect((await stopped).code).toBe(130);
    const log = readFileSync(join(out, 'trials.jsonl'));
    for (const keep of [0, 100, log.length - 1]) {
      writeFileSync(join(out, 'trials.jsonl'), log.subarray(0, keep));
      writeFileSync(join(out, '.pending', '0.queries'), 'damaged');
      const again = new AbortController();
      again.abort(130);
      await command([config, '--out', out, '--jobs', '1', '--resume'], { interrupted: again.signal });
    }
    expect((await command([config, '--out', out, '--jobs', '1', '--resume'])).code).toBe(0);
    expect(resultBytes(out)).toEqual(resultBytes(whole));
  });

  it('starts afresh when told to resume where there is nothing', async () => {
    const folder = temporaryFolder();
    expect((await command([configFile(folder), '--out', join(folder, 'out'), '--jobs', '1', '--resume'])).code).toBe(0);
  });

  it('names a trial that fails and the command that runs it alone; the others are kept', async () => {
    const folder = temporaryFolder();
    const config = configFile(folder);
    const { code, stderr } = await command([config, '--out', join(folder, 'out'), '--jobs', '1', '--set', 'seeds=[1, boom]', '--set', 'network.up=1Gbps']);
    expect(code).toBe(1);
    expect(stderr).toContain('error: trial 1 (no-reuse, placement.replicas=2, seed boom) failed: the trial was told to fail\n1 of 10 trials are kept');
    const replay = /npm run experiment -- (.*) --out results\/replay --force/.exec(stderr)![1];
    const argv = [...replay.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] || match[2]);
    const alone = await command([...argv, '--out', join(folder, 'replay'), '--jobs', '1']);
    expect(alone.stderr).toContain('error: trial 0 (no-reuse, the only cell, seed boom) failed');
  });

  it('keeps the results when the report fails', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    const { code, stderr } = await command([configFile(folder), '--out', out, '--jobs', '1'], { writeReport: () => Promise.reject(new Error('no font')) });
    expect(code).toBe(1);
    expect(stderr).toContain('error: no font (10 of 10 trials are kept; go on with: npm run experiment --');
    await expect(readResults(out)).resolves.toMatchObject({ manifest: { complete: true } });
    expect((await command([configFile(folder), '--out', out, '--resume'])).code).toBe(0);
  });

  it('refuses to go on from results that somebody changed', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out');
    await command([configFile(folder), '--out', out, '--jobs', '1']);
    rmSync(join(out, 'summary.csv'));
    expect((await command([configFile(folder), '--out', out, '--resume'])).stderr).toContain('is not as it was written');
  });
});
