/** The row under the pointer, in words. */
export const TOOLTIPS = String.raw`
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
`;
