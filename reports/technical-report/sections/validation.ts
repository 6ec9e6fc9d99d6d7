import { publishedValues } from '../../figures/beside.ts';
import { type Block, type Section, fineList, paragraph, table } from '../../prose/blocks.ts';
import { type Inline, type Prose, code, joined, prose, sourced } from '../../prose/inline.ts';
import { type SourcedStudy, cellOf, estimate, labelOf, metricWords, quoted, sourceIn, unitBeside } from '../../prose/quantities.ts';
import { requireMetric } from '../../study/metric.ts';
import { formatCount, formatMeasure, formatNumber } from '../../study/number-format.ts';
import { type ReportInput, countOver } from '../report-input.ts';
import type { QualityTable } from '../quality-tables.ts';
import { ROTATED, UNCOMPRESSED, increaseOf, modelOf, worstRow } from '../scoreboard.ts';

/** What the models were checked against, and how far off they are. */
export function validation(input: ReportInput): Section {
  return {
    kind: 'section', id: 'validation', title: prose`Validation`, layout: 'plain',
    blocks: [
      paragraph(prose`Models are checked against what is independent of them: closed forms, other simulators, recorded traces, naive second implementations and published tables. Misses are printed like hits.`),
      publishedTable(input),
      ...overlayTables(input),
      qualityTable(input.quality),
      ...modelChecks(input),
    ],
  };
}

/** Of each published series the value that ours is farthest from. */
function publishedTable({ stories }: ReportInput): Block {
  const rows = stories.flatMap(({ study }): Prose[][] => {
    const metrics = [...new Set((study.manifest.published ?? []).map(({ metric }) => metric))];
    return metrics.flatMap((metric): Prose[][] => {
      const systems = study.systems.flatMap(({ name }): Prose[] => farthestOf(study, metric, name));
      return systems.length === 0 ? [] : [[prose`${metricWords(metric)}, ${quoted(study, 'name')}`, joined(systems, '; ')]];
    });
  });
  if (rows.length === 0) return paragraph(prose`No study among the results states published values to stand beside its own.`);
  return table(prose`Ours beside published values under the same definition: of each system the value that is farthest from the published one`, ['Quantity, study', 'Ours against published'], rows);
}

function farthestOf(study: SourcedStudy, metric: string, system: string): Prose[] {
  const unit = unitBeside(requireMetric(metric));
  const found = publishedValues(study, metric).filter((each) => each.series.system === system).flatMap(({ cell, value }) => {
    const ours = estimate(study, cell, system, metric);
    return ours === undefined ? [] : [{ cell, value, ours, gap: Math.abs(ours.value! - value) }];
  });
  if (found.length === 0) return [];
  const far = found.reduce((a, b) => (b.gap > a.gap ? b : a));
  const source = sourceIn(study, 'manifest', `published ${metric}`, cellOf(study, system, far.cell));
  const theirs = sourced(formatMeasure(far.value, unit), source, far.value);
  const relative = (far.ours.value! - far.value) / far.value;
  const apart = far.value === 0 ? [] : prose` (${sourced(`${relative > 0 ? '+' : ''}${formatNumber(100 * relative, 2)} %`, source, relative)})`;
  return [prose`${labelOf(study, system)} ${far.ours} against ${theirs}${apart}`];
}

const OVERLAY_FILE = 'docs/validation/overlay.md';

function overlayTables({ overlayChecks }: ReportInput): Block[] {
  if (overlayChecks.length === 0) return [paragraph(prose`The tables of ${code('npm run validate:overlay')} are not there.`)];
  const from = (text: string, row: string, value?: number): Inline => sourced(text, { file: OVERLAY_FILE, metric: row, cell: '' }, value);
  const held = overlayChecks.reduce((sum, each) => sum + each.held, 0);
  const missed = overlayChecks.reduce((sum, each) => sum + each.missed.length, 0);
  return [
    paragraph(prose`${code('npm run validate:overlay')} runs the overlays under the conditions of the tables in their papers, with a limit a row: ${from(formatCount(held), 'ok', held)} limits hold and ${from(formatCount(missed), 'MISSED', missed)} are missed; what is behind a miss stands in ${code('docs/models/overlay.md')}.`),
    table(prose`Overlays beside the tables of their papers`, ['Table', 'Held', 'Missed', 'Which were missed: difference (limit)'], overlayChecks.map((each) => [
      [from(each.title, 'table')], [from(formatCount(each.held), `${each.title}: ok`, each.held)], [from(formatCount(each.missed.length), `${each.title}: MISSED`, each.missed.length)],
      each.missed.length === 0 ? prose`–` : joined(each.missed.map(({ what, difference, limit }): Prose => [from(`${what}: ${difference} (${limit})`, `${each.title}: ${what}`)]), '; '),
    ]), [1, 2]),
  ];
}

const LEVELS = [['float32', 'rotated'], ['int8', 'rotated, int8'], ['int4', 'rotated, int4']] as const;

function qualityTable(tables: readonly QualityTable[]): Block {
  if (tables.length === 0) return paragraph(prose`No table of ${code('npm run quality')} is there, so nothing is said of what stitching does to text.`);
  return table(
    prose`What stitching and compression do to text: perplexity above that of a full prefill, in the shape of context that is worst for each, with bootstrap intervals over texts`,
    ['Model', 'Wrong positions', 'Rotated', 'Rotated, int8', 'Rotated, int4'],
    tables.map((each) => {
      const wrong = worstRow(each, 'none', UNCOMPRESSED);
      return [modelOf(each), wrong === undefined ? prose`–` : increaseOf(each, wrong), ...LEVELS.map(([level]): Prose => {
        const row = worstRow(each, ROTATED, level);
        return row === undefined ? prose`–` : increaseOf(each, row);
      })];
    }), [1, 2, 3, 4],
  );
}

const CHECKS_FILE = 'docs/VALIDATION.md';

function modelChecks({ checks }: ReportInput): Block[] {
  if (checks.length === 0) return [];
  const from = (text: string, model: string, column: string): Prose => [sourced(text, { file: CHECKS_FILE, metric: model, cell: column })];
  return [
    paragraph(prose`What every model was checked against: each line is a test of the suite or a command; numbers are those that it last printed, as ${code(CHECKS_FILE)} records them (${countOver(checks.length, CHECKS_FILE, 'rows')} lines).`),
    fineList(checks.map(({ model, against, result }) => prose`${from(model, model, 'model')}, against ${from(against, model, 'checked against')}: ${from(result, model, 'result')}.`)),
  ];
}

/** Commands that make the tables of this section again. */
export function validationCommands(input: ReportInput): string[] {
  return ['npm test', 'npm run validate:overlay -- --out docs/validation/overlay.md', ...input.quality.map(({ command }) => command)];
}

