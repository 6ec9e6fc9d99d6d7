/**
 * Text fit to stand in a sentence, a chart and a page: one line, without control characters and without the marks that turn
 * the direction of writing and could make a page say something else than it holds.
 */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters to be removed
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]+/g, ' ').replace(/[\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g, '').trim();
}

/** Printable text of at most `most` characters, the last an ellipsis where some were cut. */
export function shortText(text: string, most: number): string {
  const characters = Array.from(new Intl.Segmenter().segment(printable(text)), (part) => part.segment);
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`;
}
