/** Which chunks a query retrieves in a synthetic corpus: Zipf popularity, topics, drift. */
import type { RandomStream } from '../sim/kernel/random-stream.ts';
import type { Nanoseconds } from '../sim/kernel/time.ts';
import { Zipf } from '../sim/kernel/zipf.ts';

/** Size of the corpus and the shape of its popularity. */
export interface PopularityOptions {
  /** Chunks in the corpus. */
  readonly chunks: number;
  /** Zipf exponent of chunk popularity; 0 is uniform. */
  readonly exponent: number;
  /** Probability that a further chunk of a query is drawn from the topic of its first one. */
  readonly topicLocality: number;
  /** Chunks in a topic: ids t·size … (t+1)·size − 1. */
  readonly topicChunks: number;
  /** Popularity that moves on: every interval this share of the ranks, drawn at random, is shuffled among themselves. */
  readonly drift?: { readonly intervalNs: Nanoseconds; readonly share: number };
}

/** So many draws may hit chunks already chosen before the rest of the distribution is scanned instead. */
const MAX_REJECTIONS = 32;

/**
 * Rank r (from 0) is retrieved with probability ∝ (r+1)^−exponent; which chunk holds which rank is a random permutation,
 * so that popularity has nothing to do with ids, documents or keys.
 *
 * A query's first chunk follows that law. Each further one is drawn, without repeating, from the first one's topic with
 * probability `topicLocality` (within the topic, in proportion to popularity), else from the whole corpus. A topic is
 * entered in proportion to the popularity it holds, so locality alone would leave every chunk's share of uses as it is; but
 * a query cannot take its topic's hot chunk twice, which moves uses to colder ones: of 50 000 chunks (exponent 1, topics of
 * 128, top-k 5) the hottest tenth takes 80 % of uses without locality, 71 % at 0.5, 61 % at 1.
 */
export class ChunkPopularity {
  readonly options: PopularityOptions;
  readonly #zipf: Zipf;
  readonly #chunkAt: Int32Array;
  readonly #rankOf: Int32Array;
  readonly #driftStream: RandomStream;
  /** Probability of each rank; made when a topic is first entered. */
  #weights: Float64Array | undefined;
  #nextDriftNs: Nanoseconds;

  constructor(options: PopularityOptions, permutationStream: RandomStream, driftStream: RandomStream) {
    const { chunks, exponent, topicLocality, topicChunks, drift } = options;
    if (!(topicLocality >= 0 && topicLocality <= 1)) throw new RangeError(`topic locality is ${topicLocality}: expected a probability from 0 to 1`);
    if (!(Number.isInteger(topicChunks) && topicChunks >= 1)) throw new RangeError(`chunks in a topic is ${topicChunks}: expected a whole number of at least 1`);
    if (drift !== undefined) {
      if (!(drift.intervalNs > 0)) throw new RangeError(`drift interval is ${drift.intervalNs} ns: expected more than 0`);
      if (!(drift.share >= 0 && drift.share <= 1)) throw new RangeError(`drift share is ${drift.share}: expected a share from 0 to 1`);
    }
    this.options = options;
    this.#zipf = new Zipf(chunks, exponent);
    this.#chunkAt = new Int32Array(chunks);
    for (let rank = 0; rank < chunks; rank++) this.#chunkAt[rank] = rank;
    for (let rank = chunks - 1; rank > 0; rank--) this.#swap(rank, permutationStream.integer(rank + 1));
    this.#rankOf = new Int32Array(chunks);
    for (let rank = 0; rank < chunks; rank++) this.#rankOf[this.#chunkAt[rank]] = rank;
    this.#driftStream = driftStream;
    this.#nextDriftNs = drift?.intervalNs ?? Infinity;
  }

  /** Lets popularity drift up to an instant. */
  advanceTo(timeNs: Nanoseconds): void {
    const { drift } = this.options;
    while (drift !== undefined && this.#nextDriftNs <= timeNs) {
      this.#reshuffle(Math.round(drift.share * this.options.chunks));
      this.#nextDriftNs += drift.intervalNs;
    }
  }

  /** Current probability that a single draw gives this chunk. */
  probability(chunk: number): number {
    return this.#zipf.probability(this.#rankOf[chunk]);
  }

