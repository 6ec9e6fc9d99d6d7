import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resultPath } from '../experiments/results/layout.ts';
import { QueryReader, readResults } from '../experiments/results/reader.ts';
import { markdownReport } from './document/markdown.ts';
import { reportModel } from './document/report-model.ts';
import { chooseFigures } from './figures/choose-figures.ts';
import { type Figure, type Omission, finishFigure, isOmission } from './figures/figure.ts';
import { provenance } from './figures/figure-text.ts';
import { drawPng, drawSvg } from './figures/render.ts';
import { htmlReport } from './page/html-report.ts';
import { type Study, makeStudy } from './study/study.ts';
import { subjects } from './summary/comparisons.ts';

export interface ReportOptions {
  /** Called with the name of each figure once its files are written. */
  readonly onFigure?: (name: string) => void;
}

/**
 * Makes the report of a finished results folder from its saved results alone: `figures/*.{vl.json,svg,png}`, `report.md`
 * and `report.html`. The same results give the same bytes; figures of an earlier report are removed.
 *
 * @returns names of the figures written, without suffix, in the order of the report
 * @throws Error, one line, if the folder holds no finished results
 */
export async function writeReport(resultsFolder: string, options: ReportOptions = {}): Promise<{ figures: string[] }> {
  const results = await readResults(resultsFolder);
  const queries = await QueryReader.open(results);
  try {
    const study = await makeStudy(results, queries);
    const { figures, omissions } = await writeFigures(study, resultPath(resultsFolder, 'figures'), options);
    const model = await reportModel(study, figures, omissions);
    await writeFile(resultPath(resultsFolder, 'reportMarkdown'), markdownReport(model));
    await writeFile(resultPath(resultsFolder, 'reportHtml'), htmlReport(model, subjects(study)[0]?.label));
    return { figures: figures.map((figure) => figure.name) };
  } finally {
    await queries?.close();
  }
}

async function writeFigures(study: Study, folder: string, options: ReportOptions): Promise<{ figures: Figure[]; omissions: Omission[] }> {
  const figures: Figure[] = [];
  const omissions: Omission[] = [];
  await mkdir(folder, { recursive: true });
  await removeFigures(folder);
  for (const draft of await chooseFigures(study)) {
    if (isOmission(draft)) {
      omissions.push(draft);
      continue;
    }
    const figure = await finishFigure(draft, provenance(study));
    const { svg } = await drawSvg(figure.spec);
    await writeFile(join(folder, `${figure.name}.vl.json`), `${JSON.stringify(figure.spec, null, 1)}\n`);
    await writeFile(join(folder, `${figure.name}.svg`), `${svg}\n`);
    await writeFile(join(folder, `${figure.name}.png`), drawPng(svg));
    figures.push(figure);
    options.onFigure?.(figure.name);
  }
  return { figures, omissions };
}

/** Removes what an earlier report left, and nothing else. */
async function removeFigures(folder: string): Promise<void> {
  const old = (await readdir(folder)).filter((name) => /\.(vl\.json|svg|png)$/.test(name));
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
}
