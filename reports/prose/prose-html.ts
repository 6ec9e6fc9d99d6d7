import { escapeHtml } from '../page/escape-html.ts';
import type { Prose, Source } from './inline.ts';

/** Numbers citations in the order in which they are first met. */
export class CitationNumbers {
  readonly #keys: string[] = [];

  numberOf(key: string): number {
    if (!this.#keys.includes(key)) this.#keys.push(key);
    return this.#keys.indexOf(key) + 1;
  }

  get keys(): readonly string[] {
    return this.#keys;
  }
}

/** `results file · metric · cell`, as the attribute `data-source` holds it. */
export function sourceText({ file, metric, cell }: Source): string {
  return [file, metric, cell].filter((part) => part !== '').join(' · ');
}

/** A sentence as HTML: numbers as `data` elements, other text of results as `span`, each with its source. */
export function proseHtml(text: Prose, citations: CitationNumbers): string {
  return text.map((piece) => {
    if (typeof piece === 'string') return escapeHtml(piece);
    switch (piece.kind) {
      case 'sourced': {
        const source = `data-source="${escapeHtml(sourceText(piece.source))}"`;
        return piece.value === undefined ? `<span ${source}>${escapeHtml(piece.text)}</span>` : `<data value="${piece.value}" ${source}>${escapeHtml(piece.text)}</data>`;
      }
      case 'citation': {
        const number = citations.numberOf(piece.key);
        return `<a class="cite" href="#ref-${number}">[${number}]</a>`;
      }
      case 'code':
        return `<code>${escapeHtml(piece.text)}</code>`;
    }
  }).join('');
}
