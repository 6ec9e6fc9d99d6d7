import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesText, countText, digits, durationText, percentText, tokensText } from '../../../experiments/analyze/number-text.ts';
import { UsageError, parseArguments } from '../../../experiments/analyze/options.ts';
import { runAnalysis } from '../../../experiments/analyze/run.ts';
import { bar, textTable } from '../../../experiments/analyze/table.ts';
import { OutputError } from '../../../experiments/writer/output-error.ts';

const MOONCAKE = '../shared/data/traces/mooncake_synthetic.jsonl';
const folder = mkdtempSync(join(tmpdir(), 'analyze-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const run = (...argv: string[]): Promise<string> => runAnalysis(parseArguments(argv));

interface Printed {
  readonly requests: number;
  readonly format: string;
  readonly skipped: Readonly<Record<string, number>>;
  readonly unbounded: readonly { readonly counts: { readonly unitHits: number } }[];
}

const log = join(folder, 'log.csv');
writeFileSync(log, 'when,prompt tokens,output tokens,block hashes,user\n0,1024,5,a b,u1\n1,1536,5,a b c,u2\n2,0,5,,u1\n3,1536,5,a b d,u1\n9,600,5,x y,u2\n');

describe('analyze', () => {
  it('tells all in words and tables', async () => {
    const text = await run(log, '--column', 'arrival=when', '--no-charts', '--out', join(folder, 'words'), '--nodes', '1,2', '--capacity', '1GiB');
    expect(text).toContain('4 requests in 9 s');
    expect(text).toContain('Of 10 blocks, 40.0 % had come before (43.6 % of prompt tokens)');
    expect(text).toContain('2 tenants; 33.3 % of the distinct blocks are used by more than one.');
    expect(text).toContain('Left out: 1 record (no input tokens).');
    expect(text).toContain('With 2 nodes and 1 GiB a node');
    expect(text.split('\n').every((line) => line.length <= 110)).toBe(true);
    expect(readdirSync(join(folder, 'words'))).toEqual(['analysis.json']);
  });

  it('draws charts: specification, SVG and PNG of each', async () => {
    const out = join(folder, 'charts');
    await run('generated:mooncake', '--requests', '300', '--out', out);
    const names = ['hits-by-cache-size', 'uses-by-rank', 'hits-by-nodes'];
    expect(readdirSync(out).sort()).toEqual(['analysis.json', ...names.flatMap((name) => [`${name}.vl.json`, `${name}.svg`, `${name}.png`])].sort());
    for (const name of names) {
      expect(readFileSync(join(out, `${name}.svg`), 'utf8')).toContain('</svg>');
      expect([...readFileSync(join(out, `${name}.png`)).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
      expect(JSON.parse(readFileSync(join(out, `${name}.vl.json`), 'utf8'))).toHaveProperty('vconcat');
    }
  });

  it('prints JSON alone for programs, the same each time, and writes nothing then', async () => {
    const first = await run('generated:mooncake', '--requests', '200', '--json', '--seed', '7');
    expect(await run('generated:mooncake', '--requests', '200', '--json', '--seed', '7')).toBe(first);
    expect(JSON.parse(first) as Printed).toMatchObject({ requests: 200, format: 'generated' });
    expect(existsSync(join('results', 'analysis', 'generated-mooncake'))).toBe(false);
  });

  it('saves a trace in the format of Mooncake that analyses to the same', async () => {
    const saved = join(folder, 'saved.jsonl');
    const made = JSON.parse(await run('generated:mooncake', '--requests', '300', '--json', '--save', saved)) as Printed;
    const read = JSON.parse(await run(saved, '--json')) as Printed;
    expect(read.format).toBe('mooncake');
    expect(read.unbounded).toEqual(made.unbounded);
    await expect(run('generated:mooncake', '--requests', '3', '--json', '--save', saved)).rejects.toThrow(`cannot write ${saved}: the file exists`);
  });

  it('works on a trace without hashes, and on a window without requests', async () => {
    const text = await run('generated:burstgpt', '--requests', '50', '--no-charts', '--out', join(folder, 'burst'));
    expect(text).toContain('The trace has no block hashes');
    expect(await run(log, '--column', 'arrival=when', '--from', '1h', '--no-charts', '--out', join(folder, 'none'))).toContain('There are no requests in this part of the trace.');
  });

  it.skipIf(!existsSync(MOONCAKE))(`says 64.0 %, 65.1 %, 63.55 % and 63.12 % of ${MOONCAKE} (skipped without the file)`, async () => {
    const text = await run(MOONCAKE, '--no-charts', '--out', join(folder, 'golden'), '--nodes', '16');
    expect(text).toContain('Of 121,877 blocks, 64.0 % had come before (65.1 % of prompt tokens)');
    expect(text).toContain('63.55 % if usable 5 s later, 63.12 % if usable 10 s later');
  });

  it.each<[string[], string]>([
    [[], 'name a trace file'],
    [['a', 'b'], 'one trace at a time: got a and b'],
    [['a', '--formt', 'x'], 'Unknown argument: formt; did you mean --format?'],
    [['a', '--format', 'mooncacke'], '--format: trace format "mooncacke": expected one of mooncake, azure, burstgpt, csv, jsonl; did you mean "mooncake"?'],
    [['a', '--nodes', '1,x'], '--nodes: expected a whole number from 1 to 1024, got "x"'],
    [['a', '--nodes', ','], '--nodes: expected a list such as 1,2,4, got ","'],
    [['a', '--capacity', '3parsecs'], '--capacity: '],
    [['a', '--from', '-1s'], '--from: '],
    [['a', '--rate-scale', '0'], '--rate-scale: expected a number above 0, got "0"'],
    [['a', '--column', 'arival=ts'], '--column: expected arrival, input, output, blocks, session, tenant = a column name'],
    [['a', '--model', 'Llama-9'], '--model: unknown model "Llama-9"'],
    [['a', '--out'], '--out: expected a value'],
    [['a', '--reuse', 'none'], 'Invalid values:'],
    [['a', '--limit', '1.5'], '--limit: expected a whole number from 1, got "1.5"'],
  ])('refuses %j in one line', async (argv, message) => {
    const error: unknown = await Promise.resolve().then(() => run(...argv)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain('\n');
  });

  it.each<[string[], string]>([
    [['nowhere.jsonl'], 'nowhere.jsonl: no such file'],
    [['generated:moncake'], 'did you mean "mooncake"?'],
    [[log], 'expected a header line with a column "arrival" or "timestamp" or "time"'],
    [[log, '--column', 'arrival=whn'], 'expected a header line with a column "whn", got "when,prompt tokens,output tokens,block hashes,user"; did you mean "when"?'],
    [[log, '--column', 'arrival=when', '--from', '5s', '--to', '5s'], 'window to'],
    [[log, '--column', 'arrival=when', '--block-tokens', '16'], '"block hashes": 1024 tokens in blocks of 16 make 64 hashes, got 2'],
  ])('refuses %j in one line, and writes nothing', async (argv, message) => {
    const out = join(folder, 'refused');
    await expect(run(...argv, '--out', out)).rejects.toThrow(message);
    await expect(run(...argv, '--out', out)).rejects.toBeInstanceOf(UsageError);
    expect(existsSync(out)).toBe(false);
  });

  it('says where it cannot write', async () => {
    await expect(run('generated:mooncake', '--requests', '3', '--no-charts', '--out', join(log, 'x'))).rejects.toBeInstanceOf(OutputError);
  });
});

describe('numbers and tables', () => {
  it('are short, and large ones readable', () => {
    expect([countText(121_877.4), percentText(0.63961), percentText(0.635526, 2), digits(3.9059), digits(17.03), digits(0)]).toEqual(['121,877', '64.0 %', '63.55 %', '3.91', '17', '0']);
    expect([bytesText(0), bytesText(1536), bytesText(2.75e12), durationText(0), durationText(0.0021), durationText(65.5), durationText(1022), durationText(9000), durationText(4e5)]).toEqual([
      '0 B', '1.5 KiB', '2.5 TiB', '0 s', '2.1 ms', '65.5 s', '17 min', '2.5 h', '4.63 days',
    ]);
    expect([tokensText(999), tokensText(3_145_728), tokensText(2e9)]).toEqual(['999', '3.15 M', '2 G']);
  });

  it('align, with bars in eighths', () => {
    expect(textTable(['name', 'n'], [['a', '10'], ['longer', '7']])).toEqual(['name     n', '──────  ──', 'a       10', 'longer   7']);
    expect([bar(0, 4), bar(0.5, 4), bar(0.53, 4), bar(2, 2)]).toEqual(['', '██', '██▏', '██']);
  });
});
