import { createHash } from 'node:crypto';
import { escapeHtml } from '../page/escape-html.ts';
import type { Section } from '../prose/blocks.ts';
import { BlockWriter } from '../prose/blocks-html.ts';
import { CitationNumbers, proseHtml } from '../prose/prose-html.ts';
import { BIBLIOGRAPHY } from './bibliography.ts';
import { REPORT_SCRIPT } from './report-script.ts';
import { reportStyle } from './report-style.ts';

const TITLE = 'P2P-RAGCache: when fetching a KV cache from peers pays';

/** Head of a page that runs the given script and style, by their hashes, and nothing else. */
export function pageHead(title: string, style: string, script: string): string {
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>`;
}

/** The technical report as one HTML file: complete without its script, which shows where a number comes from; printed as A4. */
export function reportPage(sections: readonly Section[]): string {
  const citations = new CitationNumbers();
  const writer = new BlockWriter(citations);
  const body = writer.html(sections, 2);
  const contents = sections.map(({ id, title }) => `<li><a href="#${id}">${proseHtml(title, citations)}</a></li>`).join('');
  const works = citations.keys.map((key, i) => `<li id="ref-${i + 1}">${escapeHtml(workOf(key))}</li>`).join('\n');
  return `<!doctype html>
<html lang="en">
${pageHead(TITLE, reportStyle(), REPORT_SCRIPT)}
<body>
<a class="skip" href="#abstract">Skip to the abstract</a>
<header><h1>${escapeHtml(TITLE)}</h1>
<p class="lead">Technical report, generated from saved results. No number in it is typed.</p>
<nav aria-label="Contents"><ol>${contents}<li><a href="#references">References</a></li></ol></nav></header>
<main>
${body}
<section id="references" class="plain" aria-labelledby="references-title"><h2 id="references-title">References</h2>
<ol class="works">${works}</ol></section>
</main>
<div id="source" role="status" aria-live="polite"></div>
<script>${REPORT_SCRIPT}</script>
</body>
</html>
`;
}

/** @throws RangeError for a work that is not in the bibliography */
function workOf(key: string): string {
  if (!Object.hasOwn(BIBLIOGRAPHY, key)) throw new RangeError(`'${key}' is cited but not in the bibliography`);
  return BIBLIOGRAPHY[key];
}
