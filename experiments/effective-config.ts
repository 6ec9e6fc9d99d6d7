/** Values that cannot have their full effect in a cell are brought to the nearest one that can, and the trial says so. */
import { deepFreeze } from './config/resolve.ts';
import type { ResolvedConfig } from './config/trial-fields.ts';

export interface EffectiveConfig<C = ResolvedConfig> {
  readonly config: C;
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
  const writeQuorum = limited('placement.writeQuorum', config.placement.writeQuorum, replicas, 'the replicas');
  const raised = (key: string, value: number, least: number): number => {
    if (value >= least) return value;
    limits.push({ key, note: `${key} ${value} raised to ${least}, so that a lookup names all ${replicas} holders` });
    return least;
  };
  const overlay = withRoomFor(replicas * config.overlay.virtualNodes, config.overlay, raised);
  if (limits.length === 0) return { config, limits };
  return {
    config: deepFreeze({ ...config, overlay, fetch: { ...config.fetch, sources }, placement: { ...config.placement, replicas, writeQuorum } }),
    limits,
  };
}

/** A lookup's answer names the holders of a segment, so the lists that it is taken from must hold them all. */
function withRoomFor(holders: number, overlay: ResolvedConfig['overlay'], raised: (key: string, value: number, least: number) => number): ResolvedConfig['overlay'] {
  const { chord, kademlia, pastry } = overlay;
  switch (overlay.protocol) {
    case 'chord':
      return { ...overlay, chord: { ...chord, successors: raised('overlay.chord.successors', chord.successors, holders) } };
    case 'kademlia': {
      const k = raised('overlay.kademlia.k', kademlia.k, holders);
      const resiliency = kademlia.resiliency === 0 ? 0 : raised('overlay.kademlia.resiliency', kademlia.resiliency, holders);
      return { ...overlay, kademlia: { ...kademlia, k, resiliency } };
    }
    case 'pastry':
      // The owner and half of its leaves are at least as many as the |L|/2 + 1 numerically closest.
      return { ...overlay, pastry: { ...pastry, leafSet: raised('overlay.pastry.leafSet', pastry.leafSet, 2 * (holders - 1)) } };
  }
}
