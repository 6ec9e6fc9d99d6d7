/** Words of a text for overlap metrics. */

/** Lower-case runs of letters, digits and apostrophes, and every other visible character on its own. */
export function textWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+|[^\s\p{L}\p{N}']/gu) ?? [];
}

/** How often each run of `n` neighbouring words occurs. */
export function countRuns(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    // A separator that no word contains.
    const run = words.slice(i, i + n).join('\u0001');
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

/** Runs that two texts share, each counted as often as in the text that has it less often. */
export function sharedRuns(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [run, count] of a) shared += Math.min(count, b.get(run) ?? 0);
  return shared;
}
