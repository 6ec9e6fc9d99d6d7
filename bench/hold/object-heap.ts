export interface HeapEvent {
  time: number;
  sequence: number;
  run: (payload: number) => void;
  payload: number;
}

/** What most hand-written simulators hold, at its best: a binary heap of objects that moves a hole instead of swapping, its comparison inlined. */
export class ObjectHeap {
  private readonly heap: HeapEvent[] = [];

  push(event: HeapEvent): void {
    const { heap } = this;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = event;
  }

  pop(): HeapEvent | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: HeapEvent, b: HeapEvent): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}
