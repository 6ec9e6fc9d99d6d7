/** The roofline against every published prompt row: one efficiency set per source, and one for both sources of a GPU. */
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { defaultEfficiencySet, efficiencySetByName, mfuEfficiencySet, type EfficiencySet } from '../../sim/hardware/roofline-efficiencies.ts';
import { percent, relativeError, signedPercent, summarise, type Comparison } from './error-summary.ts';
import { PUBLISHED_ROWS, type PublishedRow } from './published-rows.ts';
import { compare, promptStep, type MeasuredStep } from './roofline-fit.ts';
import { significant } from './calibration.ts';
import { textTable } from './text-table.ts';

/** The set fitted to the source and GPU of a row; where nothing was measured, the default of the GPU. */
export function setOfSource(row: PublishedRow): EfficiencySet {
  const gpu = row.gpu === 'H100' ? 'h100' : 'a100';
  switch (row.measurement) {
    case 'per-operator profiles (Vidur)':
      return efficiencySetByName(`vidur-${gpu}`);
    case 'end to end (Splitwise)':
      return efficiencySetByName(`splitwise-${gpu}`);
    case 'end to end (Qwen3-8B on H800)':
      return defaultEfficiencySet(gpuByName(row.gpu));
  }
}

/** The set fitted to both sources of a GPU; for GPUs with one source, the default. */
export function setOfBoth(row: PublishedRow): EfficiencySet {
  if (row.gpu === 'H100') return efficiencySetByName('both-h100');
  if (row.gpu === 'A100-80GB') return efficiencySetByName('both-a100');
  return mfuEfficiencySet(gpuByName(row.gpu));
}

export function measuredStep(row: PublishedRow): MeasuredStep {
  const { gpu, model, tensorParallel, promptTokens, milliseconds } = row;
  return { label: `${model} ${gpu}${tensorParallel === 1 ? '' : ` TP${tensorParallel}`}, ${promptTokens} tokens`, gpu, model, tensorParallel, step: promptStep(promptTokens), milliseconds };
}

/** Predictions of the set that `choose` gives for each row. */
export function publishedComparisons(choose: (row: PublishedRow) => EfficiencySet, rows: readonly PublishedRow[] = PUBLISHED_ROWS): Comparison[] {
  return rows.flatMap((row) => compare(choose(row), [measuredStep(row)]));
}

export function publishedReport(): string[] {
  const perSource = publishedComparisons(setOfSource);
  const both = publishedComparisons(setOfBoth);
  const rows = PUBLISHED_ROWS.map((row, index) => [
    `${row.model} ${row.gpu}${row.tensorParallel === 1 ? '' : ` TP${row.tensorParallel}`}`,
    String(row.promptTokens),
    significant(row.milliseconds),
    setOfSource(row).name,
    significant(perSource[index].predicted),
    signedPercent(relativeError(perSource[index])),
    setOfBoth(row).name,
    signedPercent(relativeError(both[index])),
  ]);
  const fitted = PUBLISHED_ROWS.map((row, index) => ({ row, index })).filter(({ row }) => row.gpu !== 'H800');
  const line = (name: string, comparisons: readonly Comparison[]): string => {
    const errors = summarise(fitted.map(({ index }) => comparisons[index]));
    return `${name}, A100 and H100 rows: mean error ${percent(errors.mean)}, worst ${percent(errors.worst)} (${errors.worstLabel})`;
  };
  return [
    textTable([['model and GPU', 'prompt tokens', 'published ms', 'set', 'predicted ms', 'error', 'one set for both', 'error'], ...rows]),
    line('One set per GPU and source', perSource),
    line('One set per GPU for both sources', both),
    'The H800 rows are a prediction: nothing was fitted to them, and they include a network hand-over between prefill and decode nodes and the host.',
  ];
}
