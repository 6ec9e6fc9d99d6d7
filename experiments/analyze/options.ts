/** The command line of `npm run analyze`: what may be asked, and how it is checked. */
import yargs from 'yargs';
import { kvBytesPerToken, modelByName } from '../../sim/hardware/model-catalogue.ts';
import { GENERATED_PREFIX, GENERATED_TRACES } from '../../workloads/trace-generators/generated-trace.ts';
import type { GenericColumns } from '../../workloads/traces/generic.ts';
import { nearest } from '../../workloads/text/nearest.ts';
import { TRACE_FORMATS, traceFormat } from '../../workloads/traces/open-trace.ts';
import type { TraceFormat } from '../../workloads/traces/open-trace.ts';
import { parseQuantity } from '../config/units.ts';
import type { Dimension } from '../config/units.ts';

/** Bad usage or bad input: one line, exit code 2. */
export class UsageError extends Error {}

export interface AnalyzeOptions {
  readonly trace: string;
  /** Undefined: found from the first line. */
  readonly format: TraceFormat | undefined;
  readonly blockTokens: number;
  readonly reuse: 'chunk' | 'prefix';
  readonly columns: GenericColumns;
  readonly arrivalUnit: 's' | 'ms' | 'us' | 'ns' | undefined;
  readonly sortWindow: number;
  readonly rateScale: number;
  readonly fromNs: number;
  readonly toNs: number | undefined;
  readonly limit: number | undefined;
  readonly usableAfterNs: readonly number[];
  readonly nodes: readonly number[];
  readonly model: string;
  readonly kvBytesPerToken: number;
  /** Capacity of one node's cache; undefined: unbounded. */
  readonly capacityBytes: number | undefined;
  readonly seed: string;
  readonly requests: number;
  /** Undefined: the default folder, or none with --json. */
  readonly out: string | undefined;
  /** File to write the records to, in Mooncake's format. */
  readonly save: string | undefined;
  readonly json: boolean;
  readonly charts: boolean;
}

const COLUMN_KEYS = ['arrival', 'input', 'output', 'blocks', 'session', 'tenant'] as const;

const EPILOGUE = `Formats (found from the first line unless --format says otherwise)
  mooncake  {"timestamp": ms, "input_length": n, "output_length": n, "hash_ids": [one per block]} a line
  azure     TIMESTAMP,ContextTokens,GeneratedTokens
  burstgpt  Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
  csv       any header with an arrival, input tokens and output tokens; block hashes, session, tenant if there are any
  jsonl     the same as one JSON object a line
  ${GENERATED_TRACES.map((name) => GENERATED_PREFIX + name).join(', ')}
            made here, of --requests requests, from --seed

Own logs: write one line a request, for example
  arrival,input tokens,output tokens,block hashes
  0.000,1300,80,"a1 b7 c9"
with a hash for each --block-tokens tokens of the prompt (chained, so that it stands for all before it too).
Without hashes, lengths and arrivals are analysed, reuse cannot be.`;

