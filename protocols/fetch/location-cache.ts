import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { Id } from '../overlay/id-space.ts';
import type { NodeIndex, Overlay } from '../overlay/overlay.ts';

/** Holders that a lookup found, as one node remembers them. */
export interface CachedLocation {
  readonly holders: readonly HostId[];
  /** The node that remembers is itself a holder. */
  readonly own: boolean;
  readonly expiresNs: Nanoseconds;
}

/** What one node remembers of its lookups. */
export interface LocationCache {
  find(group: number, key: Id): CachedLocation | undefined;
  /**
   * @param group what shares the key (PlacementKeys.group)
   * @param answeredBy the node that named the owner
   */
  remember(group: number, answeredBy: NodeIndex, owner: NodeIndex, location: CachedLocation): void;
}

/** Remembers each key by itself. */
export class KeyCache implements LocationCache {
  readonly #byGroup = new Map<number, CachedLocation>();

  find(group: number): CachedLocation | undefined {
    return this.#byGroup.get(group);
  }

  remember(group: number, _answeredBy: NodeIndex, _owner: NodeIndex, location: CachedLocation): void {
    this.#byGroup.set(group, location);
  }
}

interface CachedArc {
  readonly start: NodeIndex;
  readonly end: NodeIndex;
  location: CachedLocation;
}

/**
 * Chord: the node that names an owner is the owner's predecessor, so its answer holds for every key between the two. Remembered by arc,
 * as many answers as there are nodes serve all keys. A node that joins inside an arc makes it wrong until it expires or a holder says that
 * it lacks the segment.
 */
export class ArcCache implements LocationCache {
  readonly #overlay: Overlay;
  /** By ascending identifier of the end. */
  readonly #arcs: CachedArc[] = [];

  constructor(overlay: Overlay) {
    this.#overlay = overlay;
  }

  find(_group: number, key: Id): CachedLocation | undefined {
    const arcs = this.#arcs;
    if (arcs.length === 0) return undefined;
    const { space, ids } = this.#overlay;
    const arc = arcs[this.#position(key, 0) % arcs.length];
    return space.inArc(key, 0, ids, arc.start * space.words, ids, arc.end * space.words) ? arc.location : undefined;
  }

  remember(_group: number, answeredBy: NodeIndex, owner: NodeIndex, location: CachedLocation): void {
    // The owner itself answered: where its arc begins is not in the answer.
    if (answeredBy < 0 || answeredBy === owner) return;
    const at = this.#position(this.#overlay.ids, owner * this.#overlay.space.words);
    const arc = { start: answeredBy, end: owner, location };
    if (this.#arcs[at]?.end === owner) this.#arcs[at] = arc;
    else this.#arcs.splice(at, 0, arc);
  }

  /** The first arc whose end is at or after an identifier. */
  #position(a: Uint32Array, i: number): number {
    const { space, ids } = this.#overlay;
    let low = 0;
    let high = this.#arcs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (space.compare(ids, this.#arcs[middle].end * space.words, a, i) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
