/**
 * The building blocks of the config schema. A field knows how one key is checked and read (a zod schema from what a
 * person writes to base units), how it is written back, and how it is explained. A section resolves each key under its
 * name plus the unit of the field: `up: 40Gbps` becomes `upBps: 40e9`.
 */
import { z } from 'zod';
import type { HumanValue } from './human-value.ts';
import { isHumanObject } from './human-value.ts';
import type { Dimension } from './units.ts';
import { EXAMPLES, formatQuantity, parseQuantity, UnitError } from './units.ts';

export interface Field<Out = unknown, Suffix extends string = string> {
  readonly schema: z.ZodType<Out>;
  /** Unit appended to the key in the resolved config; empty where the value has no unit. */
  readonly suffix: Suffix;
  readonly description: string;
  /** What a valid value is, for error messages: `a whole number of at least 1`. */
  readonly expected: string;
  /** The default as a person would write it; undefined where the key must be given or is a section. */
  readonly fallback: HumanValue | undefined;
  /** The closed list of valid texts, if there is one. */
  readonly choices?: readonly string[];
  /** Keys below this one. */
  readonly children?: Fields;
  /** Keys below this one by the value of its `kind` key. */
  readonly variants?: Readonly<Record<string, Fields>>;
  /** The `kind` key that chooses the variant. */
  readonly kind?: Field;
  /** What the items of a list are. */
  readonly item?: Field;
  /** The inverse of reading, in the shortest form. */
  write(value: Out): HumanValue;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a table of fields of any output; `unknown` would lose the outputs
export type Fields = Readonly<Record<string, Field<any>>>;

/** The resolved type of a table of fields: every key under its name plus unit. */
export type Resolved<F extends Fields> = {
  readonly [K in keyof F & string as F[K] extends Field<unknown, infer Suffix> ? `${K}${Suffix}` : K]: F[K] extends Field<infer Out> ? Out : never;
};

const SUFFIXES = {
  duration: 'Ns',
  size: 'Bytes',
  bitRate: 'Bps',
  byteRate: 'BytesPerSecond',
  frequency: 'PerSecond',
} as const satisfies Record<Dimension, string>;

const QUANTITY_PATTERN = '^\\s*\\+?\\d+(\\.\\d+)?([eE][+-]?\\d+)?\\s*[^\\s\\d].*$';

interface QuantityOptions {
  readonly describe: string;
  /** Absent: the key must be given. */
  readonly default?: string;
  /** Refuse zero. */
  readonly positive?: boolean;
}

/** A quantity with a unit, resolved to its base unit. */
export function quantity<D extends Dimension>(dimension: D, options: QuantityOptions): Field<number, (typeof SUFFIXES)[D]> {
  const expected = `${NOUN[dimension]} such as ${EXAMPLES[dimension]}`;
  const schema = z
    .unknown()
    .transform((text, context): number => readQuantity(dimension, text, options.positive === true, context))
    .meta({ type: 'string', pattern: QUANTITY_PATTERN, description: options.describe, examples: [EXAMPLES[dimension]] });
  return {
    schema: withDefault(schema, options.default),
    suffix: SUFFIXES[dimension],
    description: options.describe,
    expected,
    fallback: options.default,
    write: (value) => formatQuantity(dimension, value),
  };
}

/** A quantity that may be switched off with `none`, which resolves to null. */
export function optionalQuantity<D extends Dimension>(dimension: D, options: QuantityOptions): Field<number | null, (typeof SUFFIXES)[D]> {
  const expected = `${NOUN[dimension]} such as ${EXAMPLES[dimension]}, or none`;
  const schema = z
    .unknown()
    .transform((text, context): number | null => (text === 'none' ? null : readQuantity(dimension, text, options.positive === true, context, ', or none')))
    .meta({ type: 'string', pattern: `^none$|${QUANTITY_PATTERN}`, description: options.describe, examples: [EXAMPLES[dimension], 'none'] });
  return {
    schema: withDefault(schema, options.default),
    suffix: SUFFIXES[dimension],
    description: options.describe,
    expected,
    fallback: options.default,
    write: (value) => (value === null ? 'none' : formatQuantity(dimension, value)),
  };
}

/** The same schema with a default, in the words of the person who writes the config. */
function withDefault<S extends z.ZodType>(schema: S, fallback: unknown): S {
  return fallback === undefined ? schema : (schema.prefault(fallback as never) as unknown as S);
}

const NOUN: Readonly<Record<Dimension, string>> = {
  duration: 'a duration',
  size: 'a size',
  bitRate: 'a bit rate',
  byteRate: 'a byte rate',
  frequency: 'a rate of events',
};

function readQuantity(dimension: Dimension, text: unknown, positive: boolean, context: z.RefinementCtx, more = ''): number {
  try {
    const value = parseQuantity(dimension, text);
    if (!positive || value > 0) return value;
    context.addIssue({ code: 'custom', message: `must be more than 0; expected ${NOUN[dimension]} such as ${EXAMPLES[dimension]}${more}` });
  } catch (error) {
    if (!(error instanceof UnitError)) throw error;
    context.addIssue({ code: 'custom', message: `${error.message}${more}`, params: { nearest: error.nearest } });
  }
  return z.NEVER;
}

/** A whole number. */
export function integer(options: { describe: string; default?: number; min: number; max?: number }): Field<number, ''> {
  const max = options.max ?? 1_000_000_000;
  return {
    schema: withDefault(z.int().min(options.min).max(max).describe(options.describe), options.default),
    suffix: '',
    description: options.describe,
    expected: options.max === undefined ? `a whole number of at least ${options.min}` : `a whole number from ${options.min} to ${max}`,
    fallback: options.default,
    write: (value) => value,
  };
}

/** A whole number, or `none`, which resolves to null and is the default. */
export function optionalInteger(options: { describe: string; min: number; max: number }): Field<number | null, ''> {
  const schema = z.union([z.int().min(options.min).max(options.max), z.literal('none')]).transform((value) => (value === 'none' ? null : value));
  return {
    schema: withDefault(schema.describe(options.describe), 'none'),
    suffix: '',
    description: options.describe,
    expected: `a whole number from ${options.min} to ${options.max}, or none`,
    fallback: 'none',
    write: (value) => value ?? 'none',
  };
}

/** A real number in [min, max]; `above` excludes the lower end. */
export function real(options: { describe: string; default: number; min: number; max?: number; above?: boolean; below?: boolean }): Field<number, ''> {
  const max = options.max ?? 1e9;
  const base = z.number();
  const bounded = options.above === true ? base.gt(options.min) : base.min(options.min);
  const low = options.above === true ? `more than ${options.min}` : `at least ${options.min}`;
  const high = options.below === true ? `less than ${max}` : `at most ${max}`;
  return {
    schema: withDefault((options.below === true ? bounded.lt(max) : bounded.max(max)).describe(options.describe), options.default),
    suffix: '',
    description: options.describe,
    expected: `a number of ${low}${options.max === undefined ? '' : ` and ${high}`}`,
    fallback: options.default,
    write: (value) => value,
  };
}

/** One of a closed list of names. */
export function choice<const C extends readonly [string, ...string[]]>(choices: C, options: { describe: string; default?: C[number] }): Field<C[number], ''> {
  return {
    schema: withDefault(z.enum(choices as unknown as [C[number], ...C[number][]]).describe(options.describe), options.default),
    suffix: '',
    description: options.describe,
    expected: choices.length === 1 ? choices[0] : `one of ${choices.join(', ')}`,
    fallback: options.default,
    choices,
    write: (value) => value,
  };
}

/** true or false. */
export function flag(options: { describe: string; default: boolean }): Field<boolean, ''> {
  return {
    schema: withDefault(z.boolean().describe(options.describe), options.default),
    suffix: '',
    description: options.describe,
    expected: 'true or false',
    fallback: options.default,
    write: (value) => value,
  };
}

/** No control characters but line breaks and tabs: texts reach terminals and reports. */
export const PRINTABLE = /^(?:\P{Cc}|[\n\t])*$/u;

/** Free text; with `pattern`, text of that form. */
export function text(options: { describe: string; default?: string; pattern?: RegExp; expected?: string; maxLength?: number }): Field<string, ''> {
  const maxLength = options.maxLength ?? 2000;
  const base = z
    .string()
    .max(maxLength)
    .regex(options.pattern ?? PRINTABLE);
  return {
    schema: withDefault(base.describe(options.describe), options.default),
    suffix: '',
    description: options.describe,
    expected: options.expected ?? `text of at most ${maxLength} characters, without control characters`,
    fallback: options.default,
    write: (value) => value,
  };
}

/** A list; empty by default, or required where at least one item is. */
export function list<Out>(item: Field<Out>, options: { describe: string; minLength?: number; maxLength?: number }): Field<readonly Out[], ''> {
  const minLength = options.minLength ?? 0;
  const array = z.array(item.schema).min(minLength).max(options.maxLength ?? 10_000).describe(options.describe);
  return {
    schema: withDefault(array, minLength === 0 ? [] : undefined),
    suffix: '',
    description: options.describe,
    expected: `a list${minLength === 0 ? '' : ` of at least ${minLength}`}; each item ${item.expected}`,
    fallback: minLength === 0 ? [] : undefined,
    item,
    write: (value) => value.map((each) => item.write(each)),
  };
}

/** Keys under one key; each may be left out. `sparse`: written without those that have their default, where many do. */
export function section<F extends Fields>(describe: string, fields: F, options: { sparse?: boolean } = {}): Field<Resolved<F>, ''> {
  return {
    schema: objectSchema(fields).prefault({}).describe(describe),
    suffix: '',
    description: describe,
    expected: `a section with the keys ${Object.keys(fields).join(', ')}`,
    fallback: undefined,
    children: fields,
    write: (value) => {
      const written = writeFields(fields, value);
      if (options.sparse !== true) return written;
      return Object.fromEntries(Object.entries(written).filter(([key, each]) => JSON.stringify(each) !== JSON.stringify(writtenDefault(fields[key]))));
    },
  };
}

/** A field's default in human units; undefined where it must be given. */
function writtenDefault(field: Field): HumanValue | undefined {
  return field.children === undefined ? (field.fallback) : field.write(field.schema.parse({}));
}

/** One of several sections, chosen by its `kind` key; the first is the default. */
export function variants<V extends Readonly<Record<string, Fields>>>(
  describe: string,
  options: V,
): Field<{ [K in keyof V & string]: { readonly kind: K } & Resolved<V[K]> }[keyof V & string], ''> {
  const kinds = Object.keys(options);
  const members = kinds.map((kind, i) => {
    const literal = z.literal(kind).describe(`Which kind: ${kinds.join(' or ')}`);
    return objectSchema(options[kind], { kind: i === 0 ? literal.optional() : literal }).transform((value) => ({ kind, ...value }));
  });
  type Out = { [K in keyof V & string]: { readonly kind: K } & Resolved<V[K]> }[keyof V & string];
  const schema = z
    .discriminatedUnion('kind', members as unknown as [z.core.$ZodTypeDiscriminable])
    .prefault({})
    .describe(describe);
  return {
    schema: schema as unknown as z.ZodType<Out>,
    suffix: '',
    description: describe,
    expected: `a section whose kind is ${kinds.join(' or ')}`,
    fallback: undefined,
    variants: options,
    kind: choice(kinds as [string, ...string[]], { describe: `Which kind: ${kinds.join(' or ')}`, default: kinds[0] }),
    write: (value) => ({ kind: value.kind, ...writeFields(options[value.kind], value) }),
  };
}

/** A strict zod object over fields, resolving every key to its name plus unit, in the order of the table. */
function objectSchema<F extends Fields>(fields: F, extra: z.core.$ZodLooseShape = {}): z.ZodType<Resolved<F>> {
  const shape = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.schema]));
  return z.strictObject({ ...extra, ...shape }).transform((value: Record<string, unknown>) => {
    const resolved: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(fields)) resolved[key + field.suffix] = value[key];
    return resolved as Resolved<F>;
  });
}