/** Parses arguments. @throws UsageError with one line on anything that is not understood. */
export function parseArguments(argv: readonly string[]): AnalyzeOptions {
  const parser = yargs(withNegatives(argv))
    .scriptName('npm run analyze --')
    .locale('en')
    .usage('$0 <trace> [options]\n\nTells, before anything is simulated, how often the prompts of a trace repeat, how skewed and how far apart repeats are, how large a cache has to be, and what a cache shared between nodes is worth: in words, tables and charts.')
    .parserConfiguration({ 'parse-numbers': false, 'duplicate-arguments-array': false })
    .option('format', { type: 'string', default: 'auto', describe: `auto or ${TRACE_FORMATS.join(', ')}` })
    .option('block-tokens', { type: 'string', default: '512', describe: 'Tokens that one block hash stands for' })
    .option('reuse', { type: 'string', default: 'prefix', choices: ['prefix', 'chunk'], describe: 'Whether a hash stands for its prefix too, or for a chunk that can be reused anywhere' })
    .option('column', { type: 'string', array: true, nargs: 1, default: [] as string[], describe: 'Name of a column in csv or jsonl: --column arrival=ts (also input, output, blocks, session, tenant)' })
    .option('arrival-unit', { type: 'string', choices: ['s', 'ms', 'us', 'ns'], describe: 'Unit of numeric arrivals in csv or jsonl; default from the column name, else s' })
    .option('sort-window', { type: 'string', default: '4096', describe: 'How many places out of order a record may stand' })
    .option('from', { type: 'string', default: '0s', describe: 'Start of the part to analyse, in trace time, such as 10min' })
    .option('to', { type: 'string', describe: 'End of the part to analyse' })
    .option('limit', { type: 'string', describe: 'At most so many requests' })
    .option('rate-scale', { type: 'string', default: '1', describe: 'Arrivals this many times as fast' })
    .option('usable-after', { type: 'string', default: '0s,5s,10s', describe: 'When a computed block can be used, for the unbounded cache' })
    .option('nodes', { type: 'string', default: '1,2,4,8,16', describe: 'Numbers of nodes to compare own caches with a shared one for' })
    .option('model', { type: 'string', default: 'Llama-3.1-8B', describe: 'Model whose KV size turns tokens into bytes' })
    .option('capacity', { type: 'string', describe: 'KV cache of one node, such as 64GiB; default unbounded' })
    .option('seed', { type: 'string', default: '1', describe: 'Seed of a generated trace' })
    .option('requests', { type: 'string', default: '12000', describe: 'Length of a generated trace' })
    .option('out', { type: 'string', describe: 'Folder for analysis.json and the charts; default results/analysis/<trace>, none with --json' })
    .option('save', { type: 'string', describe: 'Also write the trace to this file, in the mooncake format' })
    .option('charts', { type: 'boolean', default: true, describe: 'Draw charts (--no-charts: only print)' })
    .option('json', { type: 'boolean', default: false, describe: 'Print the analysis as JSON, nothing else' })
    .example('$0 trace.jsonl', 'any supported format')
    .example('$0 log.csv --column arrival=ts --capacity 64GiB --nodes 1,8', 'own log, 64 GiB of KV a node')
    .example('$0 generated:mooncake --save trace.jsonl', 'made here, and kept')
    .example('$0 trace.jsonl --json', 'for programs')
    .epilogue(EPILOGUE)
    .demandCommand(1, 'name a trace file')
    .version(false)
    .help()
    .alias('h', 'help')
    .wrap(110)
    .strict()
    .exitProcess(false)
    .fail((message: string, error: Error | undefined) => {
      throw new UsageError(usageMessage(message === '' ? (error?.message ?? 'bad arguments') : message));
    });
  const parsed = parser.parseSync();
  const [trace, ...more] = parsed._.map(String);
  for (const [option, value] of Object.entries(parsed)) if (value === '' && option !== '_') throw new UsageError(`--${option}: expected a value`);
  if (more.length > 0) throw new UsageError(`one trace at a time: got ${[trace, ...more].join(' and ')}`);
  const model = attempt('--model', () => modelByName(parsed.model));
  return {
    trace,
    format: parsed.format.toLowerCase() === 'auto' ? undefined : attempt('--format', () => traceFormat(parsed.format)),
    blockTokens: wholeNumber('--block-tokens', parsed.blockTokens, 1),
    reuse: parsed.reuse === 'chunk' ? 'chunk' : 'prefix',
    columns: columnsOf(parsed.column),
    arrivalUnit: parsed.arrivalUnit as AnalyzeOptions['arrivalUnit'],
    sortWindow: wholeNumber('--sort-window', parsed.sortWindow, 0),
    rateScale: positiveNumber('--rate-scale', parsed.rateScale),
    fromNs: quantity('--from', 'duration', parsed.from),
    toNs: parsed.to === undefined ? undefined : quantity('--to', 'duration', parsed.to),
    limit: parsed.limit === undefined ? undefined : wholeNumber('--limit', parsed.limit, 1),
    usableAfterNs: listOf('--usable-after', parsed.usableAfter).map((text) => quantity('--usable-after', 'duration', text)),
    nodes: listOf('--nodes', parsed.nodes).map((text) => wholeNumber('--nodes', text, 1, 1024)),
    model: model.name,
    kvBytesPerToken: kvBytesPerToken(model),
    capacityBytes: parsed.capacity === undefined ? undefined : quantity('--capacity', 'size', parsed.capacity),
    seed: parsed.seed,
    requests: wholeNumber('--requests', parsed.requests, 1, 100_000_000),
    out: parsed.out,
    save: parsed.save,
    json: parsed.json,
    charts: parsed.charts,
  };
}

/** Whether the arguments ask for help only, which yargs has then printed. */
export function asksForHelp(argv: readonly string[]): boolean {
  return argv.includes('--help') || argv.includes('-h');
}

/** `--from -1s` as `--from=-1s`: else yargs takes -1s for options named 1 and s, and complains of those. */
function withNegatives(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const argument of argv) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(argument) && before?.startsWith('--') === true && !before.includes('=')) joined[joined.length - 1] = `${before}=${argument}`;
    else joined.push(argument);
  }
  return joined;
}

const OPTION_NAMES = [
  'format', 'block-tokens', 'reuse', 'column', 'arrival-unit', 'sort-window', 'from', 'to', 'limit', 'rate-scale', 'usable-after', 'nodes', 'model', 'capacity', 'seed', 'requests', 'out', 'save', 'charts', 'json', 'help',
];

/** What yargs complains of, in one line; with the nearest option where one is unknown. */
function usageMessage(message: string): string {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  const near = unknown === undefined ? undefined : nearest(unknown, OPTION_NAMES);
  return oneLine(message) + (near === undefined ? '' : `; did you mean --${near}?`);
}

function oneLine(text: string): string {
  return text.trim().split('\n').map((line) => line.trim()).filter((line) => line !== '').join('; ');
}

function attempt<T>(option: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw new UsageError(`${option}: ${oneLine(error instanceof Error ? error.message : String(error))}`);
  }
}

function quantity(option: string, dimension: Dimension, text: string): number {
  return attempt(option, () => parseQuantity(dimension, text));
}

function wholeNumber(option: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = /^\d{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new UsageError(`${option}: expected a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}, got ${JSON.stringify(text)}`);
  return value;
}

function positiveNumber(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value > 0 && value <= 1e9)) throw new UsageError(`${option}: expected a number above 0, got ${JSON.stringify(text)}`);
  return value;
}

function listOf(option: string, text: string): string[] {
  const items = text.split(',').map((item) => item.trim()).filter((item) => item !== '');
  if (items.length === 0) throw new UsageError(`${option}: expected a list such as 1,2,4, got ${JSON.stringify(text)}`);
  return items;
}

function columnsOf(given: readonly string[]): GenericColumns {
  const columns: Partial<Record<(typeof COLUMN_KEYS)[number], string>> = {};
  for (const text of given) {
    const equals = text.indexOf('=');
    const key = COLUMN_KEYS.find((known) => known === text.slice(0, Math.max(0, equals)));
    if (key === undefined || equals === text.length - 1) throw new UsageError(`--column: expected ${COLUMN_KEYS.join(', ')} = a column name, such as arrival=ts; got ${JSON.stringify(text)}`);
    columns[key] = text.slice(equals + 1);
  }
  return columns;
}
