/** Speeds of a codec that runs on host cores, as measured on a device: bytes of uncompressed KV a second on one core. */
export interface HostCodec {
  readonly encodeBytesPerSecond: number;
  readonly decodeBytesPerSecond: number;
}
