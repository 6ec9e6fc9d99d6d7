/** The sequences that hold a slot, in order of admission: a list through the sequences themselves. */
import type { Sequence } from './sequence.ts';

export class RunningList {
  #first: Sequence | undefined;
  #last: Sequence | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(sequence: Sequence): void {
    sequence.previous = this.#last;
    sequence.next = undefined;
    if (this.#last === undefined) this.#first = sequence;
    else this.#last.next = sequence;
    this.#last = sequence;
    this.#length += 1;
  }

  remove(sequence: Sequence): void {
    if (sequence.previous === undefined) this.#first = sequence.next;
    else sequence.previous.next = sequence.next;
    if (sequence.next === undefined) this.#last = sequence.previous;
    else sequence.next.previous = sequence.previous;
    sequence.previous = undefined;
    sequence.next = undefined;
    this.#length -= 1;
  }

  /** The sequence admitted last among those that `suits`. */
  last(suits: (sequence: Sequence) => boolean): Sequence | undefined {
    let sequence = this.#last;
    while (sequence !== undefined && !suits(sequence)) sequence = sequence.previous;
    return sequence;
  }

  /** In order of admission. The list must not change meanwhile. */
  *[Symbol.iterator](): Generator<Sequence> {
    for (let sequence = this.#first; sequence !== undefined; sequence = sequence.next) yield sequence;
  }
}
