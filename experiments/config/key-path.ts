/** Dotted key paths: finding the field a path names, reading and assigning values along it. */
import type { Field, Fields } from './field.ts';
import { childFields } from './field.ts';
import type { HumanObject, HumanValue } from './human-value.ts';
import { isHumanObject } from './human-value.ts';

/** The field at a path, following list items and the variant that `value` names; undefined if the path names none. */
export function fieldAt(fields: Fields, path: readonly PropertyKey[], value: unknown): Field | undefined {
  let table: Fields | undefined = fields;
  let here: unknown = value;
  let field: Field | undefined;
  for (const part of path) {
    if (typeof part === 'number') {
      field = field?.item;
      here = Array.isArray(here) ? (here as unknown[])[part] : undefined;
    } else if (part === 'kind' && field?.kind !== undefined) {
      field = field.kind;
      here = undefined;
    } else {
      field = table !== undefined && Object.hasOwn(table, part) ? table[part as string] : undefined;
      here = isHumanObject(here) && Object.hasOwn(here, part) ? here[part as string] : undefined;
    }
    if (field === undefined) return undefined;
    table = childFields(field, here);
  }
  return field;
}

/** The value at a path, or undefined. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const part of path) {
    if (Array.isArray(here) && typeof part === 'number') here = (here as unknown[])[part];
    else if (isHumanObject(here) && Object.hasOwn(here, part)) here = here[part as string];
    else return undefined;
  }
  return here;
}

/**
 * A copy of `target` with `value` at `path`. A section given as a value is laid over the one that stands there, key by
 * key, unless it states a `kind`: then it takes the place of the whole. Setting a `kind` drops the keys of other kinds.
 */
export function assign(fields: Fields, target: HumanObject, path: readonly string[], value: HumanValue): HumanObject {
  const [key, ...rest] = path;
  const field: Field | undefined = Object.hasOwn(fields, key) ? fields[key] : undefined;
  const before: HumanValue | undefined = Object.hasOwn(target, key) ? target[key] : undefined;
  const section = isHumanObject(before) ? before : {};
  if (rest.length === 0) return { ...target, [key]: layOver(before, value) };
  const below: Fields = (field === undefined ? undefined : childFields(field, section)) ?? {};
  let after = assign(below, section, rest, value);
  if (field?.variants !== undefined && rest.length === 1 && rest[0] === 'kind') {
    const valid = childFields(field, after);
    if (valid !== undefined) after = Object.fromEntries(Object.entries(after).filter(([name]) => name === 'kind' || Object.hasOwn(valid, name)));
  }
  return { ...target, [key]: after };
}

function layOver(before: HumanValue | undefined, value: HumanValue): HumanValue {
  if (!isHumanObject(before) || !isHumanObject(value) || Object.hasOwn(value, 'kind')) return value;
  const merged: Record<string, HumanValue> = { ...before };
  for (const [key, each] of Object.entries(value)) merged[key] = layOver(Object.hasOwn(merged, key) ? merged[key] : undefined, each);
  return merged;
}

/** The parts of `canonical` that `stated` names, in the order of `stated`: what a person wrote, in canonical form. */
export function pickStated(canonical: HumanValue, stated: HumanValue): HumanValue {
  if (!isHumanObject(canonical) || !isHumanObject(stated)) return canonical;
  return Object.fromEntries(Object.keys(stated).map((key) => [key, pickStated(canonical[key], stated[key])]));
}
