/** How commands that take folders read their command lines with yargs: every problem is one line, and help is text to print. */
import type { Argv } from 'yargs';

/** Bad usage or input: one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was given: options by name, positional words under `_`; `print` is help that was asked for. */
export interface GivenOptions {
  readonly values: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
  readonly print: string | undefined;
}

/**
 * Parses with the options that the parser has by now. Numbers stay text, so that each command can say what it expected.
 * @throws UsageError for an option that does not exist or lacks its value.
 */
export function parseUsage(parser: Argv, argv: readonly string[], epilogue: string, columns: number): GivenOptions {
  let print: string | undefined;
  const values = parser
    .epilogue(epilogue)
    .parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false, 'camel-case-expansion': false, 'duplicate-arguments-array': false })
    .version(false)
    .help()
    .alias('help', 'h')
    .strictOptions()
    .exitProcess(false)
    .wrap(Math.min(columns, 110))
    .fail((message: string | null, error: Error | undefined) => {
      throw new UsageError(message ?? error?.message ?? 'the command line cannot be read');
    })
    // Asked for help, yargs calls this back with the text.
    .parseSync([...argv], {}, (_error: unknown, _argv: unknown, output: string) => {
      if (output !== '') print = output;
    }) as unknown as Record<string, unknown>;
  return { values, words: (values['_'] as unknown[]).map(String), print };
}
