/** True for an entry that may not leave at present, because it is in use. */
export type SlotFilter = (slot: number) => boolean;

/**
 * Decides which entry leaves a full tier. The store owns the entries and names each by a dense slot; a policy only orders the
 * slots it was told of, in arrays of its own, so that a touch costs no lookup. Slots are used again for other entries; the id is
 * what a policy knows an entry by after it has left.
 *
 * The store calls, in this order: `observe` on every read, found here or not; `touch` when it was found here; for an entry that
 * comes in `expect`, then as often as room is lacking `victim` and `evict`, then `insert`.
 */
export interface EvictionPolicy {
  readonly name: string;
  /** Somebody asked for this entry, whether or not this tier holds it. Only policies that count uses of absent entries have it. */
  observe?(id: number): void;
  /** An entry that is not here is about to come in: the victims asked for next make room for it. It need not come in the end. */
  expect?(id: number, sizeBytes: number): void;
  /** A new entry came in. Its slot must not be known yet. `cost` is what getting the entry again would cost, in any unit. */
  insert(slot: number, id: number, sizeBytes: number, cost: number): void;
  /** A known entry was read. */
  touch(slot: number): void;
  /** A known entry was taken out by its owner: it leaves no trace. */
  remove(slot: number): void;
  /** The entry that `victim` named was given up: the policy may remember its id. */
  evict(slot: number): void;
  /** The entry to give up next among those not `held`, -1 when there is none. Does not remove it. */
  victim(held?: SlotFilter): number;
}
