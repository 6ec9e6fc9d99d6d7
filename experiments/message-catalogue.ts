/** `npm run messages`: writes the message catalogue into docs/PROTOCOLS.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { writeGenerated } from './generated-files.ts';
import { withCatalogues } from './overlay-tables/message-catalogue.ts';

const page = new URL('../docs/PROTOCOLS.md', import.meta.url);
await writeGenerated('messages', 'Writes the tables of message types into docs/PROTOCOLS.md, from the types themselves.', () => {
  writeFileSync(page, withCatalogues(readFileSync(page, 'utf8')));
});
