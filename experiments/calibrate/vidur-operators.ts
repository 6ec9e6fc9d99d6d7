/** Vidur's per-operator profile of a model's matrix products and elementwise operators (mlp.csv of microsoft/vidur). */
import type { ModelSpec } from '../../sim/hardware/model-catalogue.ts';
import { csvRecords } from './csv-records.ts';

export interface OperatorRow {
  readonly tokens: number;
  readonly tensorParallel: number;
  /** All layers of the model: attention, embedding and output projection not included. */
  readonly milliseconds: number;
}

/** Operators of one layer and how often each runs. The residual addition is measured once and runs twice. */
const OPERATORS: readonly (readonly [string, number])[] = [
  ['input_layernorm', 1],
  ['attn_pre_proj', 1],
  ['attn_rope', 1],
  ['attn_post_proj', 1],
  ['post_attention_layernorm', 1],
  ['mlp_up_proj', 1],
  ['mlp_act', 1],
  ['mlp_down_proj', 1],
  ['add', 2],
];

export function isVidurOperators(header: readonly string[]): boolean {
  return header.includes('num_tokens') && header.includes('time_stats.mlp_up_proj.median');
}

export function operatorRows(name: string, text: string, model: ModelSpec): OperatorRow[] {
  const columns = ['num_tokens', 'num_tensor_parallel_workers', ...OPERATORS.map(([operator]) => `time_stats.${operator}.median`)];
  return [...csvRecords(name, text, columns)].map((record) => {
    let layer = 0;
    for (const [operator, times] of OPERATORS) layer += times * record.number(`time_stats.${operator}.median`);
    return { tokens: record.number('num_tokens'), tensorParallel: record.number('num_tensor_parallel_workers'), milliseconds: layer * model.layers };
  });
}
