/** Turns the issues of the schema into one-line complaints that name place, value, expectation and nearest choice. */
import type { z } from 'zod';
import type { Complaint } from './config-error.ts';
import { ConfigError } from './config-error.ts';
import type { Fields } from './field.ts';
import { childFields } from './field.ts';
import { fieldAt, valueAt } from './key-path.ts';
import { nearest } from './nearest.ts';

/** Says where the value at a path was given: a position in a file, or an option on the command line. */
export type Origin = (path: readonly PropertyKey[]) => string | undefined;

/** The first complaint, in the order of the file; further ones are counted. */
export function complain(issues: readonly z.core.$ZodIssue[], fields: Fields, value: unknown, origin: Origin): ConfigError {
  const complaints = issues.map((issue) => translate(issue, fields, value, origin));
  const [first] = complaints.sort((a, b) => lineOf(a) - lineOf(b));
  if (complaints.length === 1) return new ConfigError(first);
  return new ConfigError({ ...first, expected: `${first.expected} (and ${complaints.length - 1} more)` });
}

function lineOf(complaint: Complaint): number {
  const match = /:(\d+):\d+$/.exec(complaint.at ?? '');
  return match === null ? Number.POSITIVE_INFINITY : Number(match[1]);
}

function translate(issue: z.core.$ZodIssue, fields: Fields, value: unknown, origin: Origin): Complaint {
  const field = fieldAt(fields, issue.path, value);
  const found = valueAt(value, issue.path);
  const expected = field === undefined ? 'a valid value' : field.expected;
  const base = { at: origin(issue.path), path: dotted(issue.path), value: found };
  if (issue.code === 'unrecognized_keys') {
    const known = childKeys(fields, issue.path, value);
    const key = issue.keys[0];
    const path = [...issue.path, key];
    const near = nearest(key, known);
    return {
      at: origin(path),
      path: dotted(path),
      expected: near === undefined ? `unknown key; expected one of ${known.join(', ')}` : 'unknown key',
      nearest: near === undefined ? undefined : dotted([...issue.path, near]),
    };
  }
  if (issue.code === 'custom') {
    const near: unknown = issue.params?.['nearest'];
    return { ...base, expected: issue.message, nearest: typeof near === 'string' ? near : undefined };
  }
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const kinds = Object.keys(fieldAt(fields, issue.path.slice(0, -1), undefined)?.variants ?? {});
    return { ...base, expected: `expected ${kinds.join(' or ')}`, nearest: typeof found === 'string' ? nearest(found, kinds) : undefined };
  }
  if (found === undefined) return { ...base, expected: `is missing; expected ${expected}` };
  const choices = field?.choices;
  return {
    ...base,
    expected: `expected ${expected}`,
    nearest: typeof found === 'string' && choices !== undefined ? nearest(found, choices) : undefined,
  };
}

function childKeys(fields: Fields, path: readonly PropertyKey[], value: unknown): string[] {
  if (path.length === 0) return Object.keys(fields);
  const field = fieldAt(fields, path, value);
  if (field === undefined) return [];
  const below = Object.keys(childFields(field, valueAt(value, path)) ?? {});
  return field.variants === undefined ? below : ['kind', ...below];
}

/** `a.b[2].c` */
export function dotted(path: readonly PropertyKey[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`)).join('');
}
