import type { ContextUnit } from '../../sim/serving/request.ts';
import type { PeerNode } from '../systems/peer-node.ts';

/** Leading blocks of a prompt that a node has in its engine's cache at this moment. */
export function cachedBlocks(node: PeerNode, units: readonly ContextUnit[]): number {
  return node.engine.prefixCache?.match(units) ?? 0;
}

/** Tokens of the first `count` blocks. */
export function tokensOf(units: readonly ContextUnit[], count: number): number {
  let tokens = 0;
  for (let i = 0; i < count; i++) tokens += units[i].tokens;
  return tokens;
}
