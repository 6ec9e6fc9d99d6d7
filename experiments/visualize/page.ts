/** The interactive picture as one HTML file that needs nothing else. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import type { Palette } from '../../reports/figures/theme.ts';
import { DARK, LIGHT } from '../../reports/figures/theme.ts';
import { embeddedJson, escapeHtml } from '../../reports/page/escape-html.ts';
import { RING_SIZE } from './drawing/ring.ts';
import { TABLE_WIDTH } from './drawing/routing-table.ts';
import type { OverlayPicture } from './picture-data.ts';

/** Modules of the page's script, each after those it imports. */
const MODULES = ['drawing/scene.ts', 'drawing/ring.ts', 'drawing/routing-table.ts', 'drawing/lookup-words.ts', 'page-app.ts'] as const;

/** The path of a lookup, light and dark: 5 : 1 against its page, and away from the colours of tables. */
export const PATH_COLOURS = { light: '#B4008C', dark: '#FF7BDC' } as const;

/** The script: its modules compiled, their imports and exports taken off, in one scope: their names differ. */
function pageScript(): string {
  const parts = MODULES.map((file) => {
    const source = readFileSync(new URL(file, import.meta.url), 'utf8');
    const { outputText } = ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true, removeComments: true } });
    return outputText.replace(/^import .*$/gm, '').replace(/^export \{\};?$/gm, '').replace(/^export (?=(const|function|class|let) )/gm, '');
  });
  return `'use strict';\n${parts.join('\n')}`;
}

function variables(palette: Palette, path: string, line: string): string {
  const systems = palette.systems.map((colour, i) => `--s${i}:${colour}`).join(';');
  return `--page:${palette.page};--text:${palette.text};--muted:${palette.muted};--axis:${palette.axis};--line:${line};--path:${path};${systems}`;
}

function pageStyle(): string {
  return `:root{color-scheme:light dark;${variables(LIGHT, PATH_COLOURS.light, '#C9CFD7')}}
@media (prefers-color-scheme:dark){:root{${variables(DARK, PATH_COLOURS.dark, '#46505C')}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1280px;padding:20px;background:var(--page);color:var(--text);font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif}
h1{font-size:1.5rem;margin:0 0 4px}
p{margin:0 0 10px}
.lead,.keys{color:var(--muted)}
.controls{display:flex;flex-wrap:wrap;gap:10px 18px;align-items:center;margin:12px 0}
select,button{font:inherit;padding:4px 10px;color:inherit;background:var(--page);border:1px solid var(--axis);border-radius:6px;min-height:34px}
button:disabled{opacity:.45}
input[type=range]{width:160px;vertical-align:middle}
:focus-visible{outline:3px solid var(--s0);outline-offset:2px}
#told{min-height:3.2em;font-size:1.05rem;max-width:95ch}
.views{display:grid;grid-template-columns:minmax(0,1.1fr) minmax(0,1fr);gap:12px;align-items:start}
@media (max-width:860px){.views{grid-template-columns:1fr}}
svg{width:100%;height:auto;display:block;font-family:"DejaVu Sans Condensed",Arial,Helvetica,sans-serif}
.node{cursor:pointer}
kbd{font:inherit;border:1px solid var(--axis);border-radius:4px;padding:0 5px}
`;
}

/** The page. A content security policy allows its one script and style by hash, and no connection. */
export function picturePage(picture: OverlayPicture, first: number): string {
  const style = pageStyle();
  const script = pageScript();
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  const options = picture.nodes.map(({ id }, i) => ({ id, i })).sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, i }) => `<option value="${i}">${escapeHtml(id)}</option>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(picture.title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(picture.title)}</h1>
<p class="lead">Identifiers run clockwise from the top. Lines lead to the peers of the chosen node, in the colours of its table; bands show the identifiers that a list or bucket covers. Click a node, on the ring or in the table, to choose it.</p>
<div class="controls">
<label>Node <select id="node" data-first="${first}">${options.join('')}</select></label>
<label>Lookup <select id="lookup"></select></label>
<button type="button" id="back" aria-label="One step back">‹ Back</button>
<button type="button" id="play">Play</button>
<button type="button" id="forward" aria-label="One step forward">Step ›</button>
<label><span id="of">step 0</span> <input type="range" id="step" min="0" max="0" value="0" aria-label="Step of the lookup"></label>
</div>
<p id="told" role="status" aria-live="polite"></p>
<div class="views">
<svg id="ring" viewBox="0 0 ${RING_SIZE} ${RING_SIZE}" role="img" aria-label="The ring of nodes with the chosen node's links and the lookup"></svg>
<svg id="table" viewBox="0 0 ${TABLE_WIDTH} 400" role="img" aria-label="The routing table of the chosen node"></svg>
</div>
<p class="keys"><kbd>←</kbd> <kbd>→</kbd> steps of the lookup, <kbd>Space</kbd> plays and pauses, <kbd>↑</kbd> <kbd>↓</kbd> nodes around the ring.</p>
<p class="keys">${escapeHtml(picture.caption)}</p>
</main>
<script type="application/json" id="data">${embeddedJson(picture)}</script>
<script>${script}</script>
</body>
</html>
`;
}
