import { RESULT_FILES } from '../../experiments/results/layout.ts';
import type { Figure } from '../figures/figure.ts';
import { symbolSvg } from '../page/symbol.ts';
import { escapeHtml } from '../page/escape-html.ts';
import { pageSvg } from '../page/page-svg.ts';
import type { Block, ProseFigure, ProseTable, Section } from './blocks.ts';
import { plainText } from './inline.ts';
import { type CitationNumbers, proseHtml } from './prose-html.ts';

/** A table of so many rows stays on one page. */
const SHORT_ROWS = 8;

const MARKS = { loss: 'Loses', win: 'Wins', unclear: 'Undecided', note: '' } as const;

/** Sets blocks as HTML, with one count of figures and citations for the whole document. */
export class BlockWriter {
  readonly #citations: CitationNumbers;
  readonly #caption: (figure: Figure) => string;
  #figures = 0;

  /** @param caption what stands under a figure beside its headline; by default everything that the figure says of itself */
  constructor(citations: CitationNumbers, caption: (figure: Figure) => string = ({ conditions, caption: rest }) => [conditions, rest].filter((s) => s !== '').join(' ')) {
    this.#citations = citations;
    this.#caption = caption;
  }

  /** @param level of the heading of a section among the blocks, from 2 */
  html(blocks: readonly Block[], level: number): string {
    return blocks.map((block) => this.#block(block, level)).join('\n');
  }

  #block(block: Block, level: number): string {
    const text = (words: Parameters<typeof proseHtml>[0]): string => proseHtml(words, this.#citations);
    switch (block.kind) {
      case 'paragraph':
        return `<p${block.role === '' ? '' : ` class="${block.role}"`}>${text(block.text)}</p>`;
      case 'list':
        return `<ul class="told${block.layout === 'fine' ? ' fine' : ''}">${block.items.map(({ mark, text: item }) => `<li${mark === 'note' ? '' : ` class="${mark}"`}>${MARKS[mark] === '' ? '' : `<b>${MARKS[mark]}.</b> `}${text(item)}</li>`).join('\n')}</ul>`;
      case 'table':
        return this.#table(block);
      case 'figure':
        return this.figure(block);
      case 'commands':
        return `<pre tabindex="0"><code>${escapeHtml(block.lines.join('\n'))}</code></pre>`;
      case 'section':
        return this.#section(block, level);
    }
  }

  #section(section: Section, level: number): string {
    const tag = section.layout === 'study' ? 'article' : 'section';
    const heading = `<h${level} id="${section.id}-title">${proseHtml(section.title, this.#citations)}</h${level}>`;
    const content = this.html(section.blocks, level + 1);
    return `<${tag} id="${section.id}" class="${section.layout}" aria-labelledby="${section.id}-title">${heading}\n${section.layout === 'columns' ? `<div class="pair">${content}</div>` : content}</${tag}>`;
  }

  #table({ caption, head, rows }: ProseTable): string {
    const text = proseHtml(caption, this.#citations);
    const th = head.map((h) => `<th scope="col"${h.numeric ? ' class="number"' : ''}>${escapeHtml(h.text)}</th>`).join('');
    const body = rows.map((row) => `<tr>${row.map((cell, i) => `<td${head[i].numeric ? ' class="number"' : ''}>${proseHtml(cell, this.#citations)}</td>`).join('')}</tr>`).join('\n');
    return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(plainText(caption))}"><table${rows.length <= SHORT_ROWS ? ' class="short"' : ''}><caption>${text}</caption><thead><tr>${th}</tr></thead><tbody>${body}</tbody></table></div>`;
  }

  /** A chart with its number, headline, legend, text alternative and caption. */
  figure({ figure, folder }: ProseFigure): string {
    this.#figures++;
    const id = `figure-${this.#figures}`;
    const keys = figure.legend.map((item) => `<span class="key">${symbolSvg(item.shape, item.colour)}<span>${escapeHtml(item.label)}</span></span>`);
    return `<figure aria-labelledby="${id}-title" data-source="${escapeHtml(`${folder}/${RESULT_FILES.summary} · ${figure.name}`)}">
${keys.length === 0 ? '' : `<div class="keys">${keys.join('')}</div>`}
<div class="chart" role="img" aria-label="${escapeHtml(figure.description)}">${pageSvg(figure.bareSvg, `${id}-`)}</div>
<figcaption><b id="${id}-title">Figure ${this.#figures}. ${escapeHtml(figure.headline)}.</b> ${escapeHtml(this.#caption(figure))}</figcaption>
</figure>`;
  }
}
