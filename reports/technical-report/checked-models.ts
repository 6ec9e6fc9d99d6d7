/** `docs/VALIDATION.md`: what each model was checked against. */
import { printable } from '../study/printable.ts';

export interface Check {
  readonly model: string;
  readonly against: string;
  readonly result: string;
}

/** The rows of its table; none where the text holds no such table. */
export function parseChecks(markdown: string): Check[] {
  const lines = markdown.split('\n');
  const head = lines.findIndex((line) => /^\|\s*model\s*\|\s*checked against\s*\|/.test(line));
  if (head < 0) return [];
  const body = lines.slice(head + 2);
  const end = body.findIndex((line) => !line.startsWith('|'));
  return body.slice(0, end < 0 ? undefined : end).map((line): Check => {
    const [model = '', against = '', result = ''] = line.split(/(?<!\\)\|/).slice(1).map(plain);
    return { model, against, result };
  });
}

/** Markdown of a table cell without its markup. */
export function plain(markdown: string): string {
  return printable(markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\*\*|`/g, '').replace(/\\([|*_])/g, '$1'));
}
