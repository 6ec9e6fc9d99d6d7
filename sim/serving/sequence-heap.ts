/**
 * Sequences ordered by a key, then by order of submission: a binary heap.
 *
 * The key is kept beside the sequence, as it was when the sequence was pushed. A sequence that has lost its place stays
 * until it comes to the top, where its owner tells that it is stale and drops it.
 */
import type { Sequence } from './sequence.ts';

export class SequenceHeap {
  readonly #keys: number[] = [];
  readonly #sequences: Sequence[] = [];

  /** Entries, stale ones included. */
  get length(): number {
    return this.#sequences.length;
  }

  /** The first sequence. Only with `length` above 0. */
  get top(): Sequence {
    return this.#sequences[0];
  }

  /** Key of the first sequence. Only with `length` above 0. */
  get topKey(): number {
    return this.#keys[0];
  }

  push(key: number, sequence: Sequence): void {
    const keys = this.#keys;
    const sequences = this.#sequences;
    let index = sequences.length;
    keys.push(key);
    sequences.push(sequence);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (keys[parent] < key || (keys[parent] === key && sequences[parent].order <= sequence.order)) break;
      keys[index] = keys[parent];
      sequences[index] = sequences[parent];
      index = parent;
    }
    keys[index] = key;
    sequences[index] = sequence;
  }

  /** Takes out the first sequence. Only with `length` above 0. */
  pop(): Sequence {
    const keys = this.#keys;
    const sequences = this.#sequences;
    const top = sequences[0];
    const key = keys.pop()!;
    const last = sequences.pop()!;
    const size = sequences.length;
    if (size === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(child + 1, child)) child += 1;
      if (key < keys[child] || (key === keys[child] && last.order <= sequences[child].order)) break;
      keys[index] = keys[child];
      sequences[index] = sequences[child];
      index = child;
    }
    keys[index] = key;
    sequences[index] = last;
    return top;
  }

  clear(): void {
    this.#keys.length = 0;
    this.#sequences.length = 0;
  }

  #before(a: number, b: number): boolean {
    const keys = this.#keys;
    return keys[a] < keys[b] || (keys[a] === keys[b] && this.#sequences[a].order < this.#sequences[b].order);
  }
}
