/** `npm run report -- results/<name>`: makes the report of saved results again. Exit code 2 for a folder without results. */
import { resultPath } from '../experiments/results/layout.ts';
import { writeReport } from './report.ts';

const USAGE = `npm run report -- results/<name> [more folders]

Draws the figures and writes report.md and report.html again, from what is saved in the folder: nothing is simulated.
The same results give the same bytes. Exit code 2 where a folder holds no results.

Example:
  npm run report -- results/replication`;

async function main(folders: readonly string[]): Promise<number> {
  if (folders.length === 0 || folders.some((folder) => folder === '--help' || folder === '-h')) {
    console.log(USAGE);
    return folders.length === 0 ? 2 : 0;
  }
  for (const folder of folders) {
    try {
      const { figures } = await writeReport(folder, { onFigure: (name) => { console.log(`figure ${name}`); } });
      console.log(`${figures.length} figures; report at ${resultPath(folder, 'reportHtml')}`);
    } catch (error) {
      console.error(`report: ${error instanceof Error ? error.message : String(error)}`);
      return 2;
    }
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
