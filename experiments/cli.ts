/** `npm run experiment`: the composition root. */
import { constants } from 'node:os';
import { main } from './cli/main.ts';

/** What a process ended by a signal is expected to exit with. */
const SIGNAL_EXIT = 128;

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const code = SIGNAL_EXIT + constants.signals[signal];
    // What has ended is on disk already, so a second request to stop is granted at once.
    if (controller.signal.aborted) process.exit(code);
    controller.abort(code);
  });
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  columns: process.stdout.isTTY ? process.stdout.columns : 100,
  interrupted: controller.signal,
  writeReport: async (folder, options) => {
    const { writeReport } = await import('../reports/report.ts');
    return writeReport(folder, options);
  },
});
