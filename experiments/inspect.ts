/** `npm run inspect -- results/x --request 170`: the story of one request. Exit code 2 on bad usage or input. */
import { UsageError } from './cli/usage-parser.ts';
import { runInspect } from './inspect/run.ts';

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  process.stdout.write(`${await runInspect(process.argv.slice(2), process.stdout.isTTY ? process.stdout.columns : 110)}\n`);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`inspect: ${error.message}\n`);
  process.exitCode = 2;
}
