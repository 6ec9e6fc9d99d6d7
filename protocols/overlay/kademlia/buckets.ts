import type { RandomStream } from '../../../sim/kernel/random-stream.ts';
import type { Id, IdSpace } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';

/** Buckets to an allocation unit. */
const CHUNK = 4096;

/**
 * The k-buckets of every node. A bucket's contacts lie in the order in which they were last seen, least recently first.
 *
 * With b bits a step a bucket is named by level and digit: the level is the first digit in which a contact differs from the node, the
 * digit is what it differs by (the XOR, 1 … 2^b − 1). With b = 1, bucket (level) holds the XOR distances 2^(bits−1−level) upwards. Only
 * buckets that ever held a contact take memory, in chunks, so that a million nodes fit.
 */
export class KBuckets {
  readonly space: IdSpace;
  readonly ids: Uint32Array;
  readonly k: number;
  readonly digitBits: number;
  readonly levels: number;
  /** Buckets of one node. */
  readonly perNode: number;
  /** Place of each bucket in the pool, −1 while it never held a contact. */
  private readonly places: Int32Array;
  /** Deepest level at which each node ever had a contact: of the 64 or 160, most never hold one. */
  private readonly deepest: Int16Array;
  private readonly contacts: Int32Array[] = [];
  private readonly sizes: Uint16Array[] = [];
  private allocated = 0;
  /** Newest last; only buckets that overflowed have one. Keyed by node · perNode + bucket. */
  private readonly replacements = new Map<number, NodeIndex[]>();
  private readonly replacementLength: number;
  /** Distances of what `closest` has found, their leading 53 bits or so. */
  private readonly distances: number[] = [];

  constructor(space: IdSpace, ids: Uint32Array, nodeCount: number, k: number, digitBits: number, replacementLength: number) {
    this.space = space;
    this.ids = ids;
    this.k = k;
    this.digitBits = digitBits;
    this.levels = space.digits(digitBits);
    this.perNode = this.levels * ((1 << digitBits) - 1);
    this.places = new Int32Array(nodeCount * this.perNode).fill(-1);
    this.deepest = new Int16Array(nodeCount).fill(-1);
    this.replacementLength = replacementLength;
  }

  /** The bucket of `node` in which an identifier belongs; −1 for its own. */
  bucketOf(node: NodeIndex, a: Uint32Array, i: number): number {
    const { space, ids, digitBits } = this;
    const log = space.logXor(ids, node * space.words, a, i);
    if (log < 0) return -1;
    if (digitBits === 1) return space.bits - 1 - log;
    const level = Math.floor((space.bits - 1 - log) / digitBits);
    const digit = space.digit(ids, node * space.words, level, digitBits) ^ space.digit(a, i, level, digitBits);
    return level * ((1 << digitBits) - 1) + digit - 1;
  }

  bucketOfPeer(node: NodeIndex, peer: NodeIndex): number {
    return this.bucketOf(node, this.ids, peer * this.space.words);
  }

  size(node: NodeIndex, bucket: number): number {
    const place = this.places[node * this.perNode + bucket];
    return place < 0 ? 0 : this.sizes[Math.floor(place / CHUNK)][place % CHUNK];
  }

  /** The i-th least recently seen contact. */
  contact(node: NodeIndex, bucket: number, i: number): NodeIndex {
    const place = this.places[node * this.perNode + bucket];
    return this.contacts[Math.floor(place / CHUNK)][(place % CHUNK) * this.k + i];
  }

  list(node: NodeIndex, bucket: number): NodeIndex[] {
    return Array.from({ length: this.size(node, bucket) }, (_, i) => this.contact(node, bucket, i));
  }

  has(node: NodeIndex, peer: NodeIndex): boolean {
    const bucket = this.bucketOfPeer(node, peer);
    return bucket >= 0 && this.list(node, bucket).includes(peer);
  }

  /** Moves a known contact to the most recently seen end. False where it is not in its bucket. */
  touch(node: NodeIndex, bucket: number, peer: NodeIndex): boolean {
    const place = this.places[node * this.perNode + bucket];
    if (place < 0) return false;
    const chunk = this.contacts[Math.floor(place / CHUNK)];
    const base = (place % CHUNK) * this.k;
    const last = base + this.sizes[Math.floor(place / CHUNK)][place % CHUNK] - 1;
    for (let i = last; i >= base; i--) {
      if (chunk[i] !== peer) continue;
      if (i < last) {
        chunk.copyWithin(i, i + 1, last + 1);
        chunk[last] = peer;
      }
      return true;
    }
    return false;
  }

  /** Where the bucket's contacts lie; room is made for a bucket that had none. */
  private placeFor(node: NodeIndex, bucket: number): number {
    const cell = node * this.perNode + bucket;
    if (this.places[cell] < 0) {
      this.places[cell] = this.allocate();
      this.deepest[node] = Math.max(this.deepest[node], Math.floor(bucket / ((1 << this.digitBits) - 1)));
    }
    return this.places[cell];
  }

