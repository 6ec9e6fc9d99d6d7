/** Files that trials read in place of measurements, with invented numbers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDeviceProfile } from '../../../experiments/segment-files/device-profile.ts';
import type { DeviceProfile } from '../../../experiments/segment-files/device-profile.ts';

const estimate = (value: number): { value: number; low: number; high: number } => ({ value, low: value, high: value });

/** Rows for a full prefill and for four policies, some with int8; longer chunks lose less. */
export function writeQualityTable(folder: string): string {
  const path = join(folder, 'small.quality.json');
  const scores: [policy: string, level: string, exact: number][] = [
    ['full', 'float32', 0.99], ['none', 'fp16', 0.4], ['adjust', 'fp16', 0.9], ['adjust', 'int8', 0.89], ['adjust-first-4', 'fp16', 0.95], ['adjust-deviating-15%', 'fp16', 0.96],
  ];
  const rows = [24, 512].flatMap((chunkTokens) => scores.map(([policy, level, exact]) => ({
    chunkTokens, chunks: 5, shift: 'start', policy, level, cases: 10, tokens: 100, recomputedShare: 0, compressionRatio: 1,
    perplexity: estimate(2), perplexityIncrease: estimate(1 - exact), increaseFromCompression: estimate(0), agreement: estimate(exact), divergence: estimate(0.1),
    exactAnswers: estimate(exact + (chunkTokens === 512 ? 0.005 : 0)), exactByKind: {}, rouge1: null, rouge2: null, rougeL: null, bleu: null,
  })));
  const table = { kind: 'quality-table', version: 1, model: 'small', modelSha256: 'x', source: 'self', command: 'npm run quality --', textReference: 'itself', rows };
  writeFileSync(path, JSON.stringify(table));
  return path;
}

/** A slow device: 1 GB/s of keys. */
export function writeRopeProfile(folder: string): string {
  const path = join(folder, 'rope.json');
  writeFileSync(path, JSON.stringify({ format: 'p2p-ragcache rope profile 1', device: 'made up', keyBytesPerSecond: 1e9, dispatchSeconds: 1e-4 }));
  return path;
}

/** A slow device: a drive of 500 MB/s, memory of 2 GB/s, and int8 at 1 GB/s in and 2 GB/s out on a core. */
export function writeStorageProfile(folder: string, codecs = true): string {
  const path = join(folder, 'device.yaml');
  const tier = (rate: number, latencyNs: number): DeviceProfile['ssd'] => ({ readBytesPerSecond: rate, writeBytesPerSecond: rate / 2, latencyNs, reads: [], writes: [] });
  writeDeviceProfile(path, {
    format: 'p2p-ragcache device profile 1',
    machine: { processor: 'made up', cores: 4, memoryBytes: 8e9, node: 'v20.20.0' },
    method: 'none: a test',
    ssd: tier(5e8, 2e5),
    ram: tier(2e9, 1e3),
    ...(codecs ? { codecs: { moderate: { encodeBytesPerSecond: 1e9, decodeBytesPerSecond: 2e9 } } } : {}),
  });
  return path;
}
