import { CLOUD } from './script/cloud.ts';
import { DRAWING } from './script/drawing.ts';
import { LEGENDS } from './script/legends.ts';
import { REQUESTS } from './script/requests.ts';
import { SELECTION } from './script/selection.ts';
import { SORTABLE_TABLES } from './script/sortable-tables.ts';
import { TOOLTIPS } from './script/tooltips.ts';
import { WATERFALL } from './script/waterfall.ts';

/**
 * What brings the page to life: tooltips, legends that filter, sortable tables, the request view. It is one plain script,
 * kept as text so that every tool that runs the report writes the same bytes, and it enhances a page that is complete
 * without it. Texts enter the page through textContent alone. No request leaves the page.
 */
export const PAGE_SCRIPT = `'use strict';
(() => {${[DRAWING, TOOLTIPS, LEGENDS, SORTABLE_TABLES, WATERFALL, CLOUD, SELECTION, REQUESTS].join('')}  document.documentElement.dataset.ready = 'yes';
})();
`;
