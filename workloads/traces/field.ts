/** Reads one field of a record, or says what was expected. */
import { InputError, shown } from '../text/input-error.ts';
import type { DenseIds } from '../dense-ids.ts';

/** Where a field stands, for the error. */
export interface FieldPlace {
  readonly file: string;
  readonly line: number;
  readonly name: string;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** A finite number, from a number or from text that spells one. */
export function numberField(value: unknown, place: FieldPlace, expected = 'a number'): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string') {
    const text = value.trim();
    if (NUMBER.test(text)) {
      const number = Number(text);
      if (Number.isFinite(number)) return number;
    }
  }
  throw new InputError(place.file, place.line, `"${place.name}": expected ${expected}, got ${shown(value)}`);
}

/** A count: an integer of at least `least`, at most 2^31 − 1. `12.0` is taken for 12. */
export function countField(value: unknown, place: FieldPlace, least: number): number {
  const expected = `an integer of ${least} or more`;
  const count = numberField(value, place, expected);
  if (!Number.isInteger(count) || count < least || count > 0x7fff_ffff) {
    throw new InputError(place.file, place.line, `"${place.name}": expected ${expected}, got ${shown(value)}`);
  }
  return count;
}

/** A list of block hashes: integers (of any width, wide ones as text) or strings; each becomes a dense id. */
export function hashListField(value: unknown, place: FieldPlace, ids: DenseIds): number[] {
  if (!Array.isArray(value)) {
    throw new InputError(place.file, place.line, `"${place.name}": expected a list of block hashes, got ${shown(value)}`);
  }
  return value.map((hash: unknown, index) => {
    if (typeof hash === 'number' ? Number.isSafeInteger(hash) : typeof hash === 'string' && hash !== '') return ids.of(hash as number | string);
    throw new InputError(place.file, place.line, `"${place.name}"[${index}]: expected an integer or a string, got ${shown(hash)}`);
  });
}

/** Converts a time in units of `unitNs` to whole nanoseconds, and refuses what does not fit. */
export function timeField(value: unknown, unitNs: number, place: FieldPlace, expected: string): number {
  const ns = Math.round(numberField(value, place, expected) * unitNs);
  if (!Number.isSafeInteger(ns)) {
    throw new InputError(place.file, place.line, `"${place.name}": expected ${expected} within 104 days of the origin, got ${shown(value)}`);
  }
  return ns;
}
