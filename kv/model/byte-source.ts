/** Random access to a file's bytes, handed in by whoever can open files. */

/** A file: its size and its bytes on demand. */
export interface ByteSource {
  readonly name: string;
  readonly sizeBytes: number;
  /** Exactly `length` bytes from `offset`. Throws where they are not there. */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes already in memory. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: bytes.byteLength,
    read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= bytes.byteLength)) {
        throw new RangeError(`${name}: ${length} bytes at ${offset} lie outside its ${bytes.byteLength}`);
      }
      return bytes.subarray(offset, offset + length);
    },
  };
}
