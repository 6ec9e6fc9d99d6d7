import type { AdmissionPolicy } from '../store/admission.ts';

/**
 * Watches one node's store for what prefetching does to it: entries that a prefetched one drove out are remembered, and when somebody asks this node
 * for one of them, its bytes are counted as pollution, once. It stands before the store's admission policy, from where every read is seen.
 */
export class PollutionWatch implements AdmissionPolicy {
  readonly name: string;
  /** Bytes driven out by prefetched entries and asked for later. */
  neededBytes = 0;
  readonly #drivenOut = new Map<number, number>();
  readonly #admission: AdmissionPolicy | undefined;
  #writing = false;

  /** @param admission undefined admits everything */
  constructor(admission?: AdmissionPolicy) {
    this.name = admission?.name ?? 'always';
    this.#admission = admission;
  }

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
    this.#admission?.observe(id);
    if (this.#drivenOut.size === 0) return;
    const sizeBytes = this.#drivenOut.get(id);
    if (sizeBytes === undefined) return;
    this.neededBytes += sizeBytes;
    this.#drivenOut.delete(id);
  }

  admit(id: number, victimId: number): boolean {
    return this.#admission?.admit(id, victimId) ?? true;
  }

  expectEntries(entries: number): void {
    this.#admission?.expectEntries?.(entries);
  }
}
