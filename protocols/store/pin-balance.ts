/** What a store says of the pins on its entries. */
interface Pinned {
  readonly pinsOut: number;
}

/**
 * Every pin belongs to one segment that is being read, copied or sent: none is left behind, and nothing is in use without one.
 *
 * @param inUse segments in use now, as those count them who read and send
 * @throws Error unless the stores have as many pins out
 */
export function checkPins(nodes: readonly { readonly holdings: Pinned }[], inUse: number): void {
  let out = 0;
  for (const { holdings } of nodes) out += holdings.pinsOut;
  if (out !== inUse) throw new Error(`${out} pins are out in stores, and ${inUse} segments are in use`);
}
