/** Ids of entries that have left, with their sizes, oldest first: the memory of a policy that learns from its mistakes. */
export class GhostQueue {
  /** Where an id stands: `#first` + its index in `#ids`. */
  readonly #positions = new Map<number, number>();
  #ids: number[] = [];
  #sizes: number[] = [];
  /** Index of the oldest that may still be remembered. */
  #head = 0;
  /** Position of `#ids[0]`. */
  #first = 0;
  #bytes = 0;

  /** Bytes of the entries remembered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Entries remembered. */
  get count(): number {
    return this.#positions.size;
  }

  has(id: number): boolean {
    return this.#positions.has(id);
  }

  /** Remembers an id as the newest; one that is remembered already moves there. Entries of 0 bytes need no room and no memory. */
  add(id: number, sizeBytes: number): void {
    this.forget(id);
    if (sizeBytes === 0) return;
    this.#positions.set(id, this.#first + this.#ids.length);
    this.#ids.push(id);
    this.#sizes.push(sizeBytes);
    this.#bytes += sizeBytes;
  }

  /** False when the id was not remembered. */
  forget(id: number): boolean {
    const position = this.#positions.get(id);
    if (position === undefined) return false;
    this.#positions.delete(id);
    this.#bytes -= this.#sizes[position - this.#first];
    return true;
  }

  /** Forgets the oldest until at most this many bytes are remembered. */
  trim(capacityBytes: number): void {
    while (this.#bytes > capacityBytes) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (;;) {
      if (this.#head >= this.#ids.length) throw new Error(`ghost queue: ${this.#bytes} bytes of no entry`);
      const index = this.#head++;
      const id = this.#ids[index];
      // Left over from an id that was forgotten, or remembered anew further back.
      const stale = this.#positions.get(id) !== this.#first + index;
      if (!stale) this.forget(id);
      if (this.#head > 1024 && this.#head * 2 > this.#ids.length) this.#compact();
      if (!stale) return;
    }
  }

  #compact(): void {
    this.#ids = this.#ids.slice(this.#head);
    this.#sizes = this.#sizes.slice(this.#head);
    this.#first += this.#head;
    this.#head = 0;
  }
}
