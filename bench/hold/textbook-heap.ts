/** A binary heap of objects as textbooks and most libraries write it: entries are swapped, and a function that the caller gives compares them. */
export class TextbookHeap<T> {
  private readonly heap: T[] = [];
  private readonly compare: (a: T, b: T) => number;

  constructor(compare: (a: T, b: T) => number) {
    this.compare = compare;
  }

  push(entry: T): void {
    const { heap } = this;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (this.compare(heap[i], heap[parent]) >= 0) return;
      this.swap(i, parent);
      i = parent;
    }
  }

  pop(): T | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    heap[0] = last;
    let i = 0;
    for (;;) {
      const left = 2 * i + 1;
      let least = i;
      if (left < heap.length && this.compare(heap[left], heap[least]) < 0) least = left;
      if (left + 1 < heap.length && this.compare(heap[left + 1], heap[least]) < 0) least = left + 1;
      if (least === i) return top;
      this.swap(i, least);
      i = least;
    }
  }

  private swap(i: number, j: number): void {
    const entry = this.heap[i];
    this.heap[i] = this.heap[j];
    this.heap[j] = entry;
  }
}
