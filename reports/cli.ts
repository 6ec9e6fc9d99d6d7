/** `npm run report`: the report of one results folder, or technical report and deck of all of them. Exit code 2 for input that cannot be used. */
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs';
import { resultPath } from '../experiments/results/layout.ts';
import { makeStudies } from './make-studies.ts';
import { chromiumPath } from './pdf/chromium-path.ts';
import { README_PICTURE, README_STUDIES, fillReadme } from './readme/fill-readme.ts';
import { writeReport } from './report.ts';
import { loadStudies } from './technical-report/load-studies.ts';
import { DOCUMENT_FILES, writeDocuments } from './write-documents.ts';

const USAGE = `npm run report -- results/<name> [more folders]   figures, report.md and report.html of these results
npm run report                                    technical report and deck of all results in results/

Nothing is simulated: the same results give the same bytes. PDFs are printed where a Chromium is found.`;

const PROJECT = join(import.meta.dirname, '..');

interface Options {
  readonly folders: readonly string[];
  readonly results: string;
  readonly out: string;
  readonly pdf: boolean;
  readonly make: boolean;
  readonly dryRun: boolean;
  readonly readme: boolean;
  readonly extra: readonly string[];
}

async function parse(argv: readonly string[]): Promise<Options> {
  const text = { type: 'string', requiresArg: true } as const;
  const parsed = await yargs([...argv])
    .scriptName('npm run report --')
    .usage(USAGE)
    .options({
      results: { ...text, default: 'results', describe: 'Folder whose results folders the technical report reads' },
      out: { ...text, describe: 'Where technical report and deck go [default: <results>/report]' },
      pdf: { type: 'boolean', default: true, describe: 'Print PDFs where a Chromium is found; --no-pdf prints none' },
      make: { type: 'boolean', default: false, describe: 'First run the studies that are missing among the results' },
      'dry-run': { type: 'boolean', default: false, describe: 'With --make: show what each study would cost, run none' },
      readme: { type: 'boolean', default: false, describe: 'Fill the numbers of README.md from the results, and nothing else' },
      seeds: { ...text, describe: 'With --make: seeds of every study, instead of its own' },
      jobs: { ...text, describe: 'With --make: trials at once' },
    })
    .example([['$0 results/replication', 'One study'], ['$0 --make --dry-run', 'What all studies of the technical report would cost'], ['$0 --make --seeds 3', 'Run what is missing, then write both documents']])
    .strictOptions().version(false).parserConfiguration({ 'parse-numbers': false, 'parse-positional-numbers': false }).wrap(110)
    .fail((message: string | null, error: Error | undefined) => { throw error ?? new Error(message ?? 'the command line cannot be read'); })
    .parse();
  const given = (name: 'seeds' | 'jobs'): string[] => (parsed[name] === undefined ? [] : [`--${name}`, parsed[name]]);
  return {
    folders: parsed._.map(String), results: parsed.results, out: parsed.out ?? join(parsed.results, 'report'), pdf: parsed.pdf, make: parsed.make, readme: parsed.readme, dryRun: parsed['dry-run'], extra: [...given('seeds'), ...given('jobs')],
  };
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = await parse(argv);
    if (options.folders.length > 0) {
      for (const folder of options.folders) await one(folder);
      return 0;
    }
    if (options.readme) {
      await readme(options.results);
      return 0;
    }
    return await all(options);
  } catch (error) {
    console.error(`report: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

async function one(folder: string): Promise<void> {
  const { figures } = await writeReport(folder, { onFigure: (name) => { console.log(`figure ${name}`); } });
  console.log(`${figures.length} figures; report at ${resultPath(folder, 'reportHtml')}`);
}

async function readme(results: string): Promise<void> {
  const file = join(PROJECT, 'README.md');
  const { studies, close } = await loadStudies(results);
  try {
    await writeFile(file, fillReadme(await readFile(file, 'utf8'), studies));
  } finally {
    await close();
  }
  for (const name of README_STUDIES) console.log(`numbers of ${file} filled from ${join(results, name)}`);
  const picture = join(resultPath(join(results, README_STUDIES[0]), 'figures'), README_PICTURE);
  await copyFile(picture, join(PROJECT, 'docs', 'images', README_PICTURE));
  console.log(`picture copied from ${picture}`);
}

async function all(options: Options): Promise<number> {
  const { results, out, make, dryRun, extra } = options;
  if (dryRun && !make) throw new Error('--dry-run goes with --make: without it nothing is run');
  if (make) {
    const failed = await makeStudies({ results: resolve(results), project: PROJECT, extra, dryRun, say: (line) => { console.log(line); } });
    for (const { folder } of failed) console.error(`report: the study ${folder} failed; the report will list it as missing`);
    if (dryRun) return failed.length === 0 ? 0 : 1;
  }
  const chromium = options.pdf ? chromiumPath() : undefined;
  const written = await writeDocuments({ results, project: PROJECT, out, chromium, onProgress: (line) => { console.log(line); } });
  console.log(`${written.studies} studies, ${written.numbers} numbers with their sources in ${join(out, DOCUMENT_FILES.numbers)}`);
  if (written.missing.length > 0) console.log(`missing among the results, and listed with their commands: ${written.missing.join(', ')}`);
  console.log(`technical report: ${join(out, `${DOCUMENT_FILES.report}.html`)}${written.reportPages === undefined ? '' : `, and as PDF of ${written.reportPages} pages`}`);
  console.log(`deck of ${written.slides} slides: ${join(out, `${DOCUMENT_FILES.deck}.html`)}${written.deckPages === undefined ? '' : ', and as PDF'}`);
  if (options.pdf && chromium === undefined) console.log('no PDF: no Chromium was found; install one or name it in CHROMIUM_PATH, or print the pages from a browser');
  return 0;
}

process.exitCode = await main(hideBin(process.argv));
