/** Data sets that a config can name, each searched or shared as it usually is. */
export const DATASETS = ['nq-open', 'ms-marco', 'mmlu', 'longbench'] as const;
