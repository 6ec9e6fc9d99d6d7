/** The command line of `npm run experiment`. */
import { availableParallelism } from 'node:os';
import yargs from 'yargs';
import { ConfigError } from '../config/config-error.ts';
import { nearestOption } from '../config/set.ts';

export interface Arguments {
  readonly configs: readonly string[];
  readonly set: readonly string[];
  readonly out: string | undefined;
  readonly jobs: number;
  readonly seeds: string | undefined;
  readonly resume: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly trace: boolean;
  readonly traceTrial: number | undefined;
  readonly report: boolean;
  /** Text to print instead of running: help or version. */
  readonly print: string | undefined;
}

const OPTIONS = {
  set: { type: 'string', requiresArg: true, describe: 'Set a config key: --set network.up=100Gbps. May be repeated', group: 'What to run:' },
  seeds: { type: 'string', requiresArg: true, describe: 'A count (5) or a list (1,2,7) of seeds', group: 'What to run:' },
  'dry-run': { type: 'boolean', default: false, describe: 'Show the trials and what they would cost, run none', group: 'What to run:' },
  out: { type: 'string', requiresArg: true, describe: 'Results folder [default: results/<name>]', group: 'Where to:' },
  resume: { type: 'boolean', default: false, describe: 'Go on with an interrupted experiment', group: 'Where to:' },
  force: { type: 'boolean', default: false, describe: 'Replace the results that are there', group: 'Where to:' },
  report: { type: 'boolean', default: true, describe: 'Draw figures and write the report; --no-report skips it', group: 'Where to:' },
  jobs: { type: 'string', requiresArg: true, describe: `Trials at once [default: ${availableParallelism()}, the processors here]`, group: 'How:' },
  trace: { type: 'boolean', default: false, describe: 'Write trace.json of one trial, for ui.perfetto.dev', group: 'How:' },
  'trace-trial': { type: 'string', requiresArg: true, describe: 'Which trial to trace, by its index in trials.jsonl', group: 'How:' },
} as const;

/** Options that take a value once; given twice, one of the values would be lost. */
const ONCE = ['seeds', 'out', 'jobs', 'trace-trial'] as const;

/**
 * Parses the arguments after the program name.
 * @throws ConfigError for an unknown option (the nearest is suggested) or a bad value.
 */
export async function parseArguments(argv: readonly string[], columns: number): Promise<Arguments> {
  let print: string | undefined;
  const parser = yargs([...argv])
    .scriptName('npm run experiment --')
    .usage('Runs the experiment that a config describes and writes a report.\n\n  npm run experiment                       list the configs and what each answers\n  npm run experiment -- <config> [options] run one')
    .options(OPTIONS)
    .example([
      ['$0 configs/replication.yaml', 'Run it; the report is results/replication/report.html'],
      ['$0 configs/replication.yaml --dry-run', 'How many trials, how long, how much memory'],
      ['$0 configs/replication.yaml --set cluster.gpu=H100 --out results/h100', 'The same question on other hardware'],
      ["$0 configs/replication.yaml --set 'sweep.network.up=[10Gbps, 100Gbps]'", 'Sweep one key more'],
      ['$0 configs/trace-replay.yaml --set workload.file=trace.jsonl', 'Replay a trace of your own'],
      ['$0 configs/replication.yaml --seeds 20 --jobs 8', 'Narrower intervals, on eight processors'],
      ['$0 configs/replication.yaml --resume', 'Go on after Ctrl-C, a crash or a full disk'],
    ])
    .epilogue('Keys, defaults and units: docs/CONFIG.md and configs/schema.json (completion in editors).')
    .parserConfiguration({ 'dot-notation': false, 'camel-case-expansion': false, 'parse-numbers': false, 'parse-positional-numbers': false })
    .help()
    .version(false)
    .alias('help', 'h')
    .exitProcess(false)
    .wrap(Math.min(columns, 110))
    .fail((message: string | null, error: Error | undefined) => {
      throw message === null && error !== undefined ? error : new ConfigError(message ?? 'the command line cannot be read');
    });
  const parsed = (await parser.parse([...argv], {}, (_error: unknown, _argv: unknown, output: string) => {
    if (output !== '') print = output;
  })) as Record<string, unknown>;
  refuseUnknown(parsed);
  for (const name of ONCE) if (Array.isArray(parsed[name])) throw new ConfigError({ at: `--${name}`, expected: 'is given twice' });
  const positional = (parsed['_'] as unknown[]).map(String);
  return {
    configs: positional,
    set: listOf(parsed['set']),
    out: textOf(parsed, 'out'),
    jobs: wholeNumber(parsed, 'jobs', 1, 1024) ?? availableParallelism(),
    seeds: textOf(parsed, 'seeds'),
    resume: parsed['resume'] === true,
    force: parsed['force'] === true,
    dryRun: parsed['dry-run'] === true,
    trace: parsed['trace'] === true || parsed['trace-trial'] !== undefined,
    traceTrial: wholeNumber(parsed, 'trace-trial', 0, Number.MAX_SAFE_INTEGER),
    report: parsed['report'] !== false,
    print,
  };
}

function refuseUnknown(parsed: Record<string, unknown>): void {
  const known = [...Object.keys(OPTIONS), 'no-report', 'help'];
  const unknown = Object.keys(parsed).find((key) => !known.includes(key) && !['_', '$0', 'h'].includes(key));
  if (unknown === undefined) return;
  const dashes = unknown.length === 1 ? '-' : '--';
  throw new ConfigError({ at: `${dashes}${unknown}`, expected: 'unknown option (--help lists them)', nearest: nearestOption(unknown, known) });
}

function listOf(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? (value as unknown[]) : [value]).filter((each) => typeof each === 'string');
}

function textOf(parsed: Record<string, unknown>, name: string): string | undefined {
  const value = parsed[name];
  if (typeof value !== 'string') return undefined;
  if (value === '') throw new ConfigError({ at: `--${name}`, expected: 'needs a value' });
  return value;
}

function wholeNumber(parsed: Record<string, unknown>, name: string, min: number, max: number): number | undefined {
  const text = textOf(parsed, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new ConfigError({ at: `--${name} ${text}`, expected: `expected a whole number of at least ${min}${max === 1024 ? ` and at most ${max}` : ''}` });
  }
  return value;
}
