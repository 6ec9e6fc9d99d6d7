import { FONT_STACK } from '../figures/theme.ts';
import { darkCharts, darkVariables, lightVariables } from '../page/chart-style.ts';

/** The style sheet of the technical report: one column with pairs of studies beside each other, on a screen and on A4. */
export function reportStyle(): string {
  return `:root{color-scheme:light dark;${lightVariables()}}
@media screen and (prefers-color-scheme:dark){:root{${darkVariables()}}
${darkCharts()}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main{max-width:1040px;margin:0 auto;padding:0 20px}
header{padding-top:32px}
main{padding-bottom:72px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 6px;text-wrap:balance}
h2{font-size:1.4rem;margin:40px 0 10px;padding-top:10px;border-top:1px solid var(--line)}
h3{font-size:1.15rem;margin:28px 0 8px}
h4{font-size:1rem;margin:0 0 2px}
p{margin:0 0 10px;overflow-wrap:anywhere}
.plain>p{max-width:82ch}
.plain>.told{max-width:90ch}
a{color:var(--link)}
.lead{color:var(--muted)}
.skip{position:absolute;left:-9999px}
.skip:focus{left:20px;top:8px;background:var(--page);padding:6px 10px;z-index:3}
nav ol{columns:2;max-width:46rem;margin:10px 0 0;padding-left:1.4em}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.cite{white-space:nowrap}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:28px;align-items:start}
.study{min-width:0;padding-top:8px;border-top:2px solid var(--line)}
.study:has(figure~figure){grid-column:1/-1;columns:2 400px;column-gap:28px}
.question{font-style:italic}
.setting,.remark{color:var(--muted);font-size:.875rem}
.told{margin:0 0 10px;padding-left:1.1em;overflow-wrap:anywhere}
.told li{margin-bottom:4px}
.fine{font-size:.875rem;list-style:none;padding-left:0}
.fine li{padding-left:1em;text-indent:-1em}
td code{overflow-wrap:break-word}
.plain>.fine{max-width:none}
.study .told,.study p{font-size:.9375rem}
.study .setting,.study .remark{font-size:.875rem}
.loss>b{color:var(--loss)}
.win>b{color:var(--win)}
figure{margin:6px 0 12px;min-width:0;break-inside:avoid}
figcaption{color:var(--muted);font-size:.8125rem;line-height:1.4;overflow-wrap:anywhere}
.chart svg{display:block;width:100%;max-width:560px;height:auto}
.chart svg text{font-family:"DejaVu Sans Condensed",Arial,Helvetica,"Liberation Sans",sans-serif}
.keys{display:flex;flex-wrap:wrap;gap:2px 12px;margin:4px 0;font-size:.8125rem}
.key{display:inline-flex;align-items:center;gap:5px}
.swatch{display:inline-flex}
.swatch svg{width:13px;height:13px}
.scroll{overflow-x:auto;max-width:100%;margin-bottom:14px}
table{border-collapse:collapse;width:100%;font-size:.8125rem;line-height:1.4;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:4px 0 6px}
th,td{padding:4px 8px 4px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:break-word}
th{border-bottom:2px solid var(--axis);vertical-align:bottom}
.number{text-align:right}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
code{overflow-wrap:anywhere}
pre{background:var(--panel);padding:10px 12px;overflow-x:auto;white-space:pre-wrap}
.works{padding-left:1.8em;font-size:.875rem}
.works li{margin-bottom:4px}
#source{position:fixed;left:0;right:0;bottom:0;background:var(--text);color:var(--page);font-size:.875rem;padding:8px 20px;overflow-wrap:anywhere}
#source:empty{display:none}
${PRINT}`;
}

const PRINT = `@page{size:A4;margin:11mm 12mm 13mm;@bottom-center{content:counter(page);font:8pt system-ui,sans-serif;color:#4B5563}}
@media print{
body,.chart svg text{font-family:${FONT_STACK}}
body{font-size:9pt;line-height:1.32}
header,main{max-width:none;padding:0}
main{padding-bottom:0}
h1{font-size:19pt}
h2{font-size:13pt;margin:15pt 0 5pt;padding-top:5pt;break-after:avoid}
h3{font-size:11pt;margin:10pt 0 5pt;break-after:avoid}
h4{font-size:9.6pt;break-after:avoid}
p{margin-bottom:5pt;orphans:2;widows:2}
.plain>p,.plain>.told{max-width:none}
.skip,#source,nav{display:none}
#results{columns:2;column-gap:6mm}
#results>h2,#results>p{column-span:all}
.pair{display:block}
.study:has(figure~figure){columns:auto}
.study{padding-top:3pt;margin-bottom:7pt}
.study>h4,.study>.question,.study>.setting,.keys,.chart{break-after:avoid}
.question,.setting,.told li,.keys{break-inside:avoid}
.study .told,.study p{font-size:7.9pt;line-height:1.28;margin-bottom:2.5pt}
.fine{columns:2;column-gap:6mm;font-size:6.7pt;line-height:1.24}
.fine li{margin-bottom:1.5pt}
.study .setting,.study .remark,figcaption,.keys{font-size:7pt}
.study .told li{margin-bottom:1.5pt}
.question{break-after:avoid}
figure{margin:2pt 0 5pt}
.chart svg{max-width:79%}
.keys{gap:0 8pt;margin:1pt 0;line-height:1.25}
table{font-size:7.4pt;line-height:1.28}
tr,.short{break-inside:avoid}
th,td{padding:2pt 5pt 2pt 0}
.scroll{overflow:visible;margin-bottom:7pt}
thead{display:table-header-group}
.works{font-size:7pt;line-height:1.28;columns:2;column-gap:7mm}
.works li{break-inside:avoid;margin-bottom:2pt}
pre{padding:5pt 7pt;break-inside:avoid}
a{color:inherit;text-decoration:none}
}`;
