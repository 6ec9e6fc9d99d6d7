import type { Nanoseconds } from './time.ts';

/** The digest's value after `eventsRun` events. */
export interface DigestCheckpoint {
  readonly eventsRun: number;
  readonly timeNs: Nanoseconds;
  readonly digest: string;
}

/**
 * A rolling 64-bit digest of the events a run dispatched, each as (time, label, entity). Equal runs give equal digests; runs that differ in one
 * field of one event, or in the order of two, give different ones but for a chance of about 2^-64. It guards against accidents, not adversaries.
 *
 * Two 32-bit lanes in wrapping integer arithmetic, the same on every engine. An event is three words: `low`, the time modulo 2^32; `high`, the time
 * divided by 2^32 exclusive-or the label's hash (FNV-1a); and `entity`, folded to 32 bits if it is no 32-bit integer. Lane a multiplies and shifts
 * after each word, so it depends on their order; lane b takes them by a sum of products, so that what cancels in one lane does not in the other. The
 * multipliers are the odd constants of MurmurHash3 and xxHash32.
 */
export class Digest {
  private a = 0x17b28c5d;
  private b = 0x3c6ef372;

  /**
   * Takes in the event whose time is at `cells[at]` and whose entity is after it. They are read from the event's record, since a number passed as an
   * argument might be boxed.
   */
  absorb(cells: Float64Array, at: number, labelHash: number): void {
    // Taken here, since a constant of the module would be asked at each use whether it has its value yet.
    const { imul } = Math;
    const { b } = this;
    const timeNs = cells[at];
    const given = cells[at | 1];
    const low = timeNs | 0;
    const high = labelHash ^ (timeNs * 2.3283064365386963e-10);
    let entity = given | 0;
    if (entity !== given) entity = foldEntity(given);
    const sum = (imul(low, 0x9e3779b1) + imul(high, 0x85ebca77) + imul(entity, 0xc2b2ae3d)) | 0;
    const a = imul(this.a ^ sum, 0xcc9e2d51);
    this.a = a ^ (a >>> 15);
    this.b = imul(((b << 13) | (b >>> 19)) ^ low ^ imul(entity ^ high, 0x27d4eb2f), 0x1b873593);
  }

  toString(): string {
    const a = finish(this.a);
    const b = finish(this.b ^ a);
    return hexadecimal(a) + hexadecimal(b);
  }
}

/**
 * 32 bits of an entity that is no 32-bit integer, from its value alone, since bit patterns of NaN and byte order differ between machines: both halves
 * of a safe integer, the shortest decimal of anything else.
 */
function foldEntity(entity: number): number {
  if (!Number.isSafeInteger(entity)) return hashLabel(String(entity));
  return finish(finish(Math.floor(entity / 4_294_967_296)) ^ entity);
}

/** 32-bit FNV-1a over UTF-16 code units. */
export function hashLabel(label: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  return hash | 0;
}

/** The finaliser of MurmurHash3_x86_32. */
function finish(lane: number): number {
  let h = lane ^ (lane >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hexadecimal(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** Where two runs first differ, as far as their checkpoints tell: events `afterEvent + 1` to `byEvent` hold the first difference. */
export interface Divergence {
  readonly afterEvent: number;
  readonly byEvent: number;
}

/**
 * Compares two runs' checkpoints by bisection: the digest is rolling, so once it differs it stays different.
 * Returns undefined when all common checkpoints agree and both runs have as many.
 */
export function firstDivergence(a: readonly DigestCheckpoint[], b: readonly DigestCheckpoint[]): Divergence | undefined {
  const common = Math.min(a.length, b.length);
  let low = 0;
  let high = common;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sameCheckpoint(a[middle], b[middle])) low = middle + 1;
    else high = middle;
  }
  const afterEvent = low === 0 ? 0 : a[low - 1].eventsRun;
  if (low < common) return { afterEvent, byEvent: Math.max(a[low].eventsRun, b[low].eventsRun) };
  if (a.length === b.length) return undefined;
  return { afterEvent, byEvent: (a.length > b.length ? a : b)[common].eventsRun };
}

function sameCheckpoint(a: DigestCheckpoint, b: DigestCheckpoint): boolean {
  return a.eventsRun === b.eventsRun && a.digest === b.digest;
}
