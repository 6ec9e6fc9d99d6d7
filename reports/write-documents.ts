import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deckPage } from './deck/deck-page.ts';
import { slideSources } from './deck/slide.ts';
import { slides } from './deck/slides.ts';
import { printPdf } from './pdf/print-pdf.ts';
import { sourcesOf } from './prose/blocks.ts';
import type { Sourced } from './prose/inline.ts';
import { readInput } from './technical-report/read-input.ts';
import { reportPage } from './technical-report/report-page.ts';
import { technicalReport } from './technical-report/technical-report.ts';

export const DOCUMENT_FILES = { report: 'technical-report', deck: 'deck', numbers: 'numbers.json' } as const;

export interface DocumentOptions {
  /** Folder of results folders. */
  readonly results: string;
  readonly project: string;
  /** Folder to write to; made where it is missing. */
  readonly out: string;
  /** Browser that prints the PDFs; none are written where it is undefined. */
  readonly chromium: string | undefined;
  readonly onProgress?: (line: string) => void;
}

export interface WrittenDocuments {
  readonly studies: number;
  /** Commands of the studies that are missing among the results. */
  readonly missing: readonly string[];
  readonly slides: number;
  readonly numbers: number;
  /** Pages of each PDF; undefined where none was printed. */
  readonly reportPages: number | undefined;
  readonly deckPages: number | undefined;
}

/**
 * Writes technical report and deck from saved results alone, as HTML and, with a Chromium, as PDF, and `numbers.json` with every number in
 * them and its source. The same results give the same bytes of HTML and JSON.
 *
 * @throws Error, one line, where the results cannot be read or a PDF cannot be printed
 */
export async function writeDocuments(options: DocumentOptions): Promise<WrittenDocuments> {
  const { results, project, out, chromium, onProgress } = options;
  const input = await readInput({ results, project, onStudy: (folder) => onProgress?.(`study ${folder}`) });
  const sections = technicalReport(input);
  const shown = slides(input);
  const numbers = [...numbersOf('report', sourcesOf(sections)), ...numbersOf('deck', slideSources(shown))];
  await mkdir(out, { recursive: true });
  const file = (name: string): string => join(out, name);
  await writeFile(file(`${DOCUMENT_FILES.report}.html`), reportPage(sections));
  await writeFile(file(`${DOCUMENT_FILES.deck}.html`), deckPage(shown));
  await writeFile(file(DOCUMENT_FILES.numbers), `${JSON.stringify(numbers, null, 1)}\n`);
  const print = async (name: string): Promise<number | undefined> => {
    // A PDF of an earlier run must not stand beside a newer page.
    await rm(file(`${name}.pdf`), { force: true });
    return chromium === undefined ? undefined : printPdf(chromium, file(`${name}.html`), file(`${name}.pdf`));
  };
  return {
    studies: input.stories.length, missing: input.missing.map(({ folder }) => folder), slides: shown.length, numbers: numbers.length,
    reportPages: await print(DOCUMENT_FILES.report), deckPages: await print(DOCUMENT_FILES.deck),
  };
}

function numbersOf(document: string, pieces: readonly Sourced[]): object[] {
  return pieces.filter(({ value }) => value !== undefined).map(({ text, value, source }) => ({ document, text, value, ...source }));
}
