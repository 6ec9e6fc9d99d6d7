/** Every config key with its default and what it takes, as Markdown. Written to `docs/CONFIG.md`. */
import { stringify } from 'yaml';
import type { Field, Fields } from './field.ts';
import { STUDY_KINDS } from './study-kinds.ts';

const HEAD = `# Config keys

Made from the program's own tables by \`npm run schema\`; do not edit. How configs, sweeps and units work:
[models/experiments.md](models/experiments.md). A study is \`study: serving\` (the default) or \`study: overlay\`.
`;

/** The text of `docs/CONFIG.md`. */
export function keyReference(): string {
  const parts = Object.values(STUDY_KINDS).map(({ name, configFields }) => {
    const rows: string[] = [];
    collect(configFields, '', rows);
    return `## study: ${name}\n\n| key | default | takes | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${HEAD}\n${parts.join('\n')}`;
}

function collect(fields: Fields, prefix: string, rows: string[]): void {
  for (const [key, field] of Object.entries(fields)) {
    const path = `${prefix}${key}`;
    if (field.variants !== undefined) {
      for (const [kind, members] of Object.entries(field.variants)) {
        rows.push(`| **\`${path}\`**, kind: ${kind} | | | ${cell(field.description)} |`);
        collect(members, `${path}.`, rows);
      }
      continue;
    }
    if (field.children !== undefined) {
      rows.push(`| **\`${path}\`** | | | ${cell(field.description)} |`);
      collect(field.children, `${path}.`, rows);
      continue;
    }
    rows.push(`| \`${path}\` | ${defaultOf(field)} | ${cell(field.expected)} | ${cell(field.description)} |`);
    if (field.item?.children !== undefined) collect(field.item.children, `${path}[].`, rows);
  }
}

function defaultOf(field: Field): string {
  if (field.fallback === undefined) return 'none: must be given';
  const text = stringify(field.fallback, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return `\`${text}\``;
}

/** Text inside a table cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
