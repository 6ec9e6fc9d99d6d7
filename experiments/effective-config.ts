/** Values that cannot have their full effect in a cell are brought to the greatest one that can, and the trial says so. */
import { deepFreeze } from './config/resolve.ts';
import type { ResolvedConfig } from './config/trial-fields.ts';

export interface EffectiveConfig {
  readonly config: ResolvedConfig;
  /** What was limited, in words, with the config key first; empty for most trials. */
  readonly limits: readonly { readonly key: string; readonly note: string }[];
}

/**
 * With n nodes there are n − 1 other holders to fetch from and n places for replicas: 10 sources on 5 nodes are 4, so
 * that cell equals the one with 5 sources, which is run once for both.
 */
export function effectiveConfig(config: ResolvedConfig): EffectiveConfig {
  const { nodes } = config.cluster;
  const limits: { key: string; note: string }[] = [];
  const limited = (key: string, value: number, most: number, what: string): number => {
    if (value <= most) return value;
    limits.push({ key, note: `${key} ${value} limited to ${most}, ${what}` });
    return most;
  };
  const sources = limited('fetch.sources', config.fetch.sources, Math.max(1, nodes - 1), 'the other nodes');
  const replicas = limited('placement.replicas', config.placement.replicas, nodes, 'the nodes');
  if (limits.length === 0) return { config, limits };
  return {
    config: deepFreeze({ ...config, fetch: { ...config.fetch, sources }, placement: { ...config.placement, replicas } }),
    limits,
  };
}
