import type { AdmissionPolicy } from '../store/admission.ts';

/**
 * Watches one node's store for what prefetching does to it: entries that a prefetched one drove out are remembered, and when somebody asks this node
 * for one of them, its bytes are counted as pollution, once. It takes the seat of an admission policy, from which every read is seen, and admits everything.
 */
export class PollutionWatch implements AdmissionPolicy {
  readonly name = 'pollution-watch';
  /** Bytes driven out by prefetched entries and asked for later. */
  neededBytes = 0;
  readonly #drivenOut = new Map<number, number>();
  #writing = false;

  /** Runs a write whose evictions are to be put down to a prefetch. */
  during<T>(write: () => T): T {
    this.#writing = true;
    try {
      return write();
    } finally {
      this.#writing = false;
    }
  }

  /** An entry has left the node for want of room. */
  evicted(id: number, sizeBytes: number): void {
    if (this.#writing) this.#drivenOut.set(id, sizeBytes);
    else this.#drivenOut.delete(id);
  }

  observe(id: number): void {
    const sizeBytes = this.#drivenOut.get(id);
    if (sizeBytes === undefined) return;
    this.neededBytes += sizeBytes;
    this.#drivenOut.delete(id);
  }

  admit(): boolean {
    return true;
  }
}