  /** Appends a contact that is not in the bucket. False where the bucket is full. */
  append(node: NodeIndex, bucket: number, peer: NodeIndex): boolean {
    const place = this.placeFor(node, bucket);
    const sizes = this.sizes[Math.floor(place / CHUNK)];
    const size = sizes[place % CHUNK];
    if (size === this.k) return false;
    this.contacts[Math.floor(place / CHUNK)][(place % CHUNK) * this.k + size] = peer;
    sizes[place % CHUNK] = size + 1;
    return true;
  }

  /** Fills a bucket that is empty with k distinct peers drawn uniformly from `peers[low … high − 1]`, or with all where there are no more. */
  fill(node: NodeIndex, bucket: number, peers: Int32Array, low: number, high: number, random: RandomStream): void {
    const { k } = this;
    const range = high - low;
    if (range === 0) return;
    const place = this.placeFor(node, bucket);
    const chunk = this.contacts[Math.floor(place / CHUNK)];
    const base = (place % CHUNK) * k;
    const size = Math.min(k, range);
    if (range <= k) chunk.set(peers.subarray(low, high), base);
    else {
      for (let c = base; c < base + k; c++) {
        let peer: NodeIndex;
        do peer = peers[low + Math.floor(random.next() * range)];
        while (includes(chunk, base, c, peer));
        chunk[c] = peer;
      }
    }
    this.sizes[Math.floor(place / CHUNK)][place % CHUNK] = size;
  }

  remove(node: NodeIndex, bucket: number, peer: NodeIndex): boolean {
    if (!this.touch(node, bucket, peer)) return false;
    const place = this.places[node * this.perNode + bucket];
    this.sizes[Math.floor(place / CHUNK)][place % CHUNK]--;
    return true;
  }

  /** Remembers a newcomer of a full bucket as its most recent replacement. */
  addReplacement(node: NodeIndex, bucket: number, peer: NodeIndex): void {
    if (this.replacementLength === 0) return;
    const cell = node * this.perNode + bucket;
    let list = this.replacements.get(cell);
    if (list === undefined) {
      list = [];
      this.replacements.set(cell, list);
    }
    const at = list.indexOf(peer);
    if (at >= 0) list.splice(at, 1);
    else if (list.length === this.replacementLength) list.shift();
    list.push(peer);
  }

  /** Takes the most recent replacement out of the cache; undefined where it is empty. */
  takeReplacement(node: NodeIndex, bucket: number): NodeIndex | undefined {
    return this.replacements.get(node * this.perNode + bucket)?.pop();
  }

  removeReplacement(node: NodeIndex, bucket: number, peer: NodeIndex): void {
    const list = this.replacements.get(node * this.perNode + bucket);
    const at = list?.indexOf(peer) ?? -1;
    if (at >= 0) list!.splice(at, 1);
  }

  replacementList(node: NodeIndex, bucket: number): readonly NodeIndex[] {
    return this.replacements.get(node * this.perNode + bucket) ?? [];
  }

  clear(node: NodeIndex): void {
    for (let bucket = 0; bucket < this.usedBuckets(node); bucket++) {
      const cell = node * this.perNode + bucket;
      const place = this.places[cell];
      if (place >= 0) this.sizes[Math.floor(place / CHUNK)][place % CHUNK] = 0;
      this.replacements.delete(cell);
    }
  }

  /** An identifier drawn uniformly from the range of a bucket. */
  randomIdIn(node: NodeIndex, bucket: number, random: RandomStream): Id {
    const { space, ids, digitBits } = this;
    const digits = (1 << digitBits) - 1;
    const level = Math.floor(bucket / digits);
    const digit = (bucket % digits) + 1;
    const low = Math.max(0, space.bits - (level + 1) * digitBits);
    const id = new Uint32Array(space.words);
    for (let word = 0; word < space.words; word++) {
      const below = Math.min(32, Math.max(0, low - 32 * (space.words - 1 - word)));
      const mask = below === 32 ? 0xffffffff : (1 << below) - 1;
      const drawn = Math.floor(random.next() * 0x100000000);
      id[word] = (ids[node * space.words + word] & ~mask) | (drawn & mask);
    }
    for (let bit = 0; bit < digitBits; bit++) {
      const at = low + bit;
      if (((digit >>> bit) & 1) === 1 && at < space.bits) id[space.words - 1 - (at >>> 5)] ^= 1 << (at & 31);
    }
    return id;
  }

  /** All contacts of a node. */
  peers(node: NodeIndex): NodeIndex[] {
    const peers: NodeIndex[] = [];
    for (let bucket = 0; bucket < this.usedBuckets(node); bucket++) peers.push(...this.list(node, bucket));
    return peers;
  }

