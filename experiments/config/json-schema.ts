/** The JSON Schema of a config file, for completion and checks in editors. Written to `configs/schema.json`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Field } from './field.ts';
import { keyPaths } from './field.ts';
import { fieldAt } from './key-path.ts';
import { CONFIG_FIELDS, configSchema } from './resolve.ts';
import { TRIAL_FIELDS } from './trial-fields.ts';

/** The text of `configs/schema.json`. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input' }) as { properties: Record<string, object> };
  const kinds = Object.keys(CONFIG_FIELDS.workload.variants ?? {});
  const swept = Object.fromEntries(
    keyPaths(TRIAL_FIELDS).map((path) => {
      const field = kinds.map((kind) => fieldAt(TRIAL_FIELDS, path.split('.'), { workload: { kind } })).find((found) => found !== undefined)!;
      return [path, { type: 'array', minItems: 1, description: field.description, ...itemSchema(field) }];
    }),
  );
  schema.properties['sweep'] = {
    description: CONFIG_FIELDS.sweep.description,
    default: {},
    type: 'object',
    properties: swept,
    additionalProperties: false,
  };
  return `${JSON.stringify({ title: 'P2P-RAGCache experiment', ...schema }, null, 2)}\n`;
}

/** What one swept value may be; a section may be given in part, so it is left open. */
function itemSchema(field: Field): { items?: object } {
  if (field.children !== undefined || field.variants !== undefined) return {};
  const schema = Object.entries(z.toJSONSchema(field.schema, { io: 'input' }));
  return { items: Object.fromEntries(schema.filter(([key]) => !['$schema', 'default', 'description'].includes(key))) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../../configs/schema.json', import.meta.url), configJsonSchema());
}
