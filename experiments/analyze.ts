/** `npm run analyze -- trace.jsonl`: what a trace promises, before anything is simulated. Exit code 2 on bad usage or input. */
import { UsageError, asksForHelp, parseArguments } from './analyze/options.ts';
import { runAnalysis } from './analyze/run.ts';
import { OutputError } from './writer/output-error.ts';

const arguments_ = process.argv.slice(2);
// A reader that has seen enough (`| head`) closes the pipe: no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
try {
  const options = parseArguments(arguments_);
  if (!asksForHelp(arguments_)) process.stdout.write(await runAnalysis(options));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof OutputError)) throw error;
  process.stderr.write(`analyze: ${error.message}\n`);
  process.exitCode = 2;
}
