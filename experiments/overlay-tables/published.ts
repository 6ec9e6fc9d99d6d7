/** Figures published for the three overlays, with their conditions; docs/models/overlay.md gives the definitions behind each. */

/** Stoica et al., IEEE/ACM ToN 11(1) 2003, Fig. 10a: mean path length without the last step to the successor. Rows at 8 and 64 are single rings. */
export const CHORD_FIG_10A: readonly (readonly [nodes: number, path: number])[] = [
  [8, 1.719],
  [64, 2.959],
  [256, 3.881],
  [1024, 4.889],
  [4096, 5.85],
  [16384, 6.869],
];

/** Ibid., Fig. 10b: share of lookups by path length 1 … 12, 4 096 nodes. */
export const CHORD_FIG_10B = [0.0033, 0.018, 0.0571, 0.1288, 0.2124, 0.2254, 0.1938, 0.1094, 0.0412, 0.0092, 0.0012, 0.0002] as const;

/** Ibid., Table II: 1 000 nodes, successor list of 20, a share of nodes failed, no stabilisation. */
export const CHORD_TABLE_2: readonly (readonly [failed: number, path: number, timeouts: number])[] = [
  [0, 3.84, 0],
  [0.1, 4.03, 0.6],
  [0.2, 4.22, 1.17],
  [0.3, 4.44, 2.02],
  [0.4, 4.69, 3.23],
  [0.5, 5.09, 5.1],
];

/** Ibid., Table III: about 1 000 nodes, joins and leaves per second, path, timeouts per lookup, failures per 10 000 lookups. */
export const CHORD_TABLE_3: readonly (readonly [perSecond: number, path: number, timeouts: number, failures: number])[] = [
  [0.05, 3.9, 0.05, 0],
  [0.1, 3.83, 0.11, 0],
  [0.15, 3.84, 0.16, 2],
  [0.2, 3.81, 0.23, 5],
  [0.25, 3.83, 0.3, 6],
  [0.3, 3.91, 0.34, 8],
  [0.35, 3.94, 0.42, 16],
  [0.4, 4.06, 0.46, 15],
];

/** Rowstron and Druschel, Middleware 2001, Fig. 4: mean hops, b = 4, |L| = 16, |M| = 32. */
export const PASTRY_FIG_4: readonly (readonly [nodes: number, hops: number])[] = [
  [1000, 2.485],
  [5000, 2.954],
  [10_000, 3.232],
  [20_000, 3.494],
  [50_000, 3.746],
  [100_000, 3.976],
];

/** Ibid., Fig. 5: share of lookups by hops 1 … 5, 100 000 nodes. */
export const PASTRY_FIG_5 = [0.0006, 0.0156, 0.1643, 0.6449, 0.1745] as const;

/** Reference simulation of Kademlia with ideal tables: greedy hops, and FIND_NODE requests of a lookup that ends when the k closest have answered. */
export const KADEMLIA_IDEAL: readonly { readonly nodes: number; readonly k: number; readonly alpha: number; readonly hops: number; readonly requests: number }[] = [
  { nodes: 1000, k: 20, alpha: 3, hops: 1.934, requests: 21.5 },
  { nodes: 10_000, k: 20, alpha: 3, hops: 2.531, requests: 22.9 },
  { nodes: 100_000, k: 20, alpha: 3, hops: 3.108, requests: 24.6 },
  { nodes: 10_000, k: 8, alpha: 3, hops: 3.114, requests: 12.9 },
  { nodes: 10_000, k: 1, alpha: 1, hops: 6.52, requests: 6.52 },
];

/** A published comparison of the three at small sizes, 16-bit identifiers: mean hops, each protocol under that comparison's own definition. */
export const DHT_COMPARISON_HOPS: readonly { readonly nodes: number; readonly chord: number; readonly kademlia: number; readonly pastry: number }[] = [
  { nodes: 5, chord: 1.18, kademlia: 1.0, pastry: 0.83 },
  { nodes: 10, chord: 1.53, kademlia: 1.04, pastry: 1.01 },
  { nodes: 20, chord: 1.9, kademlia: 1.61, pastry: 1.12 },
  { nodes: 50, chord: 2.76, kademlia: 2.5, pastry: 1.44 },
];

/** Ibid., 20 nodes, 200 keys. Correctness as shares; messages of a join; peers in a node's tables; lookups per second in one process. */
export const DHT_COMPARISON_AT_20 = {
  chord: { p95: 4, max: 4, correct: 1, afterLeave: 1, joinMessages: 16.0, entries: 4.8, lookupsPerSecond: 157_000 },
  kademlia: { p95: 3, max: 3, correct: 1, afterLeave: 1, joinMessages: 2.4, entries: 12.5, lookupsPerSecond: 21_000 },
  pastry: { p95: 2, max: 2, correct: 0.915, afterLeave: 0.91, joinMessages: 7.0, entries: 19.9, lookupsPerSecond: 81_000 },
} as const;

export const PROTOCOLS = ['chord', 'kademlia', 'pastry'] as const;
