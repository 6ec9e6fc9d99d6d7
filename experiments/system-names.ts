/** The systems under test, in the order in which tables show them. */

export const SYSTEM_NAMES = ['no-reuse', 'local', 'central-disk', 'central-memory', 'p2p'] as const;

/** Those of the research plan: P2P-RAGCache and its three baselines. */
export const DEFAULT_SYSTEMS: readonly SystemName[] = ['no-reuse', 'central-disk', 'central-memory', 'p2p'];

export type SystemName = (typeof SYSTEM_NAMES)[number];

/** Names as a reader meets them in tables and charts. */
export const SYSTEM_LABELS: Readonly<Record<SystemName, string>> = {
  'no-reuse': 'No reuse',
  local: 'Local cache',
  'central-disk': 'Central disk',
  'central-memory': 'Central memory',
  p2p: 'P2P-RAGCache',
};
