/**
 * A config as one system sees it: the keys that `system-keys.ts` lists, as plain frozen data; reading any other key
 * throws. Two trials whose views hold the same data give the same result, because a trial is a pure function of its view,
 * its system and its seed.
 */
import type { Field, Fields } from './config/field.ts';
import { childFields } from './config/field.ts';
import { hashData } from './config/hash.ts';
import type { TrialConfig } from './config/study-kinds.ts';
import { STUDY_KINDS } from './config/study-kinds.ts';
import { studyKindOf } from './system-names.ts';

type Reading = 'whole' | 'part' | 'none';

/** The config with every key outside `keysRead` (dotted prefixes, as written in a config) replaced by a getter that throws. */
export function configView<C extends TrialConfig>(config: C, system: string, keysRead: readonly string[]): C {
  return viewOf(STUDY_KINDS[studyKindOf(system)].trialFields, config, '', system, keysRead) as C;
}

function viewOf(fields: Fields, value: object, prefix: string, system: string, keysRead: readonly string[]): object {
  const view: Record<string, unknown> = 'kind' in value ? { kind: value.kind } : {};
  for (const [name, path, field, each] of entriesOf(fields, value, prefix)) {
    const reading = readingOf(path, keysRead);
    if (reading === 'whole') {
      view[name] = each;
    } else if (reading === 'part') {
      view[name] = viewOf(childFields(field, each) ?? {}, each as object, `${path}.`, system, keysRead);
    } else {
      // Not enumerable: copying or printing a view must not read what is not there.
      Object.defineProperty(view, name, {
        enumerable: false,
        get() {
          throw new Error(`the system ${system} reads the config key ${path}, which experiments/system-keys.ts does not list for it`);
        },
      });
    }
  }
  return Object.freeze(view);
}

function* entriesOf(fields: Fields, value: object, prefix: string): Generator<[name: string, path: string, field: Field, value: unknown]> {
  const resolved = value as Readonly<Record<string, unknown>>;
  for (const [key, field] of Object.entries(fields)) yield [key + field.suffix, prefix + key, field, resolved[key + field.suffix]];
}

function readingOf(path: string, keysRead: readonly string[]): Reading {
  if (keysRead.some((prefix) => path === prefix || path.startsWith(`${prefix}.`))) return 'whole';
  return keysRead.some((prefix) => prefix.startsWith(`${path}.`)) ? 'part' : 'none';
}

/**
 * Names what a trial's result depends on: SHA-256 of the system, the seed and the values of the keys it reads. Trials of
 * equal identity have equal results.
 */
export function trialIdentity(config: TrialConfig, system: string, seed: string, keysRead: readonly string[]): string {
  return hashData({ system, seed, config: dataOf(configView(config, system, keysRead)) });
}

/** The enumerable data of a view, where reading throws nothing. */
function dataOf(view: object): unknown {
  return JSON.parse(JSON.stringify(view)) as unknown;
}
