/**
 * What brings the page to life: tooltips, legends that filter, sortable tables, the request view. It is one plain script,
 * kept as text so that every tool that runs the report writes the same bytes, and it enhances a page that is complete
 * without it. Texts enter the page through textContent alone. No request leaves the page.
 */
export const PAGE_SCRIPT = String.raw`'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const SVG = 'http://www.w3.org/2000/svg';
  const draw = (tag, attributes, text) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const format = (value) => {
    if (value === 0) return '0';
    const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
    return value.toLocaleString('en-US', { maximumFractionDigits: digits });
  };
  const duration = (ms) => (ms >= 1000 ? format(ms / 1000) + ' s' : format(ms) + ' ms');

  // ---- Tooltips: the row under the pointer, in words.
  const tip = make('div', { class: 'tip', hidden: '', 'aria-hidden': 'true' });
  document.body.append(tip);
  const showTip = (lines, event) => {
    tip.replaceChildren(...lines.map((line) => make('div', {}, line)));
    tip.hidden = false;
    const room = document.documentElement.clientWidth;
    const left = Math.min(event.clientX + 14, room - tip.offsetWidth - 6);
    const above = event.clientY + tip.offsetHeight + 24 > window.innerHeight;
    tip.style.left = Math.max(6, left) + window.scrollX + 'px';
    tip.style.top = event.clientY + (above ? -tip.offsetHeight - 12 : 16) + window.scrollY + 'px';
  };
  const hideTip = () => { tip.hidden = true; };
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') hideTip(); });
  document.querySelectorAll('.chart[data-figure]').forEach((chart) => {
    const tips = data.figures[Number(chart.dataset.figure)].tips;
    const over = (event) => {
      const mark = event.target instanceof Element ? event.target.closest('[data-row]') : null;
      if (mark === null) return hideTip();
      const lines = tips[Number(mark.getAttribute('data-row'))];
      // A line or band stands for all rows of its system: only its name is true of all of it.
      const whole = mark.parentElement.matches('.mark-line, .mark-area');
      showTip(whole ? lines.slice(0, 1) : lines, event);
    };
    chart.addEventListener('pointermove', over);
    chart.addEventListener('pointerdown', over);
    chart.addEventListener('pointerleave', hideTip);
  });

  // ---- Legends that filter: one switch per system for all charts.
  const off = new Set();
  const keys = [];
  const applyFilter = () => {
    for (const [key, system] of keys) key.setAttribute('aria-pressed', String(!off.has(system)));
    document.querySelectorAll('.chart[data-figure]').forEach((chart) => {
      const rows = data.figures[Number(chart.dataset.figure)].systems;
      if (rows === null) return;
      chart.querySelectorAll('[data-row]').forEach((mark) => {
        mark.classList.toggle('off', off.has(data.systems[rows[Number(mark.getAttribute('data-row'))]]));
      });
    });
    if (explore !== undefined) explore();
  };
  document.querySelectorAll('.key[data-system]').forEach((span) => {
    const system = data.systems[Number(span.dataset.system)];
    const key = make('button', { type: 'button', class: 'key', 'aria-pressed': 'true', title: 'Show or hide in all charts' }, ...span.childNodes);
    key.addEventListener('click', () => {
      if (off.has(system)) off.delete(system); else off.add(system);
      applyFilter();
    });
    span.replaceWith(key);
    keys.push([key, system]);
  });

  // ---- Tables that sort: a second click turns the order round; rows without a number come last.
  document.querySelectorAll('table.sortable').forEach((table) => {
    const body = table.tBodies[0];
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = make('button', { type: 'button' }, ...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const descending = head.getAttribute('aria-sort') === 'ascending';
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
        const value = (row) => row.cells[column].dataset.sort;
        const numeric = Array.from(body.rows).some((row) => value(row) !== undefined);
        const compare = (a, b) => {
          if (!numeric) return a.cells[column].textContent.localeCompare(b.cells[column].textContent, 'en', { numeric: true }) * (descending ? -1 : 1);
          const [x, y] = [value(a), value(b)];
          if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
          return (Number(x) - Number(y)) * (descending ? -1 : 1);
        };
        body.append(...Array.from(body.rows).sort(compare));
      });
    });
  });

  // ---- Single requests: a cloud to brush, a list, and the waterfall of the chosen one.
  let explore;
  const sample = data.requests;
  const section = document.getElementById('requests');
  if (sample !== null && section !== null) {
    section.hidden = false;
    const all = [];
    sample.systems.forEach((system, s) => system.request.forEach((_, i) => all.push({ s, i, x: system.arrivalS[i], y: system.ttftMs[i] })));
    const limits = (pick) => all.reduce(([low, high], point) => [Math.min(low, pick(point)), Math.max(high, pick(point))], [Infinity, -Infinity]);
    const [minX, maxX] = limits((p) => p.x);
    const [minY, maxY] = limits((p) => p.y);
    const size = { width: 560, height: 320, left: 58, right: 12, top: 10, bottom: 42 };
    const spanX = maxX - minX || 1;
    const log = minY > 0 && maxY / minY >= 20;
    const scaleY = (v) => (log ? Math.log(v) : v);
    const lowY = log ? scaleY(minY) - 0.05 : Math.min(0, minY);
    const highY = scaleY(maxY) + (log ? 0.05 : (maxY - minY || 1) * 0.03);
    const px = (x) => size.left + ((x - minX) / spanX) * (size.width - size.left - size.right);
    const py = (y) => size.height - size.bottom - ((scaleY(y) - lowY) / (highY - lowY || 1)) * (size.height - size.top - size.bottom);
    const unpx = (value) => minX + ((value - size.left) / (size.width - size.left - size.right)) * spanX;
    const unpy = (value) => {
      const scaled = lowY + ((size.height - size.bottom - value) / (size.height - size.top - size.bottom)) * (highY - lowY);
      return log ? Math.exp(scaled) : scaled;
    };
    const ticks = (low, high, count) => {
      const rough = (high - low) / count || 1;
      const power = Number('1e' + rough.toExponential().split('e')[1]);
      const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough) ?? rough;
      const list = [];
      for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) list.push(Number(v.toPrecision(12)));
      return list;
    };
    const logTicks = () => {
      const list = [];
      for (let e = -6; e < 12; e++) for (const m of maxY / minY > 100 ? [1] : [1, 2, 5]) { const v = Number(m + 'e' + e); if (v >= minY * 0.95 && v <= maxY * 1.05) list.push(v); }
      return list.length > 1 ? list : [minY, maxY];
    };
    const svg = draw('svg', { viewBox: '0 0 ' + size.width + ' ' + size.height, 'aria-hidden': 'true' });
    for (const v of log ? logTicks() : ticks(Math.max(0, lowY), highY, 5)) {
      svg.append(draw('line', { x1: size.left, x2: size.width - size.right, y1: py(v), y2: py(v) }), draw('text', { x: size.left - 6, y: py(v) + 4, 'text-anchor': 'end' }, duration(v)));
    }
    for (const v of ticks(minX, maxX, 5)) svg.append(draw('text', { x: px(v), y: size.height - 24, 'text-anchor': 'middle' }, format(v)));
    svg.append(draw('text', { x: (size.left + size.width) / 2, y: size.height - 6, 'text-anchor': 'middle' }, 'Arrival (s of simulated time)'));
    const dots = all.map((point) => {
      const dot = draw('circle', { cx: px(point.x), cy: py(point.y), r: 3.2, fill: 'var(--s' + (sample.systems[point.s].colour) + ')' });
      svg.append(dot);
      return dot;
    });
    const brushMark = draw('rect', { class: 'brush', x: 0, y: 0, width: 0, height: 0 });
    svg.append(brushMark);
    const cloud = document.getElementById('cloud');
    cloud.append(svg);

    const inputs = ['from-x', 'to-x', 'from-y', 'to-y'].map((id) => document.getElementById(id));
    const systemChoice = document.getElementById('request-system');
    const requestChoice = document.getElementById('request-choice');
    const told = document.getElementById('request-told');
    const fall = document.getElementById('fall');
    const facts = document.getElementById('request-facts');
    sample.systems.forEach((system, s) => systemChoice.append(make('option', { value: String(s) }, system.label)));
    const brush = { x: [-Infinity, Infinity], y: [-Infinity, Infinity] };
    let chosen;

    const name = (system, i) => {
      const mark = system.mark[i];
      return (mark === '' ? '' : mark + ': ') + 'request ' + system.request[i] + ', ' + duration(system.ttftMs[i]);
    };
    const inside = (p) => p.x >= brush.x[0] && p.x <= brush.x[1] && p.y >= brush.y[0] && p.y <= brush.y[1];
    const listRequests = () => {
      const s = Number(systemChoice.value);
      const system = sample.systems[s];
      const order = all.filter((p) => p.s === s && inside(p)).sort((a, b) => (system.mark[a.i] === '') - (system.mark[b.i] === '') || a.y - b.y);
      requestChoice.replaceChildren(...order.map((p) => make('option', { value: String(p.i) }, name(system, p.i))));
      return order;
    };
    const showWaterfall = () => {
      const system = sample.systems[Number(systemChoice.value)];
      chosen = requestChoice.value === '' ? undefined : { s: Number(systemChoice.value), i: Number(requestChoice.value) };
      dots.forEach((dot, k) => dot.classList.toggle('chosen', chosen !== undefined && all[k].s === chosen.s && all[k].i === chosen.i));
      fall.replaceChildren();
      if (chosen === undefined) { facts.textContent = 'No request of this system lies in the selection.'; return; }
      const i = chosen.i;
      const total = system.ttftMs[i] || 1;
      let start = 0;
      const row = (label, part, from, value, behind) => {
        const bar = make('div', { class: behind ? 'bar behind' : 'bar' });
        bar.style.left = (100 * from) / total + '%';
        bar.style.width = Math.min(100, (100 * value) / total) + '%';
        bar.style.backgroundColor = 'var(--p' + part + ')';
        fall.append(make('div', {}, label), make('div', { class: 'track' }, bar), make('div', { class: 'number' }, duration(value)));
      };
      sample.partLabels.forEach((label, part) => {
        const value = system.parts[part][i];
        if (value > 0) row(label, part, start, value, false);
        start += value;
      });
      sample.hiddenParts.forEach((part, k) => {
        const value = system.hidden[k][i];
        if (value > 0) row(sample.partLabels[part] + ', hidden', part, 0, value, true);
      });
      facts.textContent = system.label + ', request ' + system.request[i] + ' on node ' + system.node[i] + ', arrived at ' + format(system.arrivalS[i]) + ' s: TTFT ' + duration(system.ttftMs[i])
        + '. Units found locally ' + system.local[i] + ', remotely ' + system.remote[i] + ', missed ' + system.missed[i] + '. Fetched ' + format(system.fetchedMb[i]) + ' MB from ' + system.sources[i] + ' holder' + (system.sources[i] === 1 ? '' : 's') + ' at once.';
    };
    explore = () => {
      const visible = (p) => !off.has(sample.systems[p.s].label);
      let count = 0;
      all.forEach((p, k) => {
        const shown = visible(p);
        dots[k].setAttribute('display', shown ? 'inline' : 'none');
        const hit = inside(p);
        dots[k].classList.toggle('dim', !hit);
        if (shown && hit) count += 1;
      });
      const sums = sample.systems.flatMap((system, s) => {
        const rows = all.filter((p) => p.s === s && inside(p));
        if (rows.length === 0 || off.has(system.label)) return [];
        const largest = sample.partLabels.map((label, part) => [label, rows.reduce((sum, p) => sum + system.parts[part][p.i], 0)]).reduce((a, b) => (b[1] > a[1] ? b : a));
        return [system.label + ' ' + rows.length + ', mostly ' + largest[0].toLowerCase()];
      });
      told.textContent = count + ' of ' + all.length + ' sampled requests selected' + (sums.length === 0 ? '.' : ' (' + sums.join('; ') + ').');
      const boxed = Number.isFinite(brush.x[0]) || Number.isFinite(brush.y[0]) || Number.isFinite(brush.x[1]) || Number.isFinite(brush.y[1]);
      const x1 = px(Math.max(minX, brush.x[0])), x2 = px(Math.min(maxX, brush.x[1])), y1 = py(Math.min(maxY, brush.y[1])), y2 = py(Math.max(log ? minY : 0, brush.y[0]));
      brushMark.setAttribute('x', x1); brushMark.setAttribute('width', boxed ? Math.max(0, x2 - x1) : 0);
      brushMark.setAttribute('y', y1); brushMark.setAttribute('height', boxed ? Math.max(0, y2 - y1) : 0);
      listRequests();
      showWaterfall();
    };
    const readInputs = () => {
      const [fromX, toX, fromY, toY] = inputs.map((input) => (input.value === '' ? undefined : Number(input.value)));
      brush.x = [fromX ?? -Infinity, toX ?? Infinity];
      brush.y = [fromY ?? -Infinity, toY ?? Infinity];
      explore();
    };
    const writeInputs = () => {
      [brush.x[0], brush.x[1], brush.y[0], brush.y[1]].forEach((value, k) => { inputs[k].value = Number.isFinite(value) ? String(Number(value.toPrecision(4))) : ''; });
    };
    inputs.forEach((input) => input.addEventListener('change', readInputs));
    document.getElementById('brush-clear').addEventListener('click', () => { inputs.forEach((input) => { input.value = ''; }); readInputs(); });
    systemChoice.addEventListener('change', () => { listRequests(); showWaterfall(); });
    requestChoice.addEventListener('change', showWaterfall);
    let dragStart;
    const at = (event) => {
      const box = svg.getBoundingClientRect();
      return { x: ((event.clientX - box.left) * size.width) / box.width, y: ((event.clientY - box.top) * size.height) / box.height };
    };
    svg.addEventListener('pointerdown', (event) => { dragStart = at(event); svg.setPointerCapture(event.pointerId); event.preventDefault(); });
    svg.addEventListener('pointermove', (event) => {
      if (dragStart === undefined) return;
      const now = at(event);
      brush.x = [unpx(Math.min(dragStart.x, now.x)), unpx(Math.max(dragStart.x, now.x))];
      brush.y = [unpy(Math.max(dragStart.y, now.y)), unpy(Math.min(dragStart.y, now.y))];
      writeInputs();
      explore();
    });
    svg.addEventListener('pointerup', (event) => {
      const end = at(event);
      // A click without a drag chooses the nearest request and leaves the selection as it is.
      if (dragStart !== undefined && Math.hypot(end.x - dragStart.x, end.y - dragStart.y) < 4) {
        const near = all.map((p) => [Math.hypot(px(p.x) - end.x, py(p.y) - end.y), p]).filter(([d, p]) => d < 14 && !off.has(sample.systems[p.s].label)).sort((a, b) => a[0] - b[0])[0];
        if (near !== undefined) {
          readInputs();
          systemChoice.value = String(near[1].s);
          listRequests();
          requestChoice.value = String(near[1].i);
          showWaterfall();
        } else { inputs.forEach((input) => { input.value = ''; }); readInputs(); }
      }
      dragStart = undefined;
    });
    const peer = sample.systems.findIndex((system) => system.label === data.subject);
    systemChoice.value = String(peer < 0 ? 0 : peer);
    explore();
  }
  document.documentElement.dataset.ready = 'yes';
})();
`;
