/**
 * Decides which entry leaves a full store. The store owns the bytes; a policy only orders the entries it was told of.
 */
export interface EvictionPolicy {
  readonly name: string;
  /** A new entry came in. It must not be known yet. */
  insert(id: number): void;
  /** A known entry was read. */
  touch(id: number): void;
  /** A known entry was removed by its owner, or after `victim` named it. */
  remove(id: number): void;
  /** The entry to give up next, or undefined when none is known. Does not remove it. */
  victim(): number | undefined;
}
