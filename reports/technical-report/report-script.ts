/** Shows where a number comes from when it is clicked or focused; without it the attribute `data-source` says the same. */
export const REPORT_SCRIPT = `'use strict';
const shown = document.getElementById('source');
for (const each of document.querySelectorAll('data[data-source]')) {
  each.tabIndex = 0;
  const tell = () => { shown.textContent = each.textContent + ': ' + each.dataset.source; };
  each.addEventListener('click', tell);
  each.addEventListener('focus', tell);
  each.addEventListener('blur', () => { shown.textContent = ''; });
}
document.addEventListener('keydown', (event) => { if (event.key === 'Escape') shown.textContent = ''; });
`;