  /** The bucket of the node's nearest contact; −1 where it has none. Buckets after it are empty. */
  nearestBucket(node: NodeIndex): number {
    for (let bucket = this.usedBuckets(node) - 1; bucket >= 0; bucket--) if (this.size(node, bucket) > 0) return bucket;
    return -1;
  }

  /**
   * The at most `count` contacts of `node` closest to `target`, nearest first, without `except`.
   *
   * Buckets are visited in the order of their distance to the target, each a range of distances of its own, until enough contacts are
   * found; only the contacts of one bucket need sorting among each other.
   */
  closest(node: NodeIndex, target: Id, count: number, except: NodeIndex = -1): NodeIndex[] {
    return this.find(node, target, count, except, true);
  }

  /** The same contacts in any order, for whoever sorts them anyway: a bucket that is wanted as a whole is not sorted. */
  closestUnordered(node: NodeIndex, target: Id, count: number, except: NodeIndex = -1): NodeIndex[] {
    return this.find(node, target, count, except, false);
  }

  private find(node: NodeIndex, target: Id, count: number, except: NodeIndex, ordered: boolean): NodeIndex[] {
    const found: NodeIndex[] = [];
    const targetBucket = this.bucketOf(node, target, 0);
    const digits = (1 << this.digitBits) - 1;
    const level = targetBucket < 0 ? this.levels : Math.floor(targetBucket / digits);
    this.descend(node, target, level, count, except, ordered, found);
    for (let l = Math.min(level - 1, this.deepest[node]); l >= 0 && found.length < count; l--) {
      for (let digit = 1; digit <= digits && found.length < count; digit++) this.collect(node, target, l * digits + digit - 1, count, except, ordered, found);
    }
    return found;
  }

  /** Contacts that share the first `level` digits with the node, in the order of their distance to the target. */
  private descend(node: NodeIndex, target: Id, level: number, count: number, except: NodeIndex, ordered: boolean, found: NodeIndex[]): void {
    if (level > this.deepest[node] || found.length >= count) return;
    const { space, digitBits } = this;
    const digits = (1 << digitBits) - 1;
    const own = space.digit(this.ids, node * space.words, level, digitBits);
    const wanted = own ^ space.digit(target, 0, level, digitBits);
    for (let distance = 0; distance <= digits && found.length < count; distance++) {
      const digit = distance ^ wanted;
      if (digit === 0) this.descend(node, target, level + 1, count, except, ordered, found);
      else this.collect(node, target, level * digits + digit - 1, count, except, ordered, found);
    }
  }

  private collect(node: NodeIndex, target: Id, bucket: number, count: number, except: NodeIndex, ordered: boolean, found: NodeIndex[]): void {
    const place = this.places[node * this.perNode + bucket];
    if (place < 0) return;
    const { space, ids } = this;
    const chunk = this.contacts[Math.floor(place / CHUNK)];
    const base = (place % CHUNK) * this.k;
    const end = base + this.sizes[Math.floor(place / CHUNK)][place % CHUNK];
    const first = found.length;
    if (!ordered && first + end - base <= count) {
      for (let c = base; c < end; c++) if (chunk[c] !== except) found.push(chunk[c]);
      return;
    }
    const { distances } = this;
    const long = space.words > 1;
    for (let c = base; c < end; c++) {
      const peer = chunk[c];
      if (peer === except) continue;
      const id = peer * space.words;
      const high = (ids[id] ^ target[0]) >>> 0;
      const distance = long ? high * 0x1_0000_0000 + ((ids[id + 1] ^ target[1]) >>> 0) : high;
      // Insertion sort: buckets are short, and most arrive when few places are left.
      let at = found.length;
      if (at < count) found.push(peer);
      else if (this.isNearer(peer, distance, found, at - 1, target)) at--;
      else continue;
      while (at > first && this.isNearer(peer, distance, found, at - 1, target)) {
        found[at] = found[at - 1];
        distances[at] = distances[at - 1];
        at--;
      }
      found[at] = peer;
      distances[at] = distance;
    }
  }

  /** Is a peer nearer to the target than the one found at a place? The leading bits decide, all bits where those agree. */
  private isNearer(peer: NodeIndex, distance: number, found: readonly NodeIndex[], at: number, target: Id): boolean {
    const other = this.distances[at];
    if (distance !== other) return distance < other;
    const w = this.space.words;
    return this.space.compareXor(this.ids, peer * w, this.ids, found[at] * w, target, 0) < 0;
  }

  /** Buckets from here on never held a contact. */
  private usedBuckets(node: NodeIndex): number {
    return (this.deepest[node] + 1) * ((1 << this.digitBits) - 1);
  }

  private allocate(): number {
    if (this.allocated % CHUNK === 0) {
      this.contacts.push(new Int32Array(CHUNK * this.k));
      this.sizes.push(new Uint16Array(CHUNK));
    }
    return this.allocated++;
  }
}

function includes(list: Int32Array, from: number, to: number, wanted: number): boolean {
  for (let i = from; i < to; i++) if (list[i] === wanted) return true;
  return false;
}
