/** `npm run schema`: writes configs/schema.json and docs/CONFIG.md from the tables of keys. */
import { writeFileSync } from 'node:fs';
import { configJsonSchema } from './config/json-schema.ts';
import { keyReference } from './config/key-reference.ts';
import { writeGenerated } from './generated-files.ts';

await writeGenerated('schema', 'Writes configs/schema.json (completion in editors) and docs/CONFIG.md from the tables of config keys.', () => {
  writeFileSync(new URL('../configs/schema.json', import.meta.url), configJsonSchema());
  writeFileSync(new URL('../docs/CONFIG.md', import.meta.url), keyReference());
});
