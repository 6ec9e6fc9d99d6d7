/** How many blocks a prompt has, and how long each is. */
import type { ContextUnit } from '../../sim/serving/request.ts';
import { InputError } from '../text/input-error.ts';

/**
 * Checks that the number of hashes fits the prompt: one for each block, the last one partly filled, or only for the
 * blocks that are full (as serving engines that cache full blocks alone write them).
 *
 * @throws InputError otherwise.
 */
export function checkBlockCount(blocks: readonly number[], inputTokens: number, blockTokens: number, place: { file: string; line: number; name: string }): void {
  const full = Math.floor(inputTokens / blockTokens);
  const all = Math.ceil(inputTokens / blockTokens);
  if (blocks.length === all || blocks.length === full) return;
  const expected = all === full ? `${all}` : `${all} (or the ${full} full ones)`;
  throw new InputError(
    place.file,
    place.line,
    `"${place.name}": ${inputTokens} tokens in blocks of ${blockTokens} make ${expected} hashes, got ${blocks.length}`,
  );
}

/** The blocks as units: each of `blockTokens`, the last one of what is left, so that it counts by its own tokens. */
export function blockUnits(blocks: readonly number[], inputTokens: number, blockTokens: number): ContextUnit[] {
  return blocks.map((id, index) => ({ id, tokens: Math.min(blockTokens, inputTokens - index * blockTokens) }));
}
