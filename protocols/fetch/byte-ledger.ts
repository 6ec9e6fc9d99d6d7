/** How a request for a segment can end: it came, first or after another copy of it; it came with a wrong checksum; the holder had none, or named another; or it failed or was cancelled. */
const REQUEST_ENDS = ['delivered', 'duplicate', 'corrupt', 'absent', 'elsewhere', 'failed'] as const;
export type RequestEnd = (typeof REQUEST_ENDS)[number];

/** Every byte that was asked for ends once, in one of the ways there are. */
export class ByteLedger {
  #requestedBytes = 0;
  readonly #ended: Record<RequestEnd, number> = { delivered: 0, duplicate: 0, corrupt: 0, absent: 0, elsewhere: 0, failed: 0 };

  requested(sizeBytes: number): void {
    this.#requestedBytes += sizeBytes;
  }

  ended(end: RequestEnd, sizeBytes: number): void {
    this.#ended[end] += sizeBytes;
  }

  /** @throws Error unless what was requested has ended or is awaited, to the byte */
  check(awaitedBytes: number): void {
    let sum = awaitedBytes;
    for (const end of REQUEST_ENDS) sum += this.#ended[end];
    if (sum !== this.#requestedBytes) throw new Error(`of ${this.#requestedBytes} bytes requested from holders ${sum} ended or are awaited`);
  }
}
