import { plainText } from '../prose/inline.ts';
import type { Told } from './told.ts';

/** Losses before anything else. */
const ORDER = ['loss', 'unclear', 'win', 'note'] as const;

/** As many findings as fit into so many characters, at least one: losses first, each kind in the order in which it was told. */
export function fitting(told: readonly Told[], mostCharacters: number): Told[] {
  const sorted = [...told].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const shown: Told[] = [];
  let left = mostCharacters;
  for (const each of sorted) {
    const size = plainText(each.text).length;
    if (shown.length > 0 && size > left) continue;
    shown.push(each);
    left -= size;
  }
  return shown;
}