/** Writes a resolved section back in human units, keys in the order of the table. */
export function writeFields(fields: Fields, value: object): Record<string, HumanValue> {
  const resolved = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.write(resolved[key + field.suffix])]));
}

/** The zod schema of a whole table of fields. */
export function fieldsSchema<F extends Fields>(fields: F): z.ZodType<Resolved<F>> {
  return objectSchema(fields);
}

/** Keys directly below a field, given the value that stands there (its `kind` picks the variant; the first by default). */
export function childFields(field: Field, value: unknown): Fields | undefined {
  if (field.variants === undefined) return field.children;
  const kind = isHumanObject(value) ? value['kind'] : undefined;
  return field.variants[typeof kind === 'string' ? kind : Object.keys(field.variants)[0]];
}

/** Every dotted key path below a table, sections included, in order; variants give the keys of all kinds, a list only itself. */
export function keyPaths(fields: Fields, prefix = ''): string[] {
  const paths = Object.entries(fields).flatMap(([key, field]) => {
    const path = prefix + key;
    const below = field.variants === undefined ? [field.children ?? {}] : [{}, ...Object.values(field.variants)];
    const kind = field.variants === undefined ? [] : [`${path}.kind`];
    return [path, ...kind, ...below.flatMap((table) => keyPaths(table, `${path}.`))];
  });
  return [...new Set(paths)];
}
