import type { HostId } from '../../sim/network/topology.ts';
import type { NodeIndex, Overlay } from '../overlay/overlay.ts';
import type { PlacementKeys } from './placement-keys.ts';

/** Where a host, by its own tables alone, believes that the replicas of a segment belong. */
export class BelievedReplicas {
  readonly #overlay: Overlay;
  readonly #keys: PlacementKeys;
  readonly #membersOf: (host: HostId) => readonly NodeIndex[];
  readonly #replicas: number;

  /** @param membersOf overlay nodes of a host */
  constructor(overlay: Overlay, keys: PlacementKeys, membersOf: (host: HostId) => readonly NodeIndex[], replicas: number) {
    this.#overlay = overlay;
    this.#keys = keys;
    this.#membersOf = membersOf;
    this.#replicas = replicas;
  }

  /** The hosts of a segment, its owner first; empty where `host` is not among them, or cannot tell. */
  of(host: HostId, unit: number, segment: number): HostId[] {
    const key = this.#keys.key(unit, segment);
    const members = this.#membersOf(host);
    for (const node of members) {
      const hosts: HostId[] = [];
      for (const neighbour of this.#overlay.neighbours(node, key, this.#replicas * members.length)) {
        const other = this.#overlay.hostOf(neighbour);
        if (!hosts.includes(other)) hosts.push(other);
        if (hosts.length === this.#replicas) break;
      }
      if (hosts.includes(host)) return hosts;
    }
    return [];
  }
}
