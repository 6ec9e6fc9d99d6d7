/**
 * The host's CPU cores, which codecs, serialisation, checksums, lookup handling and retrieval occupy.
 *
 * A job takes one core for its duration; jobs queue first come, first served. Rates are per core.
 */
import type { Handler } from '../kernel/handler.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import { Station, type StationTicket } from '../kernel/station.ts';
import type { Nanoseconds } from '../kernel/time.ts';

/** What one core does with a byte, in bytes per second, with the source of each rate. */
export const CORE_BYTES_PER_SECOND = {
  /** Copying into or out of a message buffer: msgpack writes binary fields as they are, so it is a memcpy. One core of a current server copies about 10 GB/s (STREAM copy, one thread). */
  serialise: 10e9,
  /** XXH3 64-bit: 31.5 GB/s in cache (xxHash README, Core i7-9700K); out of cache one core reads at most about 12 GB/s. */
  checksum: 12e9,
  /** SHA-256 with the x86 SHA extensions: about 1.5–2 GB/s (OpenSSL speed on Ice Lake and Zen). */
  sha256: 1.7e9,
  /** AES-128-GCM with VAES: 5–10 GB/s per core (OpenSSL speed, 16 KiB blocks). */
  encrypt: 5e9,
  /** ChaCha20-Poly1305 with AVX2, the cipher of libp2p's Noise: 981 MiB/s on a Ryzen 7 7700, bound by Poly1305 (Zig standard library, commit dd20357). */
  chacha20Poly1305: 1.03e9,
  /** Zstandard level 1 decompression: 1 550 MB/s of output (zstd README, v1.5.7, Silesia corpus). */
  zstdDecode: 1.55e9,
  /** Zstandard level 1 compression: 510 MB/s of input (same table). */
  zstdEncode: 0.51e9,
  /** LZ4 decompression: 3 850 MB/s of output (same table). */
  lz4Decode: 3.85e9,
  /** Expanding int8 or int4 groups to FP16 with AVX2: one multiply-add per element, bound by writing the output. */
  dequantise: 8e9,
  /** Rounding FP16 groups to int8 or int4: two passes over the input, one for the group's range. */
  quantise: 4e9,
} as const;

/** A kind of work with a rate per byte. */
export type ByteWork = keyof typeof CORE_BYTES_PER_SECOND;

/** Time one core needs for `sizeBytes` of a kind of work, rounded up. */
export function byteWorkNs(work: ByteWork, sizeBytes: number): Nanoseconds {
  if (!(sizeBytes >= 0)) throw new RangeError(`sizeBytes must be at least 0, not ${sizeBytes}`);
  return Math.ceil((sizeBytes / CORE_BYTES_PER_SECOND[work]) * 1e9);
}

export class HostCpu {
  readonly cores: number;
  readonly #station: Station;

  constructor(scheduler: Scheduler, name: string, cores: number) {
    this.#station = new Station(scheduler, name, cores);
    this.cores = cores;
  }

  /** Occupies one core for `workNs`, then calls `done(payload)`. */
  charge<P>(workNs: Nanoseconds, done: Handler<P> | ((payload: P) => void), payload: P): StationTicket {
    return this.#station.serve(workNs, done, payload);
  }

  cancel(ticket: StationTicket): boolean {
    return this.#station.cancel(ticket);
  }

  get queueLength(): number {
    return this.#station.queueLength;
  }

  get busyCores(): number {
    return this.#station.busyServers;
  }

  /** Core-nanoseconds spent so far. */
  busyNs(): number {
    return this.#station.busyNs();
  }

  expectedWaitNs(): Nanoseconds {
    return this.#station.expectedWaitNs();
  }
}
