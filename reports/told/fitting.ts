import { plainText } from '../prose/inline.ts';
import type { Told } from './told.ts';

/** Losses before anything else. */
const ORDER = ['loss', 'unclear', 'win', 'note'] as const;

/**
 * As many findings as fit into so many characters: the first that was told, which the study is about, and of the others losses before what is undecided,
 * wins and notes. They are given in that order, each kind as it was told.
 */
export function fitting(told: readonly Told[], mostCharacters: number): Told[] {
  const sorted = [...told].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const shown = new Set(told.slice(0, 1));
  let left = mostCharacters - size(shown);
  for (const each of sorted) {
    if (shown.has(each) || size([each]) > left) continue;
    shown.add(each);
    left -= size([each]);
  }
  return sorted.filter((each) => shown.has(each));
}

function size(told: Iterable<Told>): number {
  return [...told].reduce((sum, { text }) => sum + plainText(text).length, 0);
}
