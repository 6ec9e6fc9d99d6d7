import type { RandomStream } from '../../../sim/kernel/random-stream.ts';
import type { Id } from '../id-space.ts';
import type { NodeIndex } from '../overlay.ts';
import type { KBuckets } from './buckets.ts';
import { digitBounds } from './converged.ts';

/**
 * Writes the tables of a network that grew node by node, in the order given, by the paper's join [K 2.3], without its messages.
 *
 * A node that joins looks up one random identifier in the range of each bucket, and whoever answers enters the bucket: a few nodes on the
 * way, and then those closest to that identifier. So a bucket of a late node is a cluster of neighbours, which tell a lookup less than
 * the uniform contacts of ideal tables do, and old nodes stand in more buckets than young ones, because they were there to be found.
 * Buckets with room take the nodes that join after.
 *
 * The way is drawn, not run: from k random contacts of the range the α nearest to the identifier are asked, they know k nearer ones, and
 * so on. That one contact of the range was known before has probability 2^−level, the chance that the node it joined through lies so near.
 * Time and memory moves grow with the square of the number of nodes, at 4 bytes: a hundred thousand take seconds, a million minutes.
 */
export function writeGrownBuckets(buckets: KBuckets, nodes: readonly NodeIndex[], alpha: number, random: RandomStream): void {
  for (const node of nodes) buckets.clear(node);
  const network = new Network(buckets, alpha, nodes.length, random);
  for (const node of nodes) network.join(node);
}

/** The nodes that have joined so far, in the order of their identifiers. */
class Network {
  private readonly buckets: KBuckets;
  private readonly alpha: number;
  private readonly random: RandomStream;
  private readonly sorted: Int32Array;
  private size = 0;

  constructor(buckets: KBuckets, alpha: number, capacity: number, random: RandomStream) {
    this.buckets = buckets;
    this.alpha = alpha;
    this.random = random;
    this.sorted = new Int32Array(capacity);
  }

  join(node: NodeIndex): void {
    const { buckets, sorted } = this;
    const { space, ids, digitBits, levels, k } = buckets;
    const w = space.words;
    let low = 0;
    let high = this.size;
    for (let level = 0; level < levels && high > low; level++) {
      const bounds = digitBounds(buckets, sorted, low, high, level);
      const own = space.digit(ids, node * w, level, digitBits);
      const hasRoom = bounds[own + 1] - bounds[own] < k;
      for (let digit = 0; digit < 1 << digitBits; digit++) {
        if (digit === own) continue;
        const bucket = level * ((1 << digitBits) - 1) + (own ^ digit) - 1;
        this.fill(node, bucket, bounds[digit], bounds[digit + 1], level + 1);
        // Nodes beyond know fewer than k on this side as long as there are no more.
        if (hasRoom) for (let i = bounds[digit]; i < bounds[digit + 1]; i++) buckets.append(sorted[i], bucket, node);
      }
      low = bounds[own];
      high = bounds[own + 1];
    }
    this.insert(node, low, high);
  }

  private insert(node: NodeIndex, low: number, high: number): void {
    const { space, ids } = this.buckets;
    let at = low;
    while (at < high && space.compare(ids, this.sorted[at] * space.words, ids, node * space.words) < 0) at++;
    this.sorted.copyWithin(at + 1, at, this.size);
    this.sorted[at] = node;
    this.size++;
  }

  /** Fills a bucket of `node` from the members `low` to `high`, which agree in the digits before `level`. */
  private fill(node: NodeIndex, bucket: number, low: number, high: number, level: number): void {
    const { buckets, sorted } = this;
    if (high - low <= buckets.k) {
      for (let i = low; i < high; i++) buckets.append(node, bucket, sorted[i]);
      return;
    }
    const target = buckets.randomIdIn(node, bucket, this.random);
    const heard = new Set<NodeIndex>();
    if (this.random.next() < nearProbability(buckets, level)) heard.add(this.draw(low, high));
    this.meetOnTheWay(heard, target, low, high, level);
    for (const peer of this.closest(target, low, high, level)) {
      if (heard.size === buckets.k) break;
      heard.add(peer);
    }
    for (const peer of heard) buckets.append(node, bucket, peer);
  }

  /** Adds the nodes asked while a lookup comes nearer to the target: the α nearest of k, then of k in what lies nearer still. */
  private meetOnTheWay(heard: Set<NodeIndex>, target: Id, first: number, last: number, from: number): void {
    const { space, ids, k, digitBits, levels } = this.buckets;
    let low = first;
    let high = last;
    let level = from;
    while (high - low > k && heard.size < k) {
      const known = Array.from({ length: k }, () => this.draw(low, high));
      known.sort((a, b) => space.compareXor(ids, a * space.words, ids, b * space.words, target, 0));
      for (const peer of known.slice(0, this.alpha)) if (heard.size < k) heard.add(peer);
      // All nodes that share one digit more with the target than the nearest of these does lie nearer to it.
      const shared = space.sharedDigits(ids, known[0] * space.words, target, 0, digitBits);
      for (; level <= shared && level < levels && high > low; level++) {
        const bounds = digitBounds(this.buckets, this.sorted, low, high, level);
        const digit = space.digit(target, 0, level, digitBits);
        low = bounds[digit];
        high = bounds[digit + 1];
      }
      if (level >= levels) return;
    }
  }

  /** The k members of a range closest to a target, nearest first; digits before `level` agree. */
  private closest(target: Id, first: number, last: number, from: number): NodeIndex[] {
    const { buckets, sorted } = this;
    const { space, digitBits, k, levels } = buckets;
    const found: NodeIndex[] = [];
    const visit = (low: number, high: number, level: number): void => {
      if (high - low <= 1 || level >= levels) {
        for (let i = low; i < high && found.length < k; i++) found.push(sorted[i]);
        return;
      }
      const bounds = digitBounds(buckets, sorted, low, high, level);
      const wanted = space.digit(target, 0, level, digitBits);
      for (let distance = 0; distance < 1 << digitBits && found.length < k; distance++) {
        const digit = wanted ^ distance;
        if (bounds[digit + 1] > bounds[digit]) visit(bounds[digit], bounds[digit + 1], level + 1);
      }
    };
    visit(first, last, from);
    return found;
  }

  private draw(low: number, high: number): NodeIndex {
    return this.sorted[low + Math.floor(this.random.next() * (high - low))];
  }
}

/** Was a node of the range known before the bucket's own lookup? Nodes of the first level were, those below ever less often. */
function nearProbability(buckets: KBuckets, level: number): number {
  let probability = 1;
  for (let bit = 0; bit < (level - 1) * buckets.digitBits; bit++) probability /= 2;
  return probability;
}
