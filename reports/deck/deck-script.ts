/** Moves through the slides; without it they stand below each other. */
export const DECK_SCRIPT = `'use strict';
const all = [...document.querySelectorAll('.slide')];
const stage = document.getElementById('stage');
const place = document.getElementById('place');
let shown = 0;
const clamp = (i) => Math.max(0, Math.min(all.length - 1, i));
const fromHash = () => clamp((Number.parseInt(location.hash.slice(1), 10) || 1) - 1);
function show(i, push) {
  shown = clamp(i);
  all.forEach((slide, k) => { slide.hidden = k !== shown; });
  place.textContent = 'Slide ' + (shown + 1) + ' of ' + all.length;
  if (push && location.hash !== '#' + (shown + 1)) history.replaceState(null, '', '#' + (shown + 1));
}
function fit() {
  const scale = Math.min(innerWidth / 1280, innerHeight / 720);
  stage.style.transform = 'translate(' + Math.max(0, (innerWidth - 1280 * scale) / 2) + 'px,' + Math.max(0, (innerHeight - 720 * scale) / 2) + 'px) scale(' + scale + ')';
}
const steps = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ' ': 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in steps) show(shown + steps[event.key], true);
  else if (event.key === 'Home') show(0, true);
  else if (event.key === 'End') show(all.length - 1, true);
  else if (event.key === 'n') document.body.classList.toggle('speaking');
  else return;
  event.preventDefault();
});
document.getElementById('back').addEventListener('click', () => { show(shown - 1, true); });
document.getElementById('on').addEventListener('click', () => { show(shown + 1, true); });
document.getElementById('speak').addEventListener('click', () => { document.body.classList.toggle('speaking'); });
addEventListener('hashchange', () => { show(fromHash(), false); });
addEventListener('resize', fit);
document.body.classList.add('live');
fit();
show(fromHash(), true);
`;
