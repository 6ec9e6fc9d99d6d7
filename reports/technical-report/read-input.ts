import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseChecks } from './checked-models.ts';
import { loadStudies } from './load-studies.ts';
import { parseOverlayChecks } from './overlay-checks.ts';
import { readQualityTables } from './quality-tables.ts';
import type { ReportInput } from './report-input.ts';
import { makeScoreboard } from './scoreboard.ts';
import { type Story, arrange, storyOf } from './stories.ts';

export interface InputOptions {
  /** Folder of results folders. */
  readonly results: string;
  /** Root of the project, whose saved tables of `npm run quality` and `npm run validate:overlay` are read. */
  readonly project: string;
  /** Called with the folder of each study once it is told. */
  readonly onStudy?: (folder: string) => void;
}

/**
 * Reads everything that report and deck are written from. Nothing is simulated; what is missing is named in what is returned.
 * @throws Error, one line, if the folder of results cannot be read
 */
export async function readInput({ results, project, onStudy }: InputOptions): Promise<ReportInput> {
  const loaded = await loadStudies(results);
  try {
    const { present, missing } = arrange(loaded.studies);
    const stories: Story[] = [];
    for (const { entry, study } of present) {
      stories.push(await storyOf(entry, study));
      onStudy?.(study.folder);
    }
    const text = (path: string): Promise<string> => readFile(join(project, path), 'utf8').catch(() => '');
    const quality = await readQualityTables(join(project, 'weights'), 'weights');
    return {
      stories, missing, unusable: loaded.unusable, quality,
      board: makeScoreboard(stories.map(({ study }) => study), quality),
      checks: parseChecks(await text('docs/VALIDATION.md')),
      overlayChecks: parseOverlayChecks(await text('docs/validation/overlay.md')),
    };
  } finally {
    await loaded.close();
  }
}
