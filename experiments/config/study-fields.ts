/** Every key that describes the study around the trials: what it asks, which systems and seeds it runs, what it sweeps. */
import { z } from 'zod';
import type { AnySystemName, StudyKindName } from '../system-names.ts';
import { DEFAULT_SYSTEMS, OVERLAY_NAMES, SYSTEM_NAMES } from '../system-names.ts';
import { besideFields } from './beside-fields.ts';
import type { Field } from './field.ts';
import { choice, integer, list, PRINTABLE, text } from './field.ts';
import type { HumanObject, HumanValue } from './human-value.ts';
import { precision } from './precision-field.ts';
import { METRICS } from '../results/metrics.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Cells of a sweep: all combinations, or one key at a time around the config's own values. */
export const DESIGNS = ['factorial', 'one-at-a-time'] as const;

/** Most seeds a study may have. */
const MAX_SEEDS = 10_000;

/** Systems under test: each at most once. */
function systems(names: readonly AnySystemName[], defaults: readonly AnySystemName[]): Field<readonly AnySystemName[], ''> {
  return {
    schema: z
      .array(z.enum(names as [AnySystemName, ...AnySystemName[]]))
      .min(1)
      .superRefine((listed, context) => {
        const twice = listed.find((name, i) => listed.indexOf(name) !== i);
        if (twice !== undefined) context.addIssue({ code: 'custom', message: `names ${twice} twice` });
      })
      .describe('Systems under test')
      .prefault([...defaults]),
    suffix: '',
    description: 'Systems under test',
    expected: `a list of at least one of ${names.join(', ')}`,
    fallback: defaults,
    item: choice(names as [AnySystemName, ...AnySystemName[]], { describe: 'A system under test' }),
    write: (value) => [...value],
  };
}

const seedText = z.union([z.int().min(0), z.string().min(1).max(64).regex(PRINTABLE)]);

/** A count n stands for the seeds 1 … n; a list names them. Resolved: a list of texts. */
const seeds: Field<readonly string[], ''> = {
  schema: z
    .union([z.int().min(1).max(MAX_SEEDS), z.array(seedText).min(1).max(MAX_SEEDS)])
    .transform((value) => (typeof value === 'number' ? Array.from({ length: value }, (_, i) => String(i + 1)) : value.map(String)))
    .superRefine((list, context) => {
      const twice = list.find((seed, i) => list.indexOf(seed) !== i);
      if (twice !== undefined) context.addIssue({ code: 'custom', message: `names seed ${twice} twice` });
    })
    .describe('How many seeds, or a list of seeds; every system and cell runs on the same ones')
    .prefault(5),
  suffix: '',
  description: 'How many seeds, or a list of seeds; every system and cell runs on the same ones',
  expected: `a count from 1 to ${MAX_SEEDS}, such as 5, or a list of seeds, such as [1, 2, 7]`,
  fallback: 5,
  write: (value) => [...value],
};

/** Swept keys in stated order, each with its values; checked key by key once the rest of the config is known. */
const sweep: Field<HumanObject, ''> = {
  schema: z
    .record(z.string(), z.unknown())
    .transform((value) => value as HumanObject)
    .describe('Config key → list of values; design says which combinations of them are run')
    .prefault({}),
  suffix: '',
  description: 'Config key → list of values; design says which combinations of them are run',
  expected: 'keys with lists of values, such as placement.replicas: [2, 3, 4]',
  fallback: {},
  write: (value: HumanValue) => value,
};

const figures: Field<'auto' | readonly string[], ''> = {
  schema: z
    .union([z.literal('auto'), z.array(z.string().min(1).max(64)).max(100)])
    .describe('Figures to draw: auto, or their names')
    .prefault('auto'),
  suffix: '',
  description: 'Figures to draw: auto, or their names',
  expected: 'auto, or a list of figure names',
  fallback: 'auto',
  write: (value) => (value === 'auto' ? value : [...value]),
};

/** The keys of a study of one kind, in the order in which `config.resolved.yaml` shows them. */
export function studyFields<K extends StudyKindName>(kind: K) {
  const names: readonly AnySystemName[] = kind === 'overlay' ? OVERLAY_NAMES : SYSTEM_NAMES;
  return {
    name: text({
      describe: 'Names the results folder',
      pattern: NAME,
      maxLength: 64,
      expected: 'a name of letters, digits, dots, dashes and underscores, at most 64, such as replication',
    }),
    study: choice([kind], { describe: 'What is studied: serving systems, or the overlay protocols by themselves', default: kind }),
    question: text({ describe: 'The question this config answers, as listed by `npm run experiment`', default: '' }),
    summary: text({ describe: 'What it varies and what to look at, in a sentence or two', default: '' }),
    systems: systems(names, kind === 'overlay' ? OVERLAY_NAMES : DEFAULT_SYSTEMS),
    seeds,
    precision,
    precisionMetrics: list(choice(METRICS.map(({ name }) => name) as [string, ...string[]], { describe: 'A metric' }), { describe: 'Metrics whose intervals precision is about; none named: mean TTFT, or mean hops of overlays', maxLength: 20 }),
    maxSeeds: integer({ describe: 'Most seeds that precision may come to', default: 50, min: 3, max: MAX_SEEDS }),
    sweep,
    design: choice(DESIGNS, { describe: 'Which cells a sweep has: all combinations of its values, or the config itself and each value of one key at a time', default: 'factorial' }),
    figures,
    ...besideFields(names),
  };
}
