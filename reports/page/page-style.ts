import { REQUEST_STYLE } from './request-style.ts';
import { darkCharts, darkVariables, lightVariables } from './chart-style.ts';

/** The style sheet of the page. Colours come from the theme of the charts. */
export function pageStyle(): string {
  return `:root{color-scheme:light dark;${lightVariables()}}
@media (prefers-color-scheme:dark){:root{${darkVariables()}}
${darkCharts()}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header,footer{max-width:1180px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 6px;text-wrap:balance}
h2{font-size:1.3rem;margin:40px 0 12px;padding-top:8px;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:0 0 2px}
p{margin:0 0 10px;max-width:75ch}
a{color:var(--link)}
.lead{color:var(--muted)}
.skip{position:absolute;left:-9999px}
.skip:focus{left:20px;top:8px;background:var(--page);padding:6px 10px;z-index:3}
nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:14px 0 0;padding:0}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.findings{list-style:none;margin:0;padding:0;display:grid;gap:8px}
.findings li{padding:8px 12px;background:var(--panel);border-left:5px solid var(--axis);max-width:95ch;overflow-wrap:anywhere}
.findings .loss{border-color:var(--loss)}
.findings .win{border-color:var(--win)}
.findings b{margin-right:.4em}
.loss b{color:var(--loss)}
.win b{color:var(--win)}
.glance{margin-top:18px}
.scores{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:8px}
.score{display:grid;gap:1px;align-content:start;padding:8px 12px;background:var(--panel);border-left:5px solid var(--axis);overflow-wrap:anywhere}
.score span{font-weight:600}
.score.fail{border-color:var(--loss)}
.score.fail b{color:var(--loss)}
.score.pass{border-color:var(--win)}
.score.pass b{color:var(--win)}
.warnings li{margin-bottom:6px;max-width:95ch;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:28px;align-items:start}
figure{margin:0;min-width:0}
figure .conditions{color:var(--muted);font-size:.875rem;margin:0 0 6px}
figcaption{color:var(--muted);font-size:.875rem;margin-top:4px;overflow-wrap:anywhere}
.chart svg{display:block;width:100%;max-width:560px;height:auto}
.chart svg text{font-family:"DejaVu Sans Condensed",Arial,Helvetica,"Liberation Sans",sans-serif}
.chart .off{display:none}
.chart .struck{text-decoration:line-through}
.keys{display:flex;flex-wrap:wrap;gap:2px 6px;margin:4px 0}
.key{display:inline-flex;align-items:center;gap:6px;font:inherit;font-size:.875rem;color:var(--text);background:none;border:1px solid transparent;border-radius:4px;padding:2px 6px;min-height:28px}
button.key{cursor:pointer;border-color:var(--axis)}
button.key[aria-pressed=false]{color:var(--muted);text-decoration:line-through;background:var(--panel)}
button.key[aria-pressed=false] svg{opacity:.35}
.swatch{display:inline-flex}
.swatch svg{width:14px;height:14px}
details{margin-top:6px}
summary{cursor:pointer;font-size:.875rem;color:var(--link)}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.875rem;margin:0 0 8px;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:4px 0 8px}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td{white-space:nowrap}
th{border-bottom:2px solid var(--axis);vertical-align:bottom}
.number{text-align:right}
th button{font:inherit;font-weight:inherit;color:inherit;background:none;border:0;padding:2px;margin:0;cursor:pointer;text-align:inherit}
th button::after{content:" ↕";color:var(--muted)}
th[aria-sort=ascending] button::after{content:" ↑";color:var(--text)}
th[aria-sort=descending] button::after{content:" ↓";color:var(--text)}
td.wrap{white-space:normal;overflow-wrap:anywhere;min-width:12em}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
pre{background:var(--panel);padding:10px 12px;overflow-x:auto}
dt{font-weight:600}
dd{margin:0 0 8px;max-width:95ch;overflow-wrap:anywhere}
.tip{position:absolute;z-index:2;pointer-events:none;max-width:300px;background:var(--text);color:var(--page);font-size:.8125rem;line-height:1.35;padding:6px 9px;border-radius:4px}
.tip div:first-child{font-weight:600}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
${REQUEST_STYLE}footer{padding-bottom:40px}
@media print{nav,.controls,#requests,summary{display:none}details>*{display:block}.findings li{break-inside:avoid}figure{break-inside:avoid}}
`;
}
