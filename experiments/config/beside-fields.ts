/** What a report shows beside the results: values that others published, and laws that results should follow. */
import { METRICS } from '../results/metrics.ts';
import type { PublishedSeries, ReferenceCurve } from '../results/manifest.ts';
import { z } from 'zod';
import type { Field } from './field.ts';
import { choice, list, real, section, text } from './field.ts';
import type { HumanValue } from './human-value.ts';

/** A value as a cell shows it. */
const cellValue = z.union([z.string().max(200), z.number(), z.boolean(), z.null()]);

/** Swept values, in the order of the published numbers. */
const at: Field<readonly (string | number | boolean | null)[], ''> = {
  schema: z.array(cellValue).max(1000).describe('The swept values that the numbers belong to').prefault([]),
  suffix: '',
  description: 'The swept values that the numbers belong to',
  expected: 'a list of swept values, such as [5, 10, 20, 50]',
  fallback: [],
  write: (value) => [...value],
};

/** Swept keys held at one value. */
const where: Field<Readonly<Record<string, string | number | boolean | null>>, ''> = {
  schema: z.record(z.string(), cellValue).describe('Other swept keys and the value the numbers belong to').prefault({}),
  suffix: '',
  description: 'Other swept keys and the value the numbers belong to',
  expected: 'keys with one value each, such as nodes: 20',
  fallback: {},
  write: (value): HumanValue => ({ ...value }),
};

const values: Field<readonly number[], ''> = {
  schema: z.array(z.number()).min(1).max(1000).describe('The published numbers, in the unit of the metric'),
  suffix: '',
  description: 'The published numbers, in the unit of the metric',
  expected: 'a list of numbers',
  fallback: undefined,
  write: (value) => [...value],
};

export function besideFields(systems: readonly string[]): { published: Field<readonly PublishedSeries[], ''>; curves: Field<readonly ReferenceCurve[], ''> } {
  const metric = choice(METRICS.map(({ name }) => name) as [string, ...string[]], { describe: 'Name of the metric' });
  const over = text({ describe: 'The swept key that the values run over; empty for a single value', default: '', maxLength: 200 });
  const published = list(
    section('Published values of one metric of one system', {
      source: text({ describe: 'Where they were published', default: '' }),
      metric,
      system: choice(systems as [string, ...string[]], { describe: 'The system they are about' }),
      over,
      at,
      values,
      where,
      note: text({ describe: 'The definition behind them, where it matters', default: '' }),
    }),
    { describe: 'Published values that reports show beside the results', maxLength: 200 },
  );
  const curves = list(
    section('A law drawn into the chart of a metric: offset + factor · log of the swept value', {
      label: text({ describe: 'Name of the law', default: 'reference' }),
      metric,
      over: text({ describe: 'The swept key it is a law of', maxLength: 200 }),
      base: real({ describe: 'Base of the logarithm', default: 2, min: 1, above: true }),
      factor: real({ describe: 'Factor of the logarithm', default: 1, min: -1e9 }),
      offset: real({ describe: 'Added to it', default: 0, min: -1e9 }),
    }),
    { describe: 'Laws that reports draw into charts', maxLength: 50 },
  );
  return { published, curves };
}
