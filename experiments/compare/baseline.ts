/** A baseline: the few numbers of a results folder that later runs are compared with, small enough to be kept in a repository. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UsageError } from '../cli/usage-parser.ts';
import type { Side, SideRow } from './side.ts';

const FORMAT = 'p2p-ragcache baseline 1';

const cellValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const schema = z.object({
  format: z.literal(FORMAT),
  name: z.string(),
  configHash: z.string(),
  seeds: z.array(z.string()).min(1),
  systems: z.array(z.object({ name: z.string(), label: z.string() })),
  rows: z.array(
    z.object({
      cell: z.record(z.string(), cellValue),
      system: z.string(),
      run: z.int().min(0),
      values: z.record(z.string(), z.array(z.number().nullable())),
    }),
  ),
});

/** The text of a baseline file: the named metrics of every row, seed by seed, every digit kept. One row a line, for readable diffs. */
export function baselineText(side: Side, metrics: readonly string[]): string {
  const rows = side.rows.map(({ cell, system, run, values }) =>
    JSON.stringify({
      cell, system, run,
      values: Object.fromEntries(metrics.flatMap((metric) => {
        const bySeed = values.get(metric);
        return bySeed === undefined ? [] : [[metric, side.seeds.map((seed) => bySeed.get(seed) ?? null)]];
      })),
    }),
  );
  const { name, configHash, seeds, systems } = side;
  const head = JSON.stringify({ format: FORMAT, name, configHash, seeds, systems }).slice(0, -1);
  return `${head},\n"rows":[\n${rows.join(',\n')}\n]}\n`;
}

/** Reads a baseline file. @throws UsageError naming the file and what is wrong with it. */
export function readBaseline(path: string): Side {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new UsageError(`${path}: is not JSON; expected a results folder, or a baseline saved with --save`);
  }
  const parsed = schema.safeParse(data);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(`${path}: is no baseline: ${issue.path.map(String).join('.')}: ${issue.message}`);
  }
  const { name, configHash, seeds, systems, rows } = parsed.data;
  return { path, name, configHash, seeds, systems, rows: rows.map((row): SideRow => ({ ...row, values: new Map(Object.entries(row.values).map(([metric, values]) => [metric, bySeed(seeds, values)])) })) };
}

function bySeed(seeds: readonly string[], values: readonly (number | null)[]): Map<string, number> {
  return new Map(seeds.flatMap((seed, i): [string, number][] => (typeof values[i] === 'number' ? [[seed, values[i]]] : [])));
}
