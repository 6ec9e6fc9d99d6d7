/**
 * `npm run rope:page`: serves the page for a browser on this machine; with `--headless`, opens it in headless Chromium instead and prints what it
 * measured as JSON. `--gl hardware` leaves the choice of graphics to the browser, for machines with a device.
 */
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { HARDWARE_GL, runRopePage, SOFTWARE_GL } from './chromium.ts';
import { startRopePage } from './server.ts';

const argv = await yargs(hideBin(process.argv))
  .scriptName('npm run rope:page --')
  .option('port', { type: 'number', default: 8377, describe: 'port on 127.0.0.1; 0 takes any free one' })
  .option('headless', { type: 'boolean', default: false, describe: 'run in headless Chromium and print JSON' })
  .option('gl', { choices: ['software', 'hardware'] as const, default: 'software' as const, describe: 'graphics of the headless browser' })
  .option('quick', { type: 'boolean', default: false, describe: 'checks and one small batch only' })
  .option('mb', { type: 'string', describe: 'batch sizes in MB, parted by commas' })
  .option('timeout', { type: 'number', default: 600, describe: 'seconds to wait for a headless run' })
  .strict()
  .parseAsync();

const server = await startRopePage(argv.headless ? 0 : argv.port);
const query = [...(argv.quick ? ['quick'] : []), ...(argv.mb === undefined ? [] : [`mb=${argv.mb}`])].join('&');
if (argv.headless) {
  const gl = argv.gl === 'software' ? SOFTWARE_GL : HARDWARE_GL;
  try {
    console.log(JSON.stringify(await runRopePage(`${server.url}?${query}`, { gl, timeoutMs: argv.timeout * 1000 }), undefined, 1));
  } finally {
    await server.close();
  }
} else {
  console.log(`RoPE page: ${server.url}${query === '' ? '' : `?${query}`} (Ctrl+C ends it)`);
}
