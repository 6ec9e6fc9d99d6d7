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

/** Placing stops for good once this many units in a row found no room: the stores are full but for crumbs. */
const REFUSALS_MAX = 200;

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
  tiers: { readonly tiers: number; readonly through: boolean },
  replicaSet: (unit: number, segment: number) => readonly HostId[],
): WarmPlacement {
  const plan = new PlacementPlan(geometries, stores, tiers, replicaSet);
  let considered = 0;
  let unitsPlaced = 0;
  let bytesPlaced = 0;
  let refusals = 0;
  for (const unit of units) {
    considered++;
    if (refusals > REFUSALS_MAX) continue;
    const placedBytes = plan.add(unit, tokensOf(unit));
    if (placedBytes < 0) {
      refusals++;
      continue;
    }
    refusals = 0;
    unitsPlaced++;
    bytesPlaced += placedBytes;
  }
  plan.carryOut();
  return { unitsPlaced, units: considered, bytesPlaced };
}

/** Which copies go where. */
class PlacementPlan {
  readonly #geometries: ChunkGeometries;
  readonly #stores: readonly TieredStore[];
  readonly #tiers: number;
  readonly #through: boolean;
  readonly #replicaSet: (unit: number, segment: number) => readonly HostId[];
  /** Room left, by host and tier. */
  readonly #free: Float64Array;
  /** One entry a copy: host, tier, segment id, bytes. */
  readonly #copies: number[] = [];
  /** Scratch of `add`: holders of each segment of a unit, and what each host would get of it. */
  readonly #sets: (readonly HostId[])[] = [];
  readonly #needed: Float64Array;

  constructor(geometries: ChunkGeometries, stores: readonly TieredStore[], { tiers, through }: { readonly tiers: number; readonly through: boolean }, replicaSet: (unit: number, segment: number) => readonly HostId[]) {
    this.#geometries = geometries;
    this.#stores = stores;
    this.#tiers = tiers;
    this.#through = through;
    this.#replicaSet = replicaSet;
    this.#free = new Float64Array(stores.length * tiers);
    for (let host = 0; host < stores.length; host++) for (let tier = 0; tier < tiers; tier++) this.#free[host * tiers + tier] = stores[host].freeBytes(tier);
    this.#needed = new Float64Array(stores.length);
  }

  /** Plans the copies of a unit, and returns their bytes; −1 where it has no room. */
  add(unit: number, tokens: number): number {
    const { segmentBytes } = this.#geometries.of(tokens);
    const sets = this.#sets;
    sets.length = 0;
    for (let segment = 0; segment < segmentBytes.length; segment++) sets.push(this.#replicaSet(unit, segment));
    if (!this.#hasRoom(segmentBytes)) return -1;
    let placedBytes = 0;
    for (let segment = 0; segment < sets.length; segment++) {
      const sizeBytes = segmentBytes[segment];
      const id = this.#geometries.segmentId(unit, segment);
      for (const host of sets[segment]) {
        this.#place(host, id, sizeBytes);
        placedBytes += sizeBytes;
      }
    }
    return placedBytes;
  }

  carryOut(): void {
    const copies = this.#copies;
    // Last come is last to be evicted: the most popular go in last.
    for (let i = copies.length - 4; i >= 0; i -= 4) {
      if (!this.#stores[copies[i]].preload(copies[i + 2], copies[i + 3], copies[i + 1])) {
        throw new Error(`segment ${copies[i + 2]} has no room on host ${copies[i]}, tier ${copies[i + 1]}, although it was planned there`);
      }
    }
  }

  #place(host: HostId, id: number, sizeBytes: number): void {
    const first = host * this.#tiers;
    const fastest = this.#fastestTier(host, sizeBytes);
    this.#free[first + fastest] -= sizeBytes;
    this.#copies.push(host, fastest, id, sizeBytes);
    if (!this.#through) return;
    for (let tier = fastest + 1; tier < this.#tiers; tier++) {
      if (this.#free[first + tier] < sizeBytes) continue;
      this.#free[first + tier] -= sizeBytes;
      this.#copies.push(host, tier, id, sizeBytes);
    }
  }

  /** Has each holder of the unit's segments one tier with room for all that it would get of them? */
  #hasRoom(segmentBytes: readonly number[]): boolean {
    const needed = this.#needed;
    needed.fill(0);
    for (let segment = 0; segment < segmentBytes.length; segment++) for (const host of this.#sets[segment]) needed[host] += segmentBytes[segment];
    for (let host = 0; host < needed.length; host++) if (needed[host] > 0 && this.#fastestTier(host, needed[host]) < 0) return false;
    return true;
  }

  #fastestTier(host: HostId, sizeBytes: number): number {
    for (let tier = 0; tier < this.#tiers; tier++) if (this.#free[host * this.#tiers + tier] >= sizeBytes) return tier;
    return -1;
  }
}
