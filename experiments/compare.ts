/** `npm run compare -- results/a results/b`: is the second worse? Exit code 1 if it is, 2 on bad usage or input. */
import { UsageError } from './cli/usage-parser.ts';
import { runCompare } from './compare/run.ts';
import { OutputError } from './writer/output-error.ts';

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  const { text, code } = await runCompare(process.argv.slice(2), process.stdout.isTTY ? process.stdout.columns : 120);
  process.stdout.write(`${text}\n`);
  process.exitCode = code;
} catch (error) {
  if (!(error instanceof UsageError || error instanceof OutputError)) throw error;
  process.stderr.write(`compare: ${error.message}\n`);
  process.exitCode = 2;
}
