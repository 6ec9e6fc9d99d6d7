import { createHash } from 'node:crypto';
import type { ReportModel } from '../document/report-model.ts';
import { type Table, cutRows } from '../document/table.ts';
import type { Figure } from '../figures/figure.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import type { Scorecard } from '../scorecard/scorecard.ts';
import { VERDICT_WORDS, scorecardRules, scorecardTable } from '../scorecard/scorecard-table.ts';
import { capital } from '../study/number-format.ts';
import { embeddedJson, escapeHtml } from './escape-html.ts';
import { pageSvg } from './page-svg.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import { requestsSection } from './requests-section.ts';
import { shapePath, symbolSvg } from './symbol.ts';

const MOST_ROWS = 500;
const WORDS = { loss: 'Loses', unclear: 'Undecided', win: 'Wins', note: '' } as const;

/**
 * The report as one HTML file that needs nothing else: static and complete without its script, which adds tooltips,
 * filters, sorting and the request view. A content security policy allows that one script and style by hash, and no
 * connection at all, so nothing that results or configs may contain can run.
 *
 * @param subject label of the system the study is about; its requests are shown first
 */
export function htmlReport(model: ReportModel, subject: string | undefined): string {
  const style = pageStyle();
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = `default-src 'none'; script-src ${hash(PAGE_SCRIPT)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  const heading = model.question === '' ? model.title : model.question;
  const charts = model.figures.map((figure, i) => figureHtml(figure, i, model.systems));
  const parts = [
    `<!doctype html>`,
    `<html lang="en">`,
    `<head>`,
    `<meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>${escapeHtml(`${model.title}: report`)}</title>`,
    `<link rel="icon" href="data:,">`,
    `<style>${style}</style>`,
    `</head>`,
    `<body>`,
    `<a class="skip" href="#short">Skip to the summary</a>`,
    `<header><h1>${escapeHtml(heading)}</h1>`,
    `<p class="lead">${escapeHtml(`Study ${model.title}.`)}</p>`,
    navigation(model),
    `</header>`,
    `<main>`,
    model.scorecard === undefined ? '' : scoreStrip(model.scorecard),
    section('short', 'In short', findingsHtml(model)),
    model.scorecard === undefined ? '' : section('targets', 'Targets', targetsHtml(model.scorecard)),
    model.warnings.length === 0 ? '' : section('warnings', 'Read this before trusting a number', `<ul class="warnings">${model.warnings.map((w) => `<li><strong>${escapeHtml(w.what)}</strong>: ${escapeHtml(w.where)}.</li>`).join('')}</ul>`),
    section('figures', 'Figures', `<div class="figures">${charts.join('\n')}</div>${omissionsHtml(model)}`),
    section('tables', 'Tables', model.tables.map((table) => tableHtml(cutRows(table, MOST_ROWS, 'summary.csv'))).join('\n')),
    model.requests === undefined ? '' : requestsSection(model.requests, model.systems),
    section('definitions', 'Definitions', definitionsHtml(model)),
    section('provenance', 'Provenance', provenanceHtml(model)),
    `</main>`,
    `<script type="application/json" id="data">${embeddedJson(pageData(model, subject))}</script>`,
    `<script>${PAGE_SCRIPT}</script>`,
    `</body>`,
    `</html>`,
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

/** What the script reads: tooltips and the system of each row, and the sampled requests. */
function pageData(model: ReportModel, subject: string | undefined): unknown {
  const labels = model.systems.map((s) => s.label);
  return {
    systems: labels,
    shapes: model.systems.map((s) => shapePath(s.shape)),
    subject: subject ?? '',
    figures: model.figures.map((figure) => ({
      tips: figure.tips,
      systems: systemsOfRows(figure, labels),
    })),
    requests: model.requests ?? null,
  };
}

/** For each row of a chart the place of its system, by which legends hide it; null where no row is one system's. */
function systemsOfRows(figure: Figure, labels: readonly string[]): number[] | null {
  const places = figure.rows.map((row) => labels.indexOf(row['system'] as string));
  return places.some((place) => place >= 0) ? places : null;
}

function section(id: string, title: string, content: string): string {
  return `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>\n${content}</section>`;
}

function navigation(model: ReportModel): string {
  const links: [string, string][] = [['short', 'In short'], ...(model.scorecard === undefined ? [] : [['targets', 'Targets'] satisfies [string, string]]), ...(model.warnings.length === 0 ? [] : [['warnings', 'Warnings'] satisfies [string, string]]), ['figures', 'Figures'], ['tables', 'Tables'],
    ...(model.requests === undefined ? [] : [['requests', 'Requests'] satisfies [string, string]]), ['definitions', 'Definitions'], ['provenance', 'Provenance']];
  return `<nav aria-label="Sections"><ul>${links.map(([id, text]) => `<li><a href="#${id}">${text}</a></li>`).join('')}</ul></nav>`;
}

/** The verdicts at a glance, before anything else; details stand in their own section. */
function scoreStrip({ lead, scores }: Scorecard): string {
  const cards = scores.map(({ target, verdict, measured }) => `<li class="score ${verdict}"><b>${escapeHtml(VERDICT_WORDS[verdict])}</b><span>${escapeHtml(target.title)}</span><small>Goal ${escapeHtml(target.goal)}; ${escapeHtml(measured)}</small></li>`);
  return `<section class="glance" aria-label="Targets at a glance"><p>${escapeHtml(lead)} <a href="#targets">Where they are met</a>.</p><ul class="scores">${cards.join('')}</ul></section>`;
}

function targetsHtml(scorecard: Scorecard): string {
  const rules = scorecardRules(scorecard).map(({ title, rule, commands }) => `<dt>${escapeHtml(title)}</dt><dd>${escapeHtml(rule)}<pre><code>${escapeHtml(commands.join('\n'))}</code></pre></dd>`).join('\n');
  return `${tableHtml(scorecardTable(scorecard))}<details><summary>How each is measured, and the commands that do it again</summary><dl>${rules}</dl></details>`;
}

function findingsHtml(model: ReportModel): string {
  if (model.findings.length === 0) return '<p>Nothing can be said: no trial reports what the summary is made from.</p>';
  return `<ul class="findings">${model.findings.map((f) => `<li class="${f.kind}">${WORDS[f.kind] === '' ? '' : `<b>${WORDS[f.kind]}</b>`}${escapeHtml(f.text)}</li>`).join('\n')}</ul>`;
}

function figureHtml(figure: Figure, index: number, systems: readonly SystemStyle[]): string {
  const id = `figure-${index}`;
  const keys = figure.legend.map((item) => {
    const system = figure.filterField === undefined ? -1 : systems.findIndex((s) => s.label === item.label);
    return `<span class="key"${system < 0 ? '' : ` data-system="${system}"`}>${symbolSvg(item.shape, item.colour)}<span>${escapeHtml(item.label)}</span></span>`;
  });
  return `<figure aria-labelledby="${id}-title">
<h3 id="${id}-title">${escapeHtml(figure.headline)}</h3>
${figure.conditions === '' ? '' : `<p class="conditions">${escapeHtml(figure.conditions)}</p>`}
${keys.length === 0 ? '' : `<div class="keys chart-keys" role="group" aria-label="Legend">${keys.join('')}</div>`}
<p class="hidden" id="${id}-text">${escapeHtml(figure.description)}</p>
<div class="chart" data-figure="${index}" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-text">${pageSvg(figure.bareSvg, `${id}-`)}</div>
<figcaption>${escapeHtml(figure.caption)}</figcaption>
<details><summary>The numbers</summary>${plainTable(figure)}</details>
</figure>`;
}

function plainTable(figure: Figure): string {
  const most = 300;
  const rows = figure.table.rows.slice(0, most);
  const head = figure.table.head.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((text) => `<td>${escapeHtml(text)}</td>`).join('')}</tr>`).join('\n');
  const note = rows.length < figure.table.rows.length ? `<p>The first ${most} of ${figure.table.rows.length} rows.</p>` : '';
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(`Numbers of: ${figure.headline}`)}"><table class="sortable"><caption class="hidden">${escapeHtml(`Numbers of: ${figure.headline}`)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>${note}`;
}

