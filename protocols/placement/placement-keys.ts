import type { Id, IdSpace } from '../overlay/id-space.ts';
import { segmentKey } from './segment-key.ts';

/** What gets an overlay key of its own. */
export const PLACEMENT_KEYS = ['segment', 'chunk', 'document'] as const;
export type PlacementKeyScope = (typeof PLACEMENT_KEYS)[number];

/** Keeps chunk and document keys apart from segment keys of the same number. */
const WHOLE = 0x3fffffff;

/** Derives overlay keys: segments that share a key lie on the same hosts, and one lookup finds them all. */
export class PlacementKeys {
  readonly #space: IdSpace;
  readonly #scope: PlacementKeyScope;
  readonly #maxSegments: number;
  readonly #documentOf: (unit: number) => number;

  /** @param documentOf the document a unit belongs to; only asked for with document keys */
  constructor(space: IdSpace, scope: PlacementKeyScope, maxSegments: number, documentOf: (unit: number) => number) {
    this.#space = space;
    this.#scope = scope;
    this.#maxSegments = maxSegments;
    this.#documentOf = documentOf;
  }

  /** Equal for segments with the same key. */
  group(unit: number, segment: number): number {
    switch (this.#scope) {
      case 'segment':
        return unit * this.#maxSegments + segment;
      case 'chunk':
        return unit;
      case 'document':
        return this.#documentOf(unit);
    }
  }

  key(unit: number, segment: number, out?: Id): Id {
    if (this.#scope === 'segment') return segmentKey(this.#space, unit, segment, out);
    return segmentKey(this.#space, this.group(unit, segment), WHOLE, out);
  }
}
