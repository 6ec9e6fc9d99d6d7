/** Latency and throughput of this machine's disk and memory for segments, and a device profile that configs can name. */
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { writeDeviceProfile } from '../experiments/segment-files/device-profile.ts';
import type { OperationProfile, TierProfile } from '../experiments/segment-files/device-profile.ts';
import { SegmentFileStore } from '../experiments/segment-files/segment-file-store.ts';
import type { Bench } from './bench.ts';

const KIB = 1024;
const SIZES = [64, 256, 1024, 4096, 16_384, 65_536].map((kib) => kib * KIB);
/** Bytes moved for one number, at least four operations and at most 64. */
const BUDGET_BYTES = 256 * KIB * KIB;
const ALIGNMENT = 4096;
/** From this size on a rate counts as that of the device. */
const LARGE_BYTES = 4 * KIB * KIB;
/** Readers at once in the parallel row: the threads that Node reads files with. */
const READERS = 4;

export const bench: Bench = {
  name: 'storage',
  describe: "latency and MB/s of reading and writing segments of 64 KiB to 64 MiB on this machine's disk and in its memory; writes a device profile",
  async run(args) {
    const options = await yargs(args)
      .scriptName('npm run bench -- storage')
      .option('folder', { type: 'string', default: tmpdir(), describe: 'where the files are put: on the disk to be measured' })
      .option('profile', { type: 'string', describe: 'file for the device profile' })
      .strict()
      .parseAsync();
    const folder = mkdtempSync(join(options.folder, 'storage-bench-'));
    try {
      const { tier: ssd, direct } = await measureDisk(folder);
      const ram = measureMemory();
      const method = direct ? 'reads past the page cache (O_DIRECT); writes flushed (fsync of file and folder)' : 'reads through the page cache, for this file system has no O_DIRECT: they are memory speed; writes flushed (fsync)';
      console.log(`\n${method}`);
      console.log(`disk: ${text(ssd)}\nmemory: ${text(ram)}`);
      if (options.profile === undefined) return;
      const machine = { processor: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, memoryBytes: totalmem(), node: process.version };
      writeDeviceProfile(options.profile, { format: 'p2p-ragcache device profile 1', machine, method, ssd, ram });
      console.log(`device profile: ${options.profile}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const text = (tier: TierProfile): string => `${megabytes(tier.readBytesPerSecond)} MB/s read, ${megabytes(tier.writeBytesPerSecond)} MB/s written, ${(tier.latencyNs / 1000).toFixed(1)} µs access`;
const megabytes = (rate: number): string => (rate / 1e6).toFixed(0);
const operations = (sizeBytes: number): number => Math.max(4, Math.min(64, Math.floor(BUDGET_BYTES / sizeBytes)));

/** Content that no disk can compress. */
function noise(sizeBytes: number): Uint8Array {
  const words = new Uint32Array(sizeBytes / 4);
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer);
}

function summary(sizeBytes: number, times: readonly number[]): OperationProfile {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => Math.max(1, Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] * 1e6));
  const total = times.reduce((sum, ms) => sum + ms, 0);
  return { sizeBytes, medianNs: at(0.5), p95Ns: at(0.95), bytesPerSecond: Math.round((sizeBytes * times.length * 1000) / total) };
}

function print(name: string, { sizeBytes, medianNs, p95Ns, bytesPerSecond }: OperationProfile): void {
  const size = sizeBytes >= KIB * KIB ? `${sizeBytes / KIB / KIB} MiB` : `${sizeBytes / KIB} KiB`;
  console.log(`${name.padEnd(22)} ${size.padStart(7)}   median ${(medianNs / 1e6).toFixed(3).padStart(9)} ms   P95 ${(p95Ns / 1e6).toFixed(3).padStart(9)} ms   ${megabytes(bytesPerSecond).padStart(6)} MB/s`);
}

/** Times each call, in milliseconds. */
function timed(count: number, run: (i: number) => unknown): number[] {
  return Array.from({ length: count }, (_, i) => {
    const start = performance.now();
    run(i);
    return performance.now() - start;
  });
}

async function measureDisk(folder: string): Promise<{ tier: TierProfile; direct: boolean }> {
  const content = noise(SIZES[SIZES.length - 1]);
  const reads: OperationProfile[] = [];
  const writes: OperationProfile[] = [];
  const rates: number[] = [];
  let direct = true;
  const store = new SegmentFileStore(folder, { capacityBytes: Infinity });
  for (const sizeBytes of SIZES) {
    const count = operations(sizeBytes);
    const segment = content.subarray(0, sizeBytes);
    const write = summary(sizeBytes, timed(count, (i) => store.write(i, segment)));
    print('disk, write and flush', write);
    writes.push(write);
    const reader = directReader(store.pathOf(0), sizeBytes);
    direct &&= reader !== undefined;
    const read = summary(sizeBytes, timed(count, (i) => { if (reader === undefined) store.read(i); else reader(store.pathOf(i)); }));
    print(reader === undefined ? 'disk, read (cached)' : 'disk, read', read);
    reads.push(read);
    print('cached, read and check', summary(sizeBytes, timed(count, (i) => store.read(i))));
    const parallel = reader === undefined ? 0 : await parallelReads((i) => store.pathOf(i), count, sizeBytes, reader.buffer);
    if (reader !== undefined) console.log(`${`disk, ${READERS} readers`.padEnd(22)} ${''.padStart(54)}${megabytes(parallel).padStart(6)} MB/s`);
    if (sizeBytes >= LARGE_BYTES) rates.push(read.bytesPerSecond, parallel);
    for (let i = 0; i < count; i++) store.remove(i);
  }
  store.close();
  return { tier: tierOf(reads, writes, Math.max(...rates)), direct };
}

interface DirectReader {
  (path: string): void;
  /** An offset in memory at which the system reads directly. */
  readonly buffer: () => Uint8Array;
}

/**
 * Reads whole files past the page cache. The memory read into must be aligned, and JavaScript cannot ask where a buffer lies: places in it are
 * tried until one is accepted. Undefined where the file system cannot read directly.
 */
function directReader(path: string, sizeBytes: number): DirectReader | undefined {
  const flags = constants.O_RDONLY | (constants.O_DIRECT as number | undefined ?? 0);
  if (flags === constants.O_RDONLY) return undefined;
  const length = Math.ceil((sizeBytes + ALIGNMENT) / ALIGNMENT) * ALIGNMENT;
  const make = (): Uint8Array | undefined => {
    const memory = new Uint8Array(length + ALIGNMENT);
    for (let offset = 0; offset < ALIGNMENT; offset += 8) {
      const place = memory.subarray(offset, offset + length);
      try {
        const descriptor = openSync(path, flags);
        try {
          readSync(descriptor, place, 0, length, 0);
          return place;
        } finally {
          closeSync(descriptor);
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
      }
    }
    return undefined;
  };
  const place = make();
  if (place === undefined) return undefined;
  const read = (file: string): void => {
    const descriptor = openSync(file, flags);
    try {
      readSync(descriptor, place, 0, length, 0);
    } finally {
      closeSync(descriptor);
    }
  };
  return Object.assign(read, { buffer: () => make() ?? place });
}

/** Bytes a second with several readers at once. */
async function parallelReads(path: (i: number) => string, count: number, sizeBytes: number, buffer: () => Uint8Array): Promise<number> {
  const flags = constants.O_RDONLY | constants.O_DIRECT;
  const places = Array.from({ length: READERS }, buffer);
  let next = 0;
  const start = performance.now();
  await Promise.all(
    places.map(async (place) => {
      while (next < count) {
        const file = await open(path(next++), flags);
        try {
          await file.read(place, 0, place.length, 0);
        } finally {
          await file.close();
        }
      }
    }),
  );
  return Math.round((sizeBytes * count * 1000) / (performance.now() - start));
}

/** Copies between buffers that no cache holds. */
function measureMemory(): TierProfile {
  const store = new Uint8Array(4 * SIZES[SIZES.length - 1]).fill(1);
  const out = new Uint8Array(SIZES[SIZES.length - 1]).fill(1);
  const reads: OperationProfile[] = [];
  const writes: OperationProfile[] = [];
  for (const sizeBytes of SIZES) {
    const count = operations(sizeBytes);
    const places = store.length / sizeBytes;
    // A stride that is prime to the number of places: each operation finds its segment outside of the caches.
    const place = (i: number): number => ((i * 7919) % places) * sizeBytes;
    const read = summary(sizeBytes, timed(count, (i) => { out.set(store.subarray(place(i), place(i) + sizeBytes)); }));
    const write = summary(sizeBytes, timed(count, (i) => { store.set(out.subarray(0, sizeBytes), place(i)); }));
    print('memory, read', read);
    print('memory, write', write);
    reads.push(read);
    writes.push(write);
  }
  return tierOf(reads, writes, fastestLarge(reads));
}

/** Best rate of large segments. */
const fastestLarge = (operations: readonly OperationProfile[]): number => Math.max(...operations.filter(({ sizeBytes }) => sizeBytes >= LARGE_BYTES).map(({ bytesPerSecond }) => bytesPerSecond));

/** The access time is what the smallest read takes beyond its bytes at that rate. */
function tierOf(reads: readonly OperationProfile[], writes: readonly OperationProfile[], readBytesPerSecond: number): TierProfile {
  const [smallest] = reads;
  return {
    readBytesPerSecond,
    writeBytesPerSecond: fastestLarge(writes),
    latencyNs: Math.max(0, Math.round(smallest.medianNs - (smallest.sizeBytes / readBytesPerSecond) * 1e9)),
    reads: [...reads],
    writes: [...writes],
  };
}