  /** Current rank of a chunk, 0 the most popular. */
  rank(chunk: number): number {
    return this.#rankOf[chunk];
  }

  topic(chunk: number): number {
    return Math.floor(chunk / this.options.topicChunks);
  }

  /**
   * Draws `count` distinct chunks that are not in `taken`, in retrieval order. The topic is that of `anchor`, or of the
   * first chunk drawn.
   *
   * @throws RangeError where fewer than `count` chunks are left.
   */
  choose(stream: RandomStream, count: number, taken: readonly number[] = [], anchor?: number): number[] {
    const { chunks, topicLocality } = this.options;
    if (count + taken.length > chunks) throw new RangeError(`top-k is ${count + taken.length}: expected at most the corpus, ${chunks} chunks`);
    const chosen: number[] = [];
    const all = taken.slice();
    let topic = anchor === undefined ? -1 : this.topic(anchor);
    while (chosen.length < count) {
      const local = topic >= 0 && topicLocality > 0 && stream.next() < topicLocality;
      const chunk = (local ? this.#drawFromTopic(stream, topic, all) : undefined) ?? this.#drawFromAll(stream, all);
      if (topic < 0) topic = this.topic(chunk);
      chosen.push(chunk);
      all.push(chunk);
    }
    return chosen;
  }

  #drawFromAll(stream: RandomStream, excluded: readonly number[]): number {
    for (let attempt = 0; attempt < MAX_REJECTIONS; attempt++) {
      const chunk = this.#chunkAt[this.#zipf.sample(stream)];
      if (!excluded.includes(chunk)) return chunk;
    }
    // The excluded chunks hold nearly all of the probability: draw from what they leave, summed rather than subtracted
    // from 1, which would round it away.
    let left = 0;
    for (let rank = 0; rank < this.options.chunks; rank++) if (!excluded.includes(this.#chunkAt[rank])) left += this.#zipf.probability(rank);
    let remaining = stream.next() * left;
    let candidate = -1;
    for (let rank = 0; rank < this.options.chunks; rank++) {
      const chunk = this.#chunkAt[rank];
      if (excluded.includes(chunk)) continue;
      // Where even that underflows to 0, the most popular chunk that is free.
      if (candidate < 0 || left > 0) candidate = chunk;
      remaining -= this.#zipf.probability(rank);
      if (remaining < 0 || left === 0) break;
    }
    return candidate;
  }

  /** By popularity within the topic, or undefined where every chunk of it is excluded. */
  #drawFromTopic(stream: RandomStream, topic: number, excluded: readonly number[]): number | undefined {
    const weights = (this.#weights ??= Float64Array.from({ length: this.options.chunks }, (_, rank) => this.#zipf.probability(rank)));
    const first = topic * this.options.topicChunks;
    const end = Math.min(first + this.options.topicChunks, this.options.chunks);
    let total = 0;
    for (let chunk = first; chunk < end; chunk++) if (!excluded.includes(chunk)) total += weights[this.#rankOf[chunk]];
    let remaining = stream.next() * total;
    let candidate: number | undefined;
    for (let chunk = first; chunk < end; chunk++) {
      if (excluded.includes(chunk)) continue;
      candidate = chunk;
      remaining -= weights[this.#rankOf[chunk]];
      if (remaining < 0) break;
    }
    return candidate;
  }

  /** Takes `count` random ranks and shuffles the chunks that hold them. */
  #reshuffle(count: number): void {
    const ranks = new Set<number>();
    const wanted = Math.min(count, this.options.chunks);
    if (wanted * 2 > this.options.chunks) {
      const all = this.#driftStream.shuffle(Array.from({ length: this.options.chunks }, (_, rank) => rank));
      for (let index = 0; index < wanted; index++) ranks.add(all[index]);
    } else {
      while (ranks.size < wanted) ranks.add(this.#driftStream.integer(this.options.chunks));
    }
    const list = [...ranks];
    for (let index = list.length - 1; index > 0; index--) this.#swap(list[index], list[this.#driftStream.integer(index + 1)]);
    for (const rank of list) this.#rankOf[this.#chunkAt[rank]] = rank;
  }

  #swap(a: number, b: number): void {
    const held = this.#chunkAt[a];
    this.#chunkAt[a] = this.#chunkAt[b]!;
    this.#chunkAt[b] = held;
  }
}
