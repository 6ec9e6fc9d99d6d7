/** Rules of the request view. */
export const REQUEST_STYLE = `.controls{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:end;margin-bottom:10px}
.controls label{display:grid;grid-template-columns:minmax(0,1fr);font-size:.875rem;gap:2px;min-width:0;max-width:100%}
.controls select,.controls button{font:inherit;color:inherit;background:var(--page);border:1px solid var(--axis);border-radius:4px;padding:4px 8px;min-height:34px;max-width:100%}
.brushes{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,230px),1fr));gap:4px 24px;margin:6px 0 10px}
.brushes fieldset{border:0;margin:0;padding:0;min-width:0}
.brushes legend{font-size:.875rem;font-weight:600;padding:0}
.brushes label{display:grid;grid-template-columns:2.6em 1fr 5.4em;gap:8px;align-items:center;font-size:.875rem;min-height:28px}
.brushes input{width:100%;min-width:0;accent-color:var(--link)}
.brushes label span:last-child{text-align:right;font-variant-numeric:tabular-nums}
.cloud{touch-action:pan-y;cursor:crosshair;min-height:320px}
.cloud svg{display:block;max-width:100%}
.cloud text{fill:var(--muted);font-size:12px}
.cloud line{stroke:var(--grid)}
.cloud .brush{fill:var(--focus);fill-opacity:.12;stroke:var(--focus)}
.cloud .dim{opacity:.12}
.cloud .chosen{stroke:var(--text);stroke-width:4}
.explorer{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:24px;align-items:start}
.explorer>div{min-width:0}
#fall{width:100%}
#fall th[scope=row],#selection th[scope=row]{font-weight:400;border-bottom:1px solid var(--line);overflow-wrap:break-word;max-width:13em}
#fall td,#fall th,#selection td,#selection th{padding-left:6px;padding-right:6px}
#fall .lane{width:40%;min-width:56px}
#fall .track{display:block;position:relative;height:16px;margin-top:3px;border-bottom:1px solid var(--axis)}
#fall .total th,#fall .total td{font-weight:600;border-bottom:2px solid var(--axis)}
.bar{position:absolute;top:0;height:100%;min-width:2px;background:var(--bar)}
.bar.behind{border:1px solid var(--bar);background:repeating-linear-gradient(45deg,var(--bar) 0 2px,transparent 2px 6px)}
@media(max-width:600px){#fall{font-size:.8125rem}#selection{font-size:.75rem}#fall td,#fall th,#selection td,#selection th{padding-left:2px;padding-right:2px}#selection td,#selection th{padding-left:3px;padding-right:3px}}
`;
