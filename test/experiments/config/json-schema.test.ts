import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../experiments/config/field.ts';
import { configJsonSchema } from '../../../experiments/config/json-schema.ts';
import { keyReference } from '../../../experiments/config/key-reference.ts';
import { STUDY_KINDS } from '../../../experiments/config/study-kinds.ts';

describe('configs/schema.json', () => {
  it('is current; `npm run schema` writes it', () => {
    expect(readFileSync(new URL('../../../configs/schema.json', import.meta.url), 'utf8')).toBe(configJsonSchema());
  });

  it('has a current reference in docs/CONFIG.md', () => {
    expect(readFileSync(new URL('../../../docs/CONFIG.md', import.meta.url), 'utf8')).toBe(keyReference());
  });

  it('explains every key, and gives a default for each but the name and when a fault begins or what a published value must say', () => {
    const bare: string[] = [];
    const visit = (fields: Fields, prefix: string): void => {
      for (const [key, field] of Object.entries(fields)) {
        const path = prefix + key;
        const tables = [field.children, ...Object.values(field.variants ?? {}), field.item?.children].filter((each) => each !== undefined);
        if (field.description === '' || field.expected === '') bare.push(path);
        if (tables.length === 0 && field.fallback === undefined) bare.push(path);
        for (const table of tables) visit(table, `${path}.`);
      }
    };
    for (const { configFields } of Object.values(STUDY_KINDS)) visit(configFields, '');
    const beside = ['published.metric', 'published.system', 'published.values', 'curves.metric', 'curves.over'];
    expect(bare).toEqual(['name', ...beside, 'faults.at', 'name', ...beside]);
  });
});
