import type { TieredStore } from './tiered-store.ts';

/** What a replay counts from its first counted reference on. */
export interface ReplayCounts {
  references: number;
  hits: number;
  referencedBytes: number;
  hitBytes: number;
}

export interface ReplayOptions {
  /** References that fill the store before counting starts. */
  readonly warmUp?: number;
  /** Bytes of an entry; 1 by default. */
  readonly sizeBytes?: (id: number) => number;
  /** Cost of getting an entry again; 1 by default. */
  readonly cost?: (id: number) => number;
}

/** Runs references through a store one at a time, no time passing: each is read, and written when it was absent. */
export function replayReferences(references: Iterable<number>, store: TieredStore, options: ReplayOptions = {}): ReplayCounts {
  const { warmUp = 0, sizeBytes = () => 1, cost = () => 1 } = options;
  const counts: ReplayCounts = { references: 0, hits: 0, referencedBytes: 0, hitBytes: 0 };
  let seen = 0;
  for (const id of references) {
    const size = sizeBytes(id);
    const hit = store.read(id).tier >= 0;
    if (!hit) store.write(id, size, cost(id));
    if (seen++ < warmUp) continue;
    counts.references++;
    counts.referencedBytes += size;
    if (hit) {
      counts.hits++;
      counts.hitBytes += size;
    }
  }
  return counts;
}
