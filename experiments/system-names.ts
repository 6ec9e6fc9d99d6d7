/** The systems under test, in the order in which tables show them. */
import type { Protocol } from '../protocols/overlay/overlay.ts';

/** Systems that serve requests. */
export const SYSTEM_NAMES = [
  'no-reuse', 'local', 'central-disk', 'central-memory', 'p2p', 'kv-cache-p2p', 'kv-cache-p2p-dht',
  'prefix-routing', 'hybrid-routing', 'central-router', 'hash-routing', 'least-loaded-routing', 'random-routing', 'local-prefix',
] as const;

/** Those whose engines keep computed prefixes in GPU memory, and which differ in how a request finds a node. */
export const ROUTING_SYSTEMS = ['prefix-routing', 'hybrid-routing', 'central-router', 'hash-routing', 'least-loaded-routing', 'random-routing', 'local-prefix'] as const satisfies readonly SystemName[];

export type RoutingSystem = (typeof ROUTING_SYSTEMS)[number];

export function isRoutingSystem(name: SystemName): name is RoutingSystem {
  return (ROUTING_SYSTEMS as readonly string[]).includes(name);
}

/** Those that keep KV caches of chunks in stores, and join them at new positions. The others reuse nothing, or what stands at its true position. */
const CHUNK_SYSTEMS: readonly SystemName[] = ['local', 'central-disk', 'central-memory', 'p2p'];

export function joinsChunks(name: SystemName): boolean {
  return CHUNK_SYSTEMS.includes(name);
}

/** Those of the research plan: P2P-RAGCache and its three baselines. */
export const DEFAULT_SYSTEMS: readonly SystemName[] = ['no-reuse', 'central-disk', 'central-memory', 'p2p'];

export type SystemName = (typeof SYSTEM_NAMES)[number];

/** Overlay protocols, studied by themselves. */
export const OVERLAY_NAMES = ['chord', 'kademlia', 'pastry'] as const satisfies readonly Protocol[];

export type AnySystemName = SystemName | Protocol;

/** What a study is about: systems that serve requests, or the overlay protocols by themselves. */
export const STUDY_KIND_NAMES = ['serving', 'overlay'] as const;

export type StudyKindName = (typeof STUDY_KIND_NAMES)[number];

/** The kind of study that a system belongs to: names are of one kind only. */
export function studyKindOf(system: string): StudyKindName {
  return (OVERLAY_NAMES as readonly string[]).includes(system) ? 'overlay' : 'serving';
}

/** Names as a reader meets them in tables and charts. */
export const SYSTEM_LABELS: Readonly<Record<AnySystemName, string>> = {
  'no-reuse': 'No reuse',
  local: 'Local cache',
  'central-disk': 'Central disk',
  'central-memory': 'Central memory',
  p2p: 'P2P-RAGCache',
  'kv-cache-p2p': 'KV Cache P2P',
  'kv-cache-p2p-dht': 'KV Cache P2P over a DHT',
  'prefix-routing': 'Prefix routing',
  'hybrid-routing': 'Hybrid: route or fetch',
  'central-router': 'Central router',
  'hash-routing': 'Hash routing',
  'least-loaded-routing': 'Least loaded',
  'random-routing': 'Random',
  'local-prefix': 'Local prefix cache',
  chord: 'Chord',
  kademlia: 'Kademlia',
  pastry: 'Pastry',
};
