/** What is computed again of chunks that are joined: the price of making caches that never saw each other fit together. */
import type { PrefillPiece } from '../../sim/hardware/step-shape.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';

export interface Recomputation {
  /** Leading tokens of every chunk but the first (EPIC, Hu et al. 2024). */
  readonly firstTokens: number;
  /** Share of the tokens behind the first chunk that are chosen because their KV deviates most (CacheBlend, Yao et al. 2025). */
  readonly share: number;
  /** What choosing them costs: the first layer of all those tokens, as a share of the model's layers. */
  readonly selectionShare: number;
}

/**
 * Pieces that recompute tokens of a prompt's units, stitched or computed alone: each attends to all that stands before it. Choosing deviating
 * tokens is charged as if that many more tokens went through the whole model.
 */
export function recomputedPieces(units: readonly ContextUnit[], { firstTokens, share, selectionShare }: Recomputation): PrefillPiece[] {
  const pieces: PrefillPiece[] = [];
  let contextTokens = 0;
  units.forEach(({ tokens }, i) => {
    const newTokens = i === 0 ? 0 : Math.min(firstTokens, tokens);
    if (newTokens > 0) pieces.push({ newTokens, contextTokens });
    contextTokens += tokens;
  });
  const behind = contextTokens - (units.at(0)?.tokens ?? 0);
  const chosen = Math.min(behind, Math.ceil(share * behind) + (share > 0 ? Math.ceil(selectionShare * behind) : 0));
  if (chosen > 0) pieces.push({ newTokens: chosen, contextTokens: contextTokens - chosen });
  return pieces;
}
