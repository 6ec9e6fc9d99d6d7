/** Finding an entry of a catalogue by name, with a helpful refusal. */
import { closest } from 'fastest-levenshtein';

/** Case, spaces, hyphens and underscores do not distinguish names: `a100 80gb` finds `A100-80GB`. */
function normalise(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '');
}

/**
 * The entry called `name`.
 *
 * @param kind what the catalogue holds, for the message: `GPU`, `model` …
 * @throws RangeError when no entry has that name; the message gives the nearest name and all names.
 */
export function lookUp<T>(kind: string, catalogue: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(catalogue, name)) return catalogue[name];
  const names = Object.keys(catalogue);
  const wanted = normalise(name);
  for (const candidate of names) {
    if (normalise(candidate) === wanted) return catalogue[candidate];
  }
  const nearest = names.length === 0 ? undefined : closest(name, names);
  const hint = nearest === undefined ? 'the catalogue is empty' : `did you mean ${nearest}? Known: ${names.join(', ')}`;
  throw new RangeError(`unknown ${kind} ${JSON.stringify(name)}: ${hint}`);
}
