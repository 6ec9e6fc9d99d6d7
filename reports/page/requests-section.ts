import type { RequestSample } from '../document/request-sample.ts';
import type { SystemStyle } from '../figures/system-style.ts';
import { LIGHT } from '../figures/theme.ts';
import { formatNumber } from '../study/number-format.ts';
import { escapeHtml } from './escape-html.ts';
import { symbolSvg } from './symbol.ts';

/** The request view as the script finds it. It stays hidden without the script, which fills it. */
export function requestsSection({ grid, runs }: RequestSample, systems: readonly SystemStyle[]): string {
  const shown = [...new Set(runs.map((run) => run.system))];
  const keys = shown.map((i) => `<span class="key" data-system="${i}">${symbolSvg(systems[i]?.shape ?? 'circle', systems[i]?.light ?? LIGHT.axis)}<span>${escapeHtml(systems[i]?.label ?? '')}</span></span>`).join('');
  const errorPercent = formatNumber((Math.sqrt(grid.ratio) - 1) * 100, 1);
  return `<section id="requests" aria-labelledby="requests-title" hidden><h2 id="requests-title">Single requests</h2>
<p>Measured requests of the chosen setting and seed. Drag over the cloud or move the sliders to select; click a point, or choose from the list, to see where the time of one request went.</p>
<div class="controls"><label>Setting and seed<select id="request-setting"></select></label></div>
<div class="explorer"><div>
<h3>TTFT by arrival</h3>
<div class="keys chart-keys" role="group" aria-label="Systems shown">${keys}</div>
<div class="cloud" id="cloud" role="img" aria-label="TTFT of sampled requests against their arrival, one point each. The table below sums up the selection; the list beside it names the requests."></div>
<div class="brushes">${brush('x', 'Arrival')}${brush('y', 'TTFT')}</div>
<div class="controls"><button type="button" id="brush-clear">Select all</button></div>
<p id="request-told" role="status"></p>
<div class="scroll" tabindex="0" role="region" aria-label="Requests in the selection"><table id="selection"><caption>Requests in the selection</caption><thead><tr><th scope="col">System</th>${['Count', 'Mean', 'P50', 'P99'].map((text) => `<th scope="col" class="number">${text}</th>`).join('')}<th scope="col">Largest part</th></tr></thead><tbody></tbody></table></div>
<p class="lead">Counts are of all measured requests, percentiles within ${errorPercent} %; points and largest parts are of a sample evenly spaced by rank of TTFT.</p>
</div><div>
<h3>Where the time of one request went</h3>
<div class="controls"><label>System<select id="request-system"></select></label><label>Request<select id="request-choice"></select></label></div>
<div class="scroll" tabindex="0" role="region" aria-label="Parts of the TTFT of one request"><table id="fall"><caption></caption><thead><tr><th scope="col">Part</th><th scope="col" class="lane"><span class="hidden">Place in the TTFT</span></th><th scope="col" class="number">From</th><th scope="col" class="number">Takes</th><th scope="col" class="number">Share</th></tr></thead><tbody></tbody></table></div>
<p id="request-facts" role="status"></p>
<p class="lead">Parts of the critical path in the order of a request’s life. Hatched bars are work hidden behind it, not placed in time and not in the sum.</p>
</div></div></section>`;
}

function brush(axis: 'x' | 'y', name: string): string {
  const slider = (place: 0 | 1, word: string): string => {
    const id = `brush-${axis}${place}`;
    return `<label for="${id}"><span>${word}</span><input type="range" id="${id}" aria-label="${name} ${word}" min="0" max="1" step="1" value="${place}"><span id="${id}-told" aria-hidden="true"></span></label>`;
  };
  return `<fieldset><legend>${name}</legend>${slider(0, 'from')}${slider(1, 'to')}</fieldset>`;
}