function omissionsHtml(model: ReportModel): string {
  if (model.omissions.length === 0) return '';
  return `<p>Left out:</p><ul>${model.omissions.map((o) => `<li>${escapeHtml(`${o.headline}: ${o.reason}.`)}</li>`).join('')}</ul>`;
}

function tableHtml(table: Table): string {
  const head = table.head.map((h) => `<th scope="col"${h.numeric ? ' class="number"' : ''}>${escapeHtml(h.text)}</th>`).join('');
  const body = table.rows.map((row) => `<tr>${row.map((cell, i) => {
    const classes = table.head[i].numeric ? ' class="number"' : cell.text.length > 40 ? ' class="wrap"' : '';
    return `<td${classes}${cell.sort === undefined || !Number.isFinite(cell.sort) ? '' : ` data-sort="${Number(cell.sort.toPrecision(10))}"`}>${escapeHtml(cell.text)}</td>`;
  }).join('')}</tr>`).join('\n');
  const note = table.note === '' ? '' : `<p>${escapeHtml(table.note)}</p>`;
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(table.caption)}"><table class="sortable"><caption>${escapeHtml(table.caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>${note}`;
}

function definitionsHtml(model: ReportModel): string {
  const rows = model.metrics.map((m) => `<dt>${escapeHtml(m.label)}${m.unit === '' ? '' : ` (${escapeHtml(m.unit)})`}</dt><dd>${escapeHtml(capital(m.definition))}</dd>`).join('\n');
  return `<details><summary>Metrics (${model.metrics.length})</summary><dl>${rows}</dl></details>\n<ul>${model.methods.map((m) => `<li>${escapeHtml(m)}</li>`).join('\n')}</ul>`;
}

function provenanceHtml(model: ReportModel): string {
  const rows = model.provenance.map(([label, value]) => `<dt>${escapeHtml(label)}</dt><dd><code>${escapeHtml(value)}</code></dd>`).join('\n');
  return `<dl>${rows}</dl>\n<p>To make the results, and this report, again:</p>\n<pre><code>${escapeHtml(model.commands.join('\n'))}</code></pre>`;
}
