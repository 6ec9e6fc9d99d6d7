/**
 * Sequences that wait to be scheduled, in the order of the policy; ties in the order of submission. Those that hold their KV blocks already
 * go before those that do not: what they hold is of no use to anyone until they run.
 */
import { SequenceHeap } from './sequence-heap.ts';
import type { Sequence } from './sequence.ts';

export class WaitingQueue {
  readonly #holding = new SequenceHeap();
  readonly #others = new SequenceHeap();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(sequence: Sequence): void {
    sequence.state = 'waiting';
    (sequence.hasBlocks ? this.#holding : this.#others).push(sequence.key, sequence);
    this.#length += 1;
  }

  /** The sequence to be scheduled next, or undefined. */
  peek(): Sequence | undefined {
    const heap = this.#front();
    return heap.length === 0 ? undefined : heap.top;
  }

  /** Takes out the sequence that `peek` gave. */
  take(): Sequence {
    const sequence = this.#front().pop();
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

  /** The heap whose top comes next, without entries of sequences that no longer wait. */
  #front(): SequenceHeap {
    for (const heap of [this.#holding, this.#others]) {
      while (heap.length > 0 && heap.top.state !== 'waiting') heap.pop();
      if (heap.length > 0) return heap;
    }
    return this.#others;
  }
}
