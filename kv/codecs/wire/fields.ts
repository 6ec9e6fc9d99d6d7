import { CodecError } from '../codec-error.ts';

/** A decoded map; what its fields are has not been checked. */
export type Fields = Readonly<Record<string, unknown>>;

/** Throws CodecError unless `value` is a map of exactly these fields. */
export function mapOf(value: unknown, path: string, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new CodecError('schema', `${path} is no map`);
  }
  const fields = value as Fields;
  for (const name of names) if (!Object.hasOwn(fields, name)) throw new CodecError('schema', `${path} lacks ${name}`);
  if (Object.keys(fields).length !== names.length) {
    throw new CodecError('schema', `${path} has fields ${Object.keys(fields).slice(0, 8).join(', ')}; expected ${names.join(', ')}`);
  }
  return fields;
}

/** A whole number in a closed range. */
export function wholeNumber(value: unknown, path: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw new CodecError('schema', `${path} is ${describe(value)}; expected a whole number from ${least} to ${most}`);
  }
  return value;
}

export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new CodecError('schema', `${path} is ${describe(value)}; expected a text`);
  return value;
}

/** One of the words given. */
export function word<const W extends string>(value: unknown, path: string, words: readonly W[]): W {
  if (!words.includes(value as W)) throw new CodecError('schema', `${path} is ${describe(value)}; expected one of ${words.join(', ')}`);
  return value as W;
}

export function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new CodecError('schema', `${path} is ${describe(value)}; expected true or false`);
  return value;
}

/** Exactly so many bytes. */
export function binary(value: unknown, path: string, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw new CodecError('schema', `${path} is ${describe(value)}; expected ${length} bytes`);
  return value;
}

/** A list whose items are read one by one. */
export function listOf<T>(value: unknown, path: string, limit: number, item: (value: unknown, path: string) => T): T[] {
  if (!Array.isArray(value)) throw new CodecError('schema', `${path} is ${describe(value)}; expected a list`);
  if (value.length > limit) throw new CodecError('too-large', `${path} has ${value.length} entries; at most ${limit} are accepted`);
  return value.map((entry, i) => item(entry, `${path}[${i}]`));
}

function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return Array.isArray(value) ? `a list of ${value.length}` : value === null ? 'nil' : `a value of type ${typeof value}`;
}
