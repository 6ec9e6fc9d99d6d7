/** The real command with the stand-in for the simulation and no report, for tests that must kill a process. */
import { main } from '../../experiments/cli/main.ts';

const controller = new AbortController();
process.on('SIGINT', () => {
  controller.abort(130);
});

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  columns: 100,
  interrupted: controller.signal,
  writeReport: () => Promise.resolve(),
  trialModule: new URL('./fake-trial.ts', import.meta.url).href,
});
