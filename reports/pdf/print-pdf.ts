import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const FLAGS = ['--headless=new', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-pdf-header-footer'];
const TIMEOUT_MS = 180_000;

/**
 * Prints a page as PDF with a Chromium, on the paper that its style sheet asks for.
 *
 * @returns number of pages
 * @throws Error, one line, where the browser fails or writes nothing
 */
export async function printPdf(chromium: string, htmlFile: string, pdfFile: string): Promise<number> {
  // A profile of its own: a browser that is already open would take the request over and print nothing.
  const profile = await mkdtemp(join(tmpdir(), 'print-pdf-'));
  try {
    // Chromium refuses to run as root within its sandbox, as in most containers.
    const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    await run(chromium, [...FLAGS, ...root, `--user-data-dir=${profile}`, `--print-to-pdf=${resolve(pdfFile)}`, pathToFileURL(resolve(htmlFile)).href]);
    const pdf = await readFile(pdfFile, 'latin1').catch(() => '');
    if (!pdf.startsWith('%PDF-')) throw new Error(`${chromium} wrote no PDF of ${htmlFile}`);
    return countPages(pdf);
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Pages of a PDF as Chromium writes it, with its page objects uncompressed. */
export function countPages(pdf: string): number {
  return pdf.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: 'ignore', timeout: TIMEOUT_MS });
    child.on('error', (error) => { fail(new Error(`${command} cannot be run: ${error.message}`)); });
    child.on('exit', (code, signal) => {
      if (code === 0) done();
      else fail(new Error(`${command} ended with ${signal ?? `code ${String(code)}`}`));
    });
  });
}
