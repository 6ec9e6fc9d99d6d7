/** Stable hashes of plain data. */
import { createHash } from 'node:crypto';

/**
 * JSON with sorted keys and no spaces: equal data gives equal text, whatever the order in which keys were set.
 * @throws TypeError for what JSON cannot carry exactly: undefined, functions, and numbers that are not finite.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`;
  }
  throw new TypeError(`${typeof value} has no JSON form`);
}

/** SHA-256 in hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256 of the canonical JSON of plain data. */
export function hashData(value: unknown): string {
  return sha256(canonicalJson(value));
}
