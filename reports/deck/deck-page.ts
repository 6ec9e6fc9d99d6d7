import { textWidthPx } from '../figures/font.ts';
import { escapeHtml } from '../page/escape-html.ts';
import type { Block } from '../prose/blocks.ts';
import { BlockWriter } from '../prose/blocks-html.ts';
import { plainText } from '../prose/inline.ts';
import { CitationNumbers, proseHtml } from '../prose/prose-html.ts';
import { pageHead } from '../technical-report/report-page.ts';
import { DECK_SCRIPT } from './deck-script.ts';
import { deckStyle } from './deck-style.ts';
import type { Slide } from './slide.ts';

/** Text, and rows of a table, from which a slide is set smaller, so that it fits. */
const DENSE_CHARACTERS = 850;
const DENSE_ROWS = 9;

/** The deck as one HTML file: arrows, Home and End move, the number of the slide stands in the address, n shows the notes; prints one slide a page. */
export function deckPage(slides: readonly Slide[]): string {
  const citations = new CitationNumbers();
  const writer = new BlockWriter(citations, ({ conditions, interval }) => [conditions, interval].filter((s) => s !== '').join(' '));
  const title = plainText(slides[0].title);
  const body = slides.map((slide, i) => slideHtml(slide, i, slides.length, writer, citations)).join('\n');
  return `<!doctype html>
<html lang="en">
${pageHead(title, deckStyle(), DECK_SCRIPT)}
<body>
<main id="stage">
${body}
</main>
<p id="place" class="hidden" role="status" aria-live="polite"></p>
<nav aria-label="Slides"><button type="button" id="back" aria-label="Previous slide">←</button><button type="button" id="on" aria-label="Next slide">→</button><button type="button" id="speak" aria-label="Speaker notes">n</button></nav>
<script>${DECK_SCRIPT}</script>
</body>
</html>
`;
}

function slideHtml(slide: Slide, index: number, count: number, writer: BlockWriter, citations: CitationNumbers): string {
  const level = slide.layout === 'title' ? 1 : 2;
  const kind = slide.layout === 'chart' ? `chart-slide keys-${legendRows(slide.blocks)}` : slide.layout;
  const isDense = lengthOf(slide.blocks) > DENSE_CHARACTERS || slide.blocks.some((block) => block.kind === 'table' && block.rows.length > DENSE_ROWS);
  const dense = slide.layout === 'text' && isDense ? ' dense' : '';
  const html = slide.layout === 'chart'
    ? `${writer.html(slide.blocks.slice(0, 1), level + 1)}<div>${writer.html(slide.blocks.slice(1), level + 1)}</div>`
    : writer.html(slide.blocks, level + 1);
  const notes = slide.notes.map((note) => `<p>${proseHtml(note, citations)}</p>`).join('');
  return `<section class="slide ${kind}${dense}" id="slide-${index + 1}" aria-labelledby="slide-${index + 1}-title">
<h${level} id="slide-${index + 1}-title">${proseHtml(slide.title, citations)}</h${level}>
<div class="body">${html}</div>
<aside class="notes" aria-label="Speaker notes">${notes}</aside>
<div class="foot"><span>${proseHtml(slide.footer, citations)}</span><span aria-label="${escapeHtml(`Slide ${index + 1} of ${count}`)}">${index + 1} / ${count}</span></div>
</section>`;
}

/** Of a legend on a slide: its width, the size of its text, and what stands beside a label, in px as the style sheet has them. */
const LEGEND = { widthPx: 600, textPx: 16, besidePx: 14 + 6 + 16 } as const;
const MOST_LEGEND_ROWS = 5;

/** Rows that the legend of a slide's chart takes: what they need, the chart gives up. */
function legendRows(blocks: readonly Block[]): number {
  const items = blocks.flatMap((block) => (block.kind === 'figure' ? block.figure.legend : []));
  let rows = items.length === 0 ? 0 : 1;
  let left: number = LEGEND.widthPx;
  for (const { label } of items) {
    // The page's own font may be wider than the one of charts.
    const width = 1.15 * textWidthPx(label, LEGEND.textPx) + LEGEND.besidePx;
    if (width > left) {
      rows++;
      left = LEGEND.widthPx;
    }
    left -= width;
  }
  return Math.min(rows, MOST_LEGEND_ROWS);
}

function lengthOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block): number => {
    switch (block.kind) {
      case 'paragraph':
        return sum + plainText(block.text).length;
      case 'list':
        return sum + block.items.reduce((total, { text }) => total + plainText(text).length, 0);
      case 'table':
        return sum + block.rows.flat().reduce((total, cell) => total + plainText(cell).length, 0);
      default:
        return sum;
    }
  }, 0);
}
