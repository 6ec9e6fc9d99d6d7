/** The request view: a setting, a brush by pointer or by sliders, what it selects, and the request whose waterfall is shown. */
export const REQUESTS = String.raw`
  // ---- Single requests.
  const sample = data.requests;
  const section = document.getElementById('requests');
  let explore;
  if (sample !== null && section !== null) {
    section.hidden = false;
    const { grid } = sample;
    const edges = binEdges(grid);
    const sliders = ['x0', 'x1', 'y0', 'y1'].map((id) => document.getElementById('brush-' + id));
    const [x0, x1, y0, y1] = sliders;
    const settingChoice = document.getElementById('request-setting');
    const systemChoice = document.getElementById('request-system');
    const requestChoice = document.getElementById('request-choice');
    const cloudBox = document.getElementById('cloud');
    const limits = (slider) => [x0, x1].includes(slider) ? grid.windows : grid.bins;
    for (const slider of sliders) slider.max = String(limits(slider));
    let brush = { x: [0, grid.windows], y: [0, grid.bins] };
    let runs = [];
    let points = [];
    let cloud;
    const arrivalAt = (w) => grid.fromS + w * grid.windowS;
    const isAll = () => brush.x[0] === 0 && brush.x[1] === grid.windows && brush.y[0] === 0 && brush.y[1] === grid.bins;
    const visible = (run) => !off.has(data.systems[run.system]);
    const windowOf = (x) => Math.max(0, Math.min(grid.windows - 1, Math.floor((x - grid.fromS) / grid.windowS)));
    const binOf = (y) => { const b = edges.findIndex((edge) => edge > y); return b < 0 ? grid.bins - 1 : Math.max(0, b - 1); };
    const inside = ({ w, b }) => w >= brush.x[0] && w < brush.x[1] && b >= brush.y[0] && b < brush.y[1];

    const listRequests = () => {
      const run = runs[Number(systemChoice.value)];
      const before = requestChoice.value;
      const order = points.filter((p) => p.run === run && inside(p)).sort((a, b) => (run.mark[a.i] === '') - (run.mark[b.i] === '') || a.y - b.y);
      requestChoice.replaceChildren(...order.map(({ i }) => make('option', { value: String(i) }, (run.mark[i] === '' ? '' : run.mark[i] + ': ') + 'request ' + run.request[i] + ', ' + duration(run.ttftMs[i]))));
      if (order.some(({ i }) => String(i) === before)) requestChoice.value = before;
      requestChoice.disabled = order.length === 0;
    };
    const choose = () => {
      const run = requestChoice.value === '' ? undefined : runs[Number(systemChoice.value)];
      const chosen = Number(requestChoice.value);
      points.forEach((p, k) => cloud.dots[k].classList.toggle('chosen', p.run === run && p.i === chosen));
      showWaterfall(run, chosen);
    };
    const tell = () => {
      const body = document.getElementById('selection').tBodies[0];
      let [count, all] = [0, 0];
      body.replaceChildren(...runs.filter(visible).map((run) => {
        const sums = summarise(run, grid, edges, brush);
        count += sums.count;
        all += run.total;
        const rows = points.filter((p) => p.run === run && inside(p));
        const largest = sample.partLabels.map((label, part) => [label, rows.reduce((sum, p) => sum + run.parts[part][p.i], 0)]).reduce((a, b) => (b[1] > a[1] ? b : a));
        const cells = [sums.count.toLocaleString('en-US'), ...[sums.mean, sums.p50, sums.p99].map((ms) => (ms === undefined ? '–' : duration(ms)))];
        return make('tr', {}, make('th', { scope: 'row' }, data.systems[run.system]), ...cells.map((text) => make('td', { class: 'number' }, text)), make('td', {}, largest[1] > 0 ? largest[0] : '–'));
      }));
      document.getElementById('request-told').textContent = count.toLocaleString('en-US') + ' of ' + all.toLocaleString('en-US') + ' requests selected: arrival ' + format(arrivalAt(brush.x[0])) + ' to ' + format(arrivalAt(brush.x[1])) + ' s, TTFT '
        + duration(edges[brush.y[0]]) + ' to ' + duration(edges[brush.y[1]]) + '.';
    };
    explore = () => {
      points.forEach((p, k) => {
        cloud.dots[k].setAttribute('display', visible(p.run) ? 'inline' : 'none');
        cloud.dots[k].classList.toggle('dim', !inside(p));
      });
      const [left, right, top, bottom] = [cloud.px(arrivalAt(brush.x[0])), cloud.px(arrivalAt(brush.x[1])), cloud.py(edges[brush.y[1]]), cloud.py(edges[brush.y[0]])];
      for (const [name, value] of Object.entries({ x: left, y: top, width: isAll() ? 0 : Math.max(0, right - left), height: isAll() ? 0 : Math.max(0, bottom - top) })) cloud.frame.setAttribute(name, value);
      [brush.x[0], brush.x[1], brush.y[0], brush.y[1]].forEach((value, k) => {
        const text = k < 2 ? format(arrivalAt(value)) + ' s' : duration(edges[value]);
        sliders[k].value = String(value);
        sliders[k].setAttribute('aria-valuetext', text);
        document.getElementById(sliders[k].id + '-told').textContent = text;
      });
      tell();
      listRequests();
      choose();
    };
    const redraw = () => {
      cloud = drawCloud(points, [arrivalAt(0), arrivalAt(grid.windows)], [edges[0], edges[grid.bins]]);
      cloudBox.replaceChildren(cloud.svg);
      explore();
    };
    const chooseSetting = () => {
      const before = runs[Number(systemChoice.value)]?.system;
      runs = sample.settings[Number(settingChoice.value)].runs.map((r) => sample.runs[r]);
      points = runs.flatMap((run) => run.request.map((_, i) => ({ run, i, x: run.arrivalS[i], y: run.ttftMs[i], w: windowOf(run.arrivalS[i]), b: binOf(run.ttftMs[i]) })));
      systemChoice.replaceChildren(...runs.map((run, r) => make('option', { value: String(r) }, data.systems[run.system])));
      const kept = runs.findIndex((run) => (before === undefined ? data.systems[run.system] === data.subject : run.system === before));
      systemChoice.value = String(Math.max(0, kept));
      requestChoice.replaceChildren();
      redraw();
    };

    // Sliders never cross: the one that moves pushes the other.
    const slide = (low, high, moved) => {
      let [from, to] = [Number(low.value), Number(high.value)];
      if (from >= to) [from, to] = moved === low ? [Math.min(from, limits(low) - 1), Math.min(from, limits(low) - 1) + 1] : [Math.max(to, 1) - 1, Math.max(to, 1)];
      return [from, to];
    };
    for (const slider of sliders) slider.addEventListener('input', () => { brush = { x: slide(x0, x1, slider), y: slide(y0, y1, slider) }; explore(); });
    const selectAll = () => { brush = { x: [0, grid.windows], y: [0, grid.bins] }; explore(); };
    document.getElementById('brush-clear').addEventListener('click', selectAll);
    sample.settings.forEach(({ setting, seed }, k) => settingChoice.append(make('option', { value: String(k) }, setting + ', seed ' + seed)));
    settingChoice.addEventListener('change', chooseSetting);
    systemChoice.addEventListener('change', () => { listRequests(); choose(); });
    requestChoice.addEventListener('change', choose);

    // The brush by pointer. A click without a drag chooses the nearest request and leaves the selection as it is.
    let from;
    const at = (event) => {
      const box = cloud.svg.getBoundingClientRect();
      const zoom = cloud.width / box.width;
      return { x: (event.clientX - box.left) * zoom, y: (event.clientY - box.top) * zoom };
    };
    cloudBox.addEventListener('pointerdown', (event) => { from = at(event); cloudBox.setPointerCapture(event.pointerId); });
    cloudBox.addEventListener('pointercancel', () => { from = undefined; });
    cloudBox.addEventListener('pointermove', (event) => {
      if (from === undefined) return;
      const now = at(event);
      if (Math.hypot(now.x - from.x, now.y - from.y) < 4) return;
      const span = (a, b, place) => [Math.min(place(a), place(b)), Math.max(place(a), place(b)) + 1];
      brush = { x: span(from.x, now.x, (v) => windowOf(cloud.unpx(v))), y: span(from.y, now.y, (v) => binOf(cloud.unpy(v))) };
      explore();
    });
    cloudBox.addEventListener('pointerup', (event) => {
      const end = at(event);
      if (from !== undefined && Math.hypot(end.x - from.x, end.y - from.y) < 4) {
        const near = points.filter((p) => visible(p.run)).map((p) => [Math.hypot(cloud.px(p.x) - end.x, cloud.py(p.y) - end.y), p]).filter(([d]) => d < 14).sort((a, b) => a[0] - b[0])[0];
        if (near !== undefined) {
          if (!inside(near[1])) selectAll();
          systemChoice.value = String(runs.indexOf(near[1].run));
          listRequests();
          requestChoice.value = String(near[1].i);
          choose();
        } else selectAll();
      }
      from = undefined;
    });
    let room = 0;
    new ResizeObserver(([entry]) => { if (Math.abs(entry.contentRect.width - room) > 1) { room = entry.contentRect.width; redraw(); } }).observe(cloudBox);
    chooseSetting();
  }
`;
