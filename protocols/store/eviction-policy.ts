/**
 * Decides which entry leaves a full tier. The store owns the entries and names each by a dense slot; a policy only orders the
 * slots it was told of, in arrays of its own, so that a touch costs no lookup.
 */
export interface EvictionPolicy {
  readonly name: string;
  /** A new entry came in. Its slot must not be known yet. */
  insert(slot: number): void;
  /** A known entry was read. */
  touch(slot: number): void;
  /** A known entry was removed by its owner, or after `victim` named it. */
  remove(slot: number): void;
  /** The entry to give up next, -1 when none is known. Does not remove it. */
  victim(): number;
}
