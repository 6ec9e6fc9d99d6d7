/**
 * What was measured of a machine, as a file that a config can name instead of the catalogue's numbers. `npm run bench -- storage` writes it,
 * `npm run bench -- codecs` adds codec speeds. Trials never measure: they read this file, so the same file gives the same results anywhere.
 */
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { COMPRESSION_LEVELS } from '../../kv/codecs/compression.ts';
import { writeFileAtomic } from '../writer/atomic-file.ts';

const rate = z.number().positive().max(1e15);
const nanoseconds = z.number().int().nonnegative().max(1e15);

const operation = z.strictObject({
  /** Segments of so many bytes, one at a time. */
  sizeBytes: z.number().int().positive(),
  medianNs: nanoseconds,
  p95Ns: nanoseconds,
  bytesPerSecond: rate,
});

const tier = z.strictObject({
  /** Rates of large segments: what the simulated link of the tier gets. */
  readBytesPerSecond: rate,
  writeBytesPerSecond: rate,
  /** Access time before the first byte: the intercept of read time against size. */
  latencyNs: nanoseconds,
  reads: z.array(operation),
  writes: z.array(operation),
});

const speed = z.strictObject({ encodeBytesPerSecond: rate, decodeBytesPerSecond: rate });

const schema = z.strictObject({
  format: z.literal('p2p-ragcache device profile 1'),
  machine: z.strictObject({ processor: z.string(), cores: z.number().int().positive(), memoryBytes: z.number().positive(), node: z.string() }),
  /** How the numbers were taken: what the caches of the operating system were made to do, and where the files lay. */
  method: z.string(),
  ssd: tier,
  ram: tier,
  /** Bytes of fp16 a second on one core, by compression level. */
  codecs: z.partialRecord(z.enum(COMPRESSION_LEVELS), speed).optional(),
});

export type DeviceProfile = z.infer<typeof schema>;
export type TierProfile = DeviceProfile['ssd'];
export type OperationProfile = z.infer<typeof operation>;

/** Reads a profile. @throws RangeError naming the file, the field with its value, and what was expected; the system's error where there is no file. */
export function readDeviceProfile(path: string): DeviceProfile {
  const text = readFileSync(path, 'utf8');
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new RangeError(`${path}: no device profile can be read: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const [{ path: field, input, message }] = result.error.issues;
  const found = JSON.stringify(input) as string | undefined;
  throw new RangeError(`${path}: ${field.map(String).join('.') || 'the file'}: ${found === undefined ? '' : `${shortened(found)}: `}${message}; npm run bench -- storage --profile writes one`);
}

/** A value as an error shows it: a whole section would fill the screen. */
function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

/** Writes a profile as YAML; the file is either the old or the whole new one. */
export function writeDeviceProfile(path: string, profile: DeviceProfile): void {
  writeFileAtomic(path, stringify(schema.parse(profile)));
}
