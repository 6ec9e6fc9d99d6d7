/**
 * Page-locked host memory of one direction of one node: whoever moves a layer holds a buffer of its size, and waits in line while the pool is
 * taken. Sending and receiving have pools of their own: two nodes that fetch from each other could otherwise wait for each other for ever.
 */
export class PinnedPool {
  readonly capacityBytes: number;
  readonly #waiting: { readonly sizeBytes: number; readonly granted: () => void }[] = [];
  #usedBytes = 0;
  #peakBytes = 0;

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Most bytes in use at once so far. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Calls `granted` once the buffer is there, at once if it is free: first come, first served. @throws RangeError when it can never be */
  acquire(sizeBytes: number, granted: () => void): void {
    if (sizeBytes > this.capacityBytes) throw new RangeError(`a layer of ${sizeBytes} bytes never fits a pinned pool of ${this.capacityBytes}; expected kvCacheP2p.pinnedPool to hold at least one layer`);
    if (this.#waiting.length === 0 && this.#usedBytes + sizeBytes <= this.capacityBytes) this.#grant(sizeBytes, granted);
    else this.#waiting.push({ sizeBytes, granted });
  }

  release(sizeBytes: number): void {
    this.#usedBytes -= sizeBytes;
    if (this.#usedBytes < 0) throw new Error('pinned pool: more was given back than was taken');
    while (this.#waiting.length > 0 && this.#usedBytes + this.#waiting[0].sizeBytes <= this.capacityBytes) {
      const next = this.#waiting.shift()!;
      this.#grant(next.sizeBytes, next.granted);
    }
  }

  #grant(sizeBytes: number, granted: () => void): void {
    this.#usedBytes += sizeBytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#usedBytes);
    granted();
  }
}
