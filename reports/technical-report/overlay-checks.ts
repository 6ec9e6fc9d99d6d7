/** `docs/validation/overlay.md`, as `npm run validate:overlay` writes it: our overlays beside published tables, with limits. */
import { plain } from './checked-models.ts';

/** One table of the file. */
export interface PublishedCheck {
  readonly title: string;
  readonly held: number;
  readonly missed: readonly { readonly what: string; readonly difference: string; readonly limit: string }[];
}

/** Tables that have limits; none where the text is no such file. */
export function parseOverlayChecks(markdown: string): PublishedCheck[] {
  return markdown.split(/^## /m).slice(1).flatMap((part): PublishedCheck[] => {
    const title = plain(part.split('\n', 1)[0]);
    const rows = part.split('\n').filter((line) => /\| (ok|MISSED) \|$/.test(line)).map((line) => line.split('|').slice(1, -1).map(plain));
    if (rows.length === 0) return [];
    const missed = rows.filter((row) => row.at(-1) === 'MISSED').map((row) => ({ what: [row[0], row[1]].filter((text) => text !== '').join(', '), difference: row[5] ?? '', limit: row[6] ?? '' }));
    return [{ title, held: rows.length - missed.length, missed }];
  });
}
