import type { HostId } from '../../sim/network/topology.ts';
import type { TieredStore } from '../store/tiered-store.ts';
import type { ChunkGeometries } from './chunk-geometry.ts';

/** What a precomputed corpus put into the stores before time 0. */
export interface WarmPlacement {
  /** Units of which every segment found room on all its holders. */
  readonly unitsPlaced: number;
  /** Units considered: the corpus. */
  readonly units: number;
  readonly bytesPlaced: number;
}

/**
 * Fills the peers' stores as a long-running cluster would have: units by falling popularity, each segment on its replica set,
 * the most popular ones in the fastest tier that has room, until a unit no longer fits. Costs no simulated time.
 *
 * @param units ids from the most to the least popular
 * @param tokensOf length of a unit
 * @param tiers how many there are; with `through` what lies in one lies in those below it too, where they have room
 * @param replicaSet hosts that hold a segment, by the overlay's own rule
 */
export function placeWarm(
  units: Iterable<number>,
  tokensOf: (unit: number) => number,
  geometries: ChunkGeometries,
  stores: readonly TieredStore[],
  { tiers, through }: { readonly tiers: number; readonly through: boolean },
  replicaSet: (unit: number, segment: number) => readonly HostId[],
): WarmPlacement {
  const free = new Float64Array(stores.length * tiers);
  for (let host = 0; host < stores.length; host++) for (let tier = 0; tier < tiers; tier++) free[host * tiers + tier] = stores[host].freeBytes(tier);
  // One entry a copy: host, tier, segment id, bytes.
  const plan: number[] = [];
  const needed = new Float64Array(stores.length);
  const sets: (readonly HostId[])[] = [];
  let considered = 0;
  let unitsPlaced = 0;
  let bytesPlaced = 0;
  let refusals = 0;
  for (const unit of units) {
    considered++;
    if (refusals > REFUSALS_MAX) continue;
    const placedBytes = planUnit(unit);
    if (placedBytes < 0) {
      refusals++;
      continue;
    }
    refusals = 0;
    unitsPlaced++;
    bytesPlaced += placedBytes;
  }
  // Last come is last to be evicted: the most popular go in last.
  for (let i = plan.length - 4; i >= 0; i -= 4) {
    if (!stores[plan[i]].preload(plan[i + 2], plan[i + 3], plan[i + 1])) {
      throw new Error(`segment ${plan[i + 2]} has no room on host ${plan[i]}, tier ${plan[i + 1]}, although it was planned there`);
    }
  }
  return { unitsPlaced, units: considered, bytesPlaced };

  /** Plans the unit's copies, and returns their bytes; −1 where it has no room. */
  function planUnit(unit: number): number {
    const { segmentBytes } = geometries.of(tokensOf(unit));
    sets.length = 0;
    for (let segment = 0; segment < segmentBytes.length; segment++) sets.push(replicaSet(unit, segment));
    if (!hasRoom(segmentBytes)) return -1;
    let placedBytes = 0;
    for (let segment = 0; segment < sets.length; segment++) {
      const sizeBytes = segmentBytes[segment];
      const id = geometries.segmentId(unit, segment);
      for (const host of sets[segment]) {
        const fastest = fastestTier(host, sizeBytes);
        free[host * tiers + fastest] -= sizeBytes;
        plan.push(host, fastest, id, sizeBytes);
        placedBytes += sizeBytes;
        for (let tier = fastest + 1; through && tier < tiers; tier++) {
          if (free[host * tiers + tier] < sizeBytes) continue;
          free[host * tiers + tier] -= sizeBytes;
          plan.push(host, tier, id, sizeBytes);
        }
      }
    }
    return placedBytes;
  }

  /** Has each holder of the unit's segments one tier with room for all that it would get of them? */
  function hasRoom(segmentBytes: readonly number[]): boolean {
    needed.fill(0);
    for (let segment = 0; segment < sets.length; segment++) for (const host of sets[segment]) needed[host] += segmentBytes[segment];
    for (let host = 0; host < needed.length; host++) if (needed[host] > 0 && fastestTier(host, needed[host]) < 0) return false;
    return true;
  }

  function fastestTier(host: HostId, sizeBytes: number): number {
    for (let tier = 0; tier < tiers; tier++) if (free[host * tiers + tier] >= sizeBytes) return tier;
    return -1;
  }
}

/** Placing stops for good once this many units in a row found no room: the stores are full but for crumbs. */
const REFUSALS_MAX = 200;
