/** `npm run messages`: writes the message catalogue into docs/PROTOCOLS.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withCatalogues } from './overlay-tables/message-catalogue.ts';

const page = new URL('../docs/PROTOCOLS.md', import.meta.url);
writeFileSync(page, withCatalogues(readFileSync(page, 'utf8')));
