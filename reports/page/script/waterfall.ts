/** The waterfall of one request: a table whose middle column draws, so what is seen and what is read out cannot differ. */
export const WATERFALL = String.raw`
  // ---- The waterfall of one request.
  const showWaterfall = (run, i) => {
    // A status is read out when it changes: the same words are not set again.
    const state = (text) => { if (facts.textContent !== text) facts.textContent = text; };
    const fall = document.getElementById('fall');
    const facts = document.getElementById('request-facts');
    fall.hidden = run === undefined;
    if (run === undefined) return state('No sampled request of this system lies in the selection.');
    const body = fall.tBodies[0];
    const total = run.ttftMs[i] || 1;
    const row = (label, part, from, value, behind) => {
      const bar = make('span', { class: behind ? 'bar behind' : 'bar' });
      bar.style.left = (100 * from) / total + '%';
      bar.style.width = Math.min(100, (100 * value) / total) + '%';
      bar.style.setProperty('--bar', 'var(--p' + part + ')');
      body.append(make('tr', { class: behind ? 'behind' : 'critical' }, make('th', { scope: 'row' }, label),
        make('td', { class: 'lane' }, make('span', { class: 'track' }, bar)),
        make('td', { class: 'number' }, behind ? '–' : duration(from)), make('td', { class: 'number' }, duration(value)), make('td', { class: 'number' }, format((100 * value) / total) + ' %')));
    };
    body.replaceChildren();
    let start = 0;
    sample.partLabels.forEach((label, part) => {
      const value = run.parts[part][i];
      if (value > 0) row(label, part, start, value, false);
      start += value;
    });
    const end = make('tr', { class: 'total' }, make('th', { scope: 'row' }, 'TTFT'), make('td', { class: 'lane' }),
      make('td', { class: 'number' }, ''), make('td', { class: 'number' }, duration(run.ttftMs[i])), make('td', { class: 'number' }, '100 %'));
    body.append(end);
    sample.hiddenParts.forEach((part, k) => {
      const value = run.hidden[k][i];
      if (value > 0) row(sample.partLabels[part] + ', hidden', part, 0, value, true);
    });
    fall.caption.textContent = data.systems[run.system] + ', request ' + run.request[i] + ': parts of its TTFT in order';
    state(data.systems[run.system] + ', request ' + run.request[i] + ' on node ' + run.node[i] + ', arrived at ' + format(run.arrivalS[i]) + ' s: TTFT ' + duration(run.ttftMs[i])
      + '. Units found locally ' + run.local[i] + ', remotely ' + run.remote[i] + ', missed ' + run.missed[i] + '. Fetched ' + format(run.fetchedMb[i]) + ' MB from ' + run.sources[i] + ' holder' + (run.sources[i] === 1 ? '' : 's') + ' at once.');
  };
`;
