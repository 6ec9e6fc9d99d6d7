/** Which keys of two configs differ. */
import { canonicalJson } from './hash.ts';
import { isHumanObject } from './human-value.ts';

/** Dotted paths of the outermost keys whose values differ, in the order of `after`, then those that only `before` has. */
export function differingKeys(before: unknown, after: unknown, prefix = ''): string[] {
  if (!isHumanObject(before) || !isHumanObject(after)) return canonicalJson(before) === canonicalJson(after) ? [] : [prefix.slice(0, -1)];
  const keys = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return keys.flatMap((key) => {
    const path = prefix + key;
    if (!Object.hasOwn(before, key) || !Object.hasOwn(after, key)) return [path];
    return differingKeys(before[key], after[key], `${path}.`);
  });
}
