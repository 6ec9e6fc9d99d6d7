/** Sequences that wait to be scheduled, in the order of the policy; ties in the order of submission. */
import { SequenceHeap } from './sequence-heap.ts';
import type { Sequence } from './sequence.ts';

export class WaitingQueue {
  readonly #heap = new SequenceHeap();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(sequence: Sequence): void {
    sequence.state = 'waiting';
    this.#heap.push(sequence.key, sequence);
    this.#length += 1;
  }

  /** The sequence to be scheduled next, or undefined. */
  peek(): Sequence | undefined {
    while (this.#heap.length > 0 && this.#heap.top.state !== 'waiting') this.#heap.pop();
    return this.#heap.length === 0 ? undefined : this.#heap.top;
  }

  /** Takes out the sequence that `peek` gave. */
  take(): Sequence {
    const sequence = this.#heap.pop();
    this.#length -= 1;
    return sequence;
  }

  /** A waiting sequence changes its state to something else: its entry is dropped when it comes to the top. */
  forget(): void {
    this.#length -= 1;
  }

  /** Takes out all sequences, in order. */
  drain(): Sequence[] {
    const all: Sequence[] = [];
    for (let head = this.peek(); head !== undefined; head = this.peek()) all.push(this.take());
    return all;
  }
}
