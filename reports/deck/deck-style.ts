import { darkCharts, darkVariables, lightVariables } from '../page/chart-style.ts';

/** Slides of 1280 × 720 px, scaled to the window by the script; one a page in print. */
export function deckStyle(): string {
  return `:root{color-scheme:light dark;${lightVariables()}}
@media screen and (prefers-color-scheme:dark){:root{${darkVariables()}}
${darkCharts()}}
@page{size:1280px 720px;margin:0}
*{box-sizing:border-box}
body{margin:0;background:var(--panel);color:var(--text);font:21px/1.38 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.live{overflow:hidden}
.live #stage{position:absolute;left:0;top:0;width:1280px;height:720px;transform-origin:0 0}
.slide{position:relative;width:1280px;height:720px;overflow:hidden;background:var(--page);padding:44px 60px 60px;display:flex;flex-direction:column}
.slide[hidden]{display:none}
body:not(.live) .slide{margin:0 auto 20px}
h1{font-size:58px;line-height:1.12;margin:0 0 24px;text-wrap:balance}
h2{font-size:36px;line-height:1.15;margin:0 0 20px;padding-bottom:10px;border-bottom:3px solid var(--line)}
p{margin:0 0 14px;overflow-wrap:anywhere}
.title{justify-content:center;padding:60px 110px}
.title p{font-size:28px;max-width:30em}
.title .setting{font-size:21px}
.setting,.remark{color:var(--muted)}
.told{margin:0;padding-left:1em;overflow-wrap:anywhere}
.told li{margin-bottom:12px}
.text .told{font-size:25px}
.dense .told,.dense p{font-size:20px}
.dense .told li{margin-bottom:9px}
.dense table{font-size:15px}
.loss>b{color:var(--loss)}
.win>b{color:var(--win)}
.chart-slide .body{display:grid;grid-template-columns:600px 1fr;gap:36px;align-items:start}
.chart-slide .told{font-size:18.5px;line-height:1.34}
.chart-slide .told li{margin-bottom:9px}
.body{min-height:0}
figure{margin:0}
figcaption{color:var(--muted);font-size:14px;line-height:1.35;margin-top:4px}
.chart svg{display:block;max-width:600px;width:100%;height:auto}
${[0, 1, 2, 3, 4, 5].map((rows) => `.keys-${rows} .chart svg{max-height:${470 - 24 * rows}px}`).join('\n')}
.chart svg text{font-family:"DejaVu Sans Condensed",Arial,Helvetica,"Liberation Sans",sans-serif}
.keys{display:flex;flex-wrap:wrap;gap:0 16px;font-size:16px;margin-bottom:4px}
.key{display:inline-flex;align-items:center;gap:6px}
.swatch{display:inline-flex}
.swatch svg{width:14px;height:14px}
.scroll{margin-bottom:14px}
table{border-collapse:collapse;width:100%;font-size:17.5px;line-height:1.32;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:0 0 6px}
th,td{padding:6px 12px 6px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{border-bottom:2px solid var(--axis);vertical-align:bottom}
.number{text-align:right}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
code{overflow-wrap:anywhere}
pre{background:var(--panel);padding:16px 20px;margin:0 0 16px;white-space:pre-wrap}
.cite,a{color:inherit;text-decoration:none}
.foot{position:absolute;left:60px;right:60px;bottom:18px;display:flex;justify-content:space-between;gap:30px;font-size:14px;color:var(--muted)}
.notes{display:none}
.speaking .notes{z-index:2;display:block;position:absolute;left:0;right:0;bottom:0;max-height:45%;overflow:auto;background:var(--text);color:var(--page);padding:16px 60px;font-size:17px}
.notes p{margin-bottom:6px}
nav{position:fixed;z-index:3;left:50%;transform:translateX(-50%);bottom:8px;display:none;gap:6px;opacity:.25}
nav:hover,nav:focus-within{opacity:1}
.live nav{display:flex}
nav button{font:inherit;font-size:15px;color:var(--text);background:var(--page);border:1px solid var(--axis);border-radius:4px;min-width:34px;min-height:30px;cursor:pointer}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media print{
body{background:none}
nav,.notes,#place{display:none!important}
.live #stage{position:static;transform:none!important;height:auto}
.slide,.slide[hidden]{display:flex!important;margin:0!important;break-after:page;break-inside:avoid}
.slide:last-child{break-after:auto}
.slide,.slide[hidden]{height:719px}
}`;
}
