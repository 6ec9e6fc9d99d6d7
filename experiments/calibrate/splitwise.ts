/** Splitwise's measured prompts and token times (perf_model.csv of Mutinifni/splitwise-sim). */
import { csvRecords } from './csv-records.ts';

export interface SplitwiseRow {
  readonly model: string;
  readonly gpu: 'A100-80GB' | 'H100';
  readonly tensorParallel: number;
  readonly promptTokens: number;
  readonly batch: number;
  readonly outputTokens: number;
  /** Medians over the repetitions, in milliseconds. */
  readonly promptMs: number;
  readonly tokenMs: number;
}

const GPU_OF: Readonly<Record<string, SplitwiseRow['gpu']>> = { 'a100-80gb': 'A100-80GB', 'h100-80gb': 'H100' };
const COLUMNS = ['model', 'hardware', 'tensor_parallel', 'prompt_size', 'batch_size', 'token_size', 'prompt_time', 'token_time'] as const;

export function isSplitwise(header: readonly string[]): boolean {
  return COLUMNS.every((column) => header.includes(column));
}

/** Median of the repetitions of each case. Power-capped rows are left out: they look scaled, not measured. */
export function splitwiseRows(name: string, text: string): SplitwiseRow[] {
  const groups = new Map<string, { row: Omit<SplitwiseRow, 'promptMs' | 'tokenMs'>; prompt: number[]; token: number[] }>();
  for (const record of csvRecords(name, text, COLUMNS)) {
    const hardware = record.text('hardware');
    if (!Object.hasOwn(GPU_OF, hardware)) continue;
    const row = {
      model: record.text('model'),
      gpu: GPU_OF[hardware],
      tensorParallel: record.number('tensor_parallel'),
      promptTokens: record.number('prompt_size'),
      batch: record.number('batch_size'),
      outputTokens: record.number('token_size'),
    };
    const key = Object.values(row).join('|');
    let group = groups.get(key);
    if (group === undefined) {
      group = { row, prompt: [], token: [] };
      groups.set(key, group);
    }
    group.prompt.push(record.number('prompt_time'));
    group.token.push(record.number('token_time'));
  }
  return [...groups.values()].map(({ row, prompt, token }) => ({ ...row, promptMs: median(prompt), tokenMs: median(token) }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
