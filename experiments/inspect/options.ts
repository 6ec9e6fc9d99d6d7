/** The command line of `npm run inspect`. */
import yargs from 'yargs';

/** Bad usage or input: one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Requests that may be named by their rank of TTFT, with its percentile. */
export const RANKED = { fastest: 0, median: 50, p95: 95, p99: 99, slowest: 100 } as const;

export interface InspectOptions {
  readonly folder: string;
  /** An id, or a rank of TTFT among the measured requests. */
  readonly request: number | keyof typeof RANKED;
  /** Index of the trial; undefined: the first that fits the others. */
  readonly trial: number | undefined;
  readonly system: string | undefined;
  readonly seed: string | undefined;
  /** Help that was asked for. */
  readonly print: string | undefined;
}

const USAGE = `Tells the story of one request of a finished experiment, from what is saved in its folder.

  npm run inspect -- results/<name> --request <id or rank> [options]`;

const EPILOGUE = `Requests of the warm-up leave no record. Without --trial it is the first trial of P2P-RAGCache, or of the system and seed named; trials are
numbered as in trials.jsonl. Exit code 2 for a folder, trial or request that is not there.`.replaceAll('\n', ' ');

/** Parses the arguments. @throws UsageError, one line. */
export function parseArguments(argv: readonly string[], columns: number): InspectOptions {
  let print: string | undefined;
  const parser = yargs([...argv])
    .scriptName('npm run inspect --')
    .locale('en')
    .usage(USAGE)
    .option('request', { type: 'string', describe: `Id of the request, or one of ${Object.keys(RANKED).join(', ')} by TTFT` })
    .option('trial', { type: 'string', describe: 'Number of the trial' })
    .option('system', { type: 'string', describe: 'System of the trial, such as central-disk' })
    .option('seed', { type: 'string', describe: 'Seed of the trial' })
    .example([
      ['$0 results/replication --request 170', 'A request by its id'],
      ['$0 results/replication --request slowest --system central-disk', 'Why was it slow?'],
      ['$0 results/replication --request p99 --trial 15', 'Of one trial'],
    ])
    .epilogue(EPILOGUE)
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false, 'duplicate-arguments-array': false })
    .version(false)
    .help()
    .alias('help', 'h')
    .strictOptions()
    .exitProcess(false)
    .wrap(Math.min(columns, 110))
    .fail((message: string | null, error: Error | undefined) => {
      throw new UsageError(message ?? error?.message ?? 'the command line cannot be read');
    });
  // Asked for help, yargs calls this back with the text.
  const parsed = parser.parseSync([...argv], {}, (_error: unknown, _argv: unknown, output: string) => {
    if (output !== '') print = output;
  }) as unknown as Record<string, unknown>;
  const folders = (parsed['_'] as unknown[]).map(String);
  const request = parsed['request'] as string | undefined;
  if (print === undefined) {
    if (folders.length !== 1) throw new UsageError(`${folders.length} folders given; expected one results folder; --help explains`);
    if (request === undefined || request === '') throw new UsageError(`no request given; expected --request with an id or one of ${Object.keys(RANKED).join(', ')}`);
  }
  const trial = parsed['trial'] as string | undefined;
  return {
    folder: folders.at(0) ?? '',
    request: requestOf(request ?? '0'),
    trial: trial === undefined ? undefined : wholeNumber('trial', trial),
    system: parsed['system'] as string | undefined,
    seed: parsed['seed'] as string | undefined,
    print,
  };
}

function requestOf(text: string): InspectOptions['request'] {
  const ranked = (Object.keys(RANKED) as (keyof typeof RANKED)[]).find((name) => name === text);
  return ranked ?? wholeNumber('request', text, `, or one of ${Object.keys(RANKED).join(', ')}`);
}

function wholeNumber(option: string, text: string, more = ''): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${option} ${text}: expected a whole number${more}`);
  return Number(text);
}
