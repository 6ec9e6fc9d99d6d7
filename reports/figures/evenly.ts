/** At most `most` of the items, first and last included, evenly spaced. */
export function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return items.slice();
  if (most === 1) return items.slice(0, 1);
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]);
}
