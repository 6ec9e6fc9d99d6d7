import type { Id, IdSpace } from '../overlay/id-space.ts';

/** Final mix of MurmurHash3 (A. Appleby, public domain): every input bit flips each output bit with probability near ½. */
function mix(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const GOLDEN = 0x9e3779b9;

/**
 * The overlay key of one segment of one unit (chunk or block). Keys must spread evenly, not resist an attacker, so an
 * integer mix stands in for SHA-1: 20 times faster, and a trial derives hundreds of thousands of them.
 *
 * @param unit chunk or block id, a non-negative safe integer
 * @param out `space.words` words are written at 0; a new identifier when absent
 */
export function segmentKey(space: IdSpace, unit: number, segment: number, out: Id = new Uint32Array(space.words)): Id {
  const low = mix((unit >>> 0) ^ GOLDEN);
  const high = mix(low ^ Math.floor(unit / 0x100000000));
  let state = mix(high ^ Math.imul(segment + 1, GOLDEN));
  for (let word = 0; word < space.words; word++) {
    out[word] = state;
    state = mix(state + GOLDEN);
  }
  // The most significant word holds what 32 does not divide.
  out[0] >>>= 32 * space.words - space.bits;
  return out;
}
