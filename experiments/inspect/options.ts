/** The command line of `npm run inspect`. */
import yargs from 'yargs';
import { UsageError, parseUsage } from '../cli/usage-parser.ts';

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
    ]);
  const { values: parsed, words, print } = parseUsage(parser, argv, EPILOGUE, columns);
  const request = parsed['request'] as string | undefined;
  if (print === undefined) {
    if (words.length !== 1) throw new UsageError(`${words.length} folders given; expected one results folder; --help explains`);
    if (request === undefined || request === '') throw new UsageError(`no request given; expected --request with an id or one of ${Object.keys(RANKED).join(', ')}`);
  }
  const trial = parsed['trial'] as string | undefined;
  return {
    folder: words.at(0) ?? '',
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
