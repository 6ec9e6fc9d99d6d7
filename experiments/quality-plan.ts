/** Which combinations a quality evaluation measures. */
import type { QualityCell } from '../kv/quality/quality-case.ts';
import type { ContextShape } from '../kv/quality/case-sources.ts';

/** What was asked for on the command line. */
export interface PlanOptions {
  readonly chunkTokens: readonly number[];
  readonly chunks: readonly number[];
  readonly policies: readonly string[];
  readonly levels: readonly string[];
  readonly shifts: readonly (number | 'start')[];
  /** Every policy with every level and shift, instead of a cross through `adjust`, uncompressed and `start`. */
  readonly product: boolean;
}

/** Cells of one context shape; the first is the full prefill that all are compared with. */
export interface ShapePlan {
  readonly shape: ContextShape;
  readonly cells: readonly QualityCell[];
}

/** The uncompressed level, which every other is compared with. */
export const UNCOMPRESSED = 'float32';

/** Plans every shape: the full prefill, then the cells, each once. */
export function planQuality(options: PlanOptions): ShapePlan[] {
  const cells = new Map<string, QualityCell>();
  const add = (policy: string, level: string, shift: number | 'start'): void => {
    // A full prefill and no context at all have neither caches to compress nor positions to shift.
    const bare = policy === 'full' || policy === 'no-context';
    const cell = { policy, level: bare ? UNCOMPRESSED : level, shift: bare ? ('start' as const) : shift };
    cells.set(JSON.stringify(cell), cell);
  };
  add('full', UNCOMPRESSED, 'start');
  for (const policy of options.policies) {
    add(policy, UNCOMPRESSED, 'start');
    if (!options.product) continue;
    for (const shift of ['start' as const, ...options.shifts]) {
      // Compression is compared with the same policy and shift uncompressed.
      add(policy, UNCOMPRESSED, shift);
      for (const level of options.levels) add(policy, level, shift);
    }
  }
  if (!options.product) {
    for (const level of options.levels) add('adjust', level, 'start');
    for (const shift of options.shifts) for (const policy of ['none', 'adjust']) add(policy, UNCOMPRESSED, shift);
    if (options.levels.length > 0 || options.shifts.length > 0) add('adjust', UNCOMPRESSED, 'start');
  }
  return options.chunkTokens.flatMap((chunkTokens) => options.chunks.map((chunks) => ({ shape: { chunkTokens, chunks }, cells: [...cells.values()] })));
}

/** Index of the cell with the same policy and shift, uncompressed. */
export function uncompressedCell(cells: readonly QualityCell[], cell: QualityCell): number {
  return cells.findIndex((other) => other.policy === cell.policy && other.shift === cell.shift && other.level === UNCOMPRESSED);
}
