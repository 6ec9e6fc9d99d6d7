/** Legends that filter: one switch per system for all charts. */
export const LEGENDS = String.raw`
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
      // Where systems stand on an axis their names stay and are struck through.
      chart.querySelectorAll('svg text').forEach((text) => text.classList.toggle('struck', off.has(text.textContent)));
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
`;
