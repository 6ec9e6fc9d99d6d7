/** What `npm run experiment` prints without arguments: the configs there are, and the question each answers. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { oneLine } from '../config/config-error.ts';
import { loadYamlFile } from '../config/load.ts';
import { textTable, wrap } from './text-table.ts';

/** A table of the configs in a folder, then how to run one. */
export function listConfigs(folder: string, width: number): string {
  let files: string[];
  try {
    files = readdirSync(folder)
      .filter((file) => /\.ya?ml$/.test(file))
      .sort();
  } catch {
    files = [];
  }
  if (files.length === 0) return `There are no configs in ${folder}/. Write one, or run from the root of the project; --help shows how.`;
  const rows = files.map((file) => [join(folder, file), ...describe(join(folder, file))]);
  const table = textTable(
    [{ head: 'Config' }, { head: 'Question', flexible: true }, { head: 'Sweeps' }],
    rows.map(([path, question, , sweeps]) => [path, question, sweeps]),
    width,
  );
  const summaries = rows.filter(([, , summary]) => summary !== '').map(([path, , summary]) => `${path}\n${indent(summary, width)}`);
  return [
    table,
    '',
    ...summaries,
    '',
    `Run one:  npm run experiment -- ${(rows.find(([path]) => path.includes('replication')) ?? rows[0])[0]}`,
    'Options:  npm run experiment -- --help',
  ].join('\n');
}

/** Question, summary and swept keys of a config; what is wrong with it in place of the question. */
function describe(path: string): [string, string, string] {
  try {
    const { value } = loadYamlFile(path);
    const text = (key: string): string => (typeof value[key] === 'string' ? oneLine(value[key]).replaceAll(/\s+/g, ' ') : '');
    const sweep = typeof value['sweep'] === 'object' && value['sweep'] !== null ? Object.keys(value['sweep']) : [];
    return [text('question'), text('summary'), someKeys(sweep)];
  } catch (error) {
    return [(error as Error).message, '', ''];
  }
}

/** Columns that swept keys may take: what is left belongs to the question. */
const SWEEP_WIDTH = 40;

/** As many keys as fit, and how many more there are. */
function someKeys(keys: readonly string[]): string {
  let shown = keys.length;
  const line = (): string => (shown === keys.length ? keys.join(', ') : `${keys.slice(0, shown).join(', ')} and ${keys.length - shown} more`);
  while (shown > 1 && line().length > SWEEP_WIDTH) shown--;
  return line();
}

function indent(text: string, width: number): string {
  return wrap(text, width - 2)
    .map((line) => `  ${line}`)
    .join('\n');
}
