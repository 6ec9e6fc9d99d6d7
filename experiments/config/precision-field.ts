/** `precision: 2%`: how narrow intervals shall be, as a share of the mean. */
import { z } from 'zod';
import type { Field } from './field.ts';

const EXPECTED = 'a percentage such as 2%, or none';

/** Resolved: 0.02 for 2 %; null where seeds are as stated. */
export const precision: Field<number | null, ''> = {
  schema: z
    .unknown()
    .transform((text, context): number | null => {
      if (text === 'none') return null;
      const match = typeof text === 'string' ? /^(\d{1,2}(?:\.\d{1,6})?)\s*%$/.exec(text) : null;
      const percent = match === null ? NaN : Number(match[1]);
      if (percent > 0) return percent / 100;
      context.addIssue({ code: 'custom', message: `expected ${EXPECTED}` });
      return z.NEVER;
    })
    .meta({ type: 'string', pattern: '^none$|^\\d{1,2}(\\.\\d{1,6})?\\s*%$', description: 'Seeds are added until every 95 % interval of precisionMetrics is at most this share of its mean to either side; none runs the seeds as stated', examples: ['2%', 'none'] })
    .prefault('none'),
  suffix: '',
  description: 'Seeds are added until every 95 % interval of precisionMetrics is at most this share of its mean to either side; none runs the seeds as stated',
  expected: EXPECTED,
  fallback: 'none',
  write: (value) => (value === null ? 'none' : `${Number((100 * value).toPrecision(9))}%`),
};
