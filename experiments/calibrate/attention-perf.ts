/** Attention kernels measured by aiconfigurator (context_attention and generation_attention files). */
import type { GpuSpec } from '../../sim/hardware/gpu-catalogue.ts';
import { attendedPairs } from '../../sim/hardware/step-shape.ts';
import { csvRecords } from './csv-records.ts';
import type { Comparison } from './error-summary.ts';
import { minimise } from './minimise.ts';

export interface AttentionCase {
  readonly kind: 'context' | 'generation';
  readonly batch: number;
  /** New tokens of each sequence: the prompt, or 1. */
  readonly tokens: number;
  /** Tokens before them. */
  readonly context: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly milliseconds: number;
}

/** What a kernel reaches. */
export interface AttentionShares {
  readonly attention: number;
  readonly memory: number;
  readonly launchMs: number;
}

const COLUMNS = ['op_name', 'batch_size', 'isl', 'num_heads', 'num_key_value_heads', 'head_dim', 'step', 'latency'] as const;

export function isAttentionPerf(header: readonly string[]): boolean {
  return COLUMNS.every((column) => header.includes(column));
}

export function attentionCases(name: string, text: string): AttentionCase[] {
  return [...csvRecords(name, text, COLUMNS)].map((record) => {
    const operator = record.text('op_name');
    if (operator !== 'context_attention' && operator !== 'generation_attention') {
      throw new RangeError(`${name}:${record.line}: op_name must be context_attention or generation_attention, not ${operator}`);
    }
    const context = operator === 'context_attention';
    return {
      kind: context ? 'context' : 'generation',
      batch: record.number('batch_size'),
      tokens: context ? record.number('isl') : 1,
      context: context ? 0 : record.number('step'),
      heads: record.number('num_heads'),
      kvHeads: record.number('num_key_value_heads'),
      headDim: record.number('head_dim'),
      milliseconds: record.number('latency'),
    };
  });
}

/** launch + max(FLOPs, bytes), the roofline of one kernel. */
export function attentionMs(gpu: GpuSpec, shares: AttentionShares, row: AttentionCase): number {
  const flops = 4 * row.heads * row.headDim * attendedPairs(row.tokens, row.context) * row.batch;
  const bytes = 2 * row.headDim * row.batch * (2 * row.kvHeads * (row.context + row.tokens) + 2 * row.heads * row.tokens);
  return shares.launchMs + 1e3 * Math.max(flops / (gpu.peakFp16FlopsPerSecond * shares.attention), bytes / (gpu.memoryBytesPerSecond * shares.memory));
}

export function fitAttention(gpu: GpuSpec, cases: readonly AttentionCase[]): { shares: AttentionShares; comparisons: Comparison[] } {
  const found = minimise(
    [
      { name: 'attention', start: 0.4, least: 0.01, most: 1 },
      { name: 'memory', start: 0.7, least: 0.1, most: 1 },
      { name: 'launchMs', start: 0.01, least: 0.001, most: 0.1 },
    ],
    (values) => {
      let sum = 0;
      // Absolute log errors: a few shapes with other kernels must not decide the fit.
      for (const row of cases) sum += Math.abs(Math.log(attentionMs(gpu, values as unknown as AttentionShares, row) / row.milliseconds));
      return sum;
    },
  );
  const shares = found as unknown as AttentionShares;
  const comparisons = cases.map((row) => ({
    label: `${row.kind} batch ${row.batch}, ${row.tokens} new over ${row.context}, heads ${row.heads}/${row.kvHeads}`,
    measured: row.milliseconds,
    predicted: attentionMs(gpu, shares, row),
  }));
  return { shares, comparisons };
}
