/** The JSON Schema of a config file, for completion and checks in editors. */
import { z } from 'zod';
import type { Field, Fields } from './field.ts';
import { keyPaths } from './field.ts';
import { fieldAt } from './key-path.ts';
import type { StudyKind } from './study-kinds.ts';
import { STUDY_KINDS } from './study-kinds.ts';

/** The text of `configs/schema.json`: the keys depend on the kind of study. */
export function configJsonSchema(): string {
  const { serving, overlay } = STUDY_KINDS;
  const schema = {
    title: 'P2P-RAGCache experiment',
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    if: { properties: { study: { const: 'overlay' } }, required: ['study'] },
    then: kindSchema(overlay),
    else: kindSchema(serving),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function kindSchema(kind: StudyKind): object {
  const schema = z.toJSONSchema(kind.configSchema, { io: 'input' }) as { $schema?: string; properties: Record<string, object> };
  delete schema.$schema;
  const { trialFields } = kind;
  const swept = Object.fromEntries(
    keyPaths(trialFields).map((path) => {
      const field = anyFieldAt(trialFields, path.split('.'))!;
      return [path, { type: 'array', minItems: 1, description: field.description, ...itemSchema(field) }];
    }),
  );
  schema.properties['sweep'] = { description: kind.studyFields.sweep.description, default: {}, type: 'object', properties: swept, additionalProperties: false };
  return schema;
}

/** The field at a path, in whichever variant has it. */
function anyFieldAt(fields: Fields, path: readonly string[]): Field | undefined {
  const [section] = path;
  const kinds = Object.keys(fields[section].variants ?? { '': {} });
  return kinds.map((kind) => fieldAt(fields, path, { [section]: { kind } })).find((found) => found !== undefined);
}

/** What one swept value may be; a section may be given in part, so it is left open. */
function itemSchema(field: Field): { items?: object } {
  if (field.children !== undefined || field.variants !== undefined) return {};
  const schema = Object.entries(z.toJSONSchema(field.schema, { io: 'input' }));
  return { items: Object.fromEntries(schema.filter(([key]) => !['$schema', 'default', 'description'].includes(key))) };
}
