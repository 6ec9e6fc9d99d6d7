/** Bytes that belong to a segment and to no other. */
export function segmentContent(id: number, sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (id * 31 + i * 7 + (i >> 8)) & 255);
}
