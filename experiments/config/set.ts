/** `--set key=value`: one key of a config, given on the command line. */
import { ConfigError } from './config-error.ts';
import type { Fields } from './field.ts';
import { keyPaths } from './field.ts';
import type { HumanObject, HumanValue } from './human-value.ts';
import { isHumanObject } from './human-value.ts';
import { assign } from './key-path.ts';
import { isForbiddenKey, parseYamlValue } from './load.ts';
import { nearest, nearestPath } from './nearest.ts';

/** A parsed `--set` option. */
export interface Setting {
  /** As typed, for messages. */
  readonly text: string;
  readonly path: readonly string[];
  readonly value: HumanValue;
}

/**
 * Parses `key=value`; the value is YAML, so lists and sections can be given: `--set 'systems=[p2p]'`.
 * @throws ConfigError for a missing `=`, an unknown key (the nearest is suggested), or a key that reaches into a prototype.
 */
export function parseSetting(option: string, fields: Fields): Setting {
  const text = `--set ${option}`;
  const equals = option.indexOf('=');
  if (equals < 1) throw new ConfigError({ at: text, expected: 'expected key=value, such as --set network.up=100Gbps' });
  const key = option.slice(0, equals).trim();
  const forbidden = key.split('.').find(isForbiddenKey);
  if (forbidden !== undefined) throw new ConfigError({ at: text, expected: `${forbidden} is not allowed as a key` });
  const valueText = option.slice(equals + 1);
  if (valueText.trim() === '') throw new ConfigError({ at: text, expected: 'no value after the =' });
  return { text, path: settingPath(key, fields, text), value: parseYamlValue(valueText, text) };
}

/** Swept keys have dots of their own: `sweep.placement.replicas` is the key `placement.replicas` of `sweep`. */
function settingPath(key: string, fields: Fields, text: string): readonly string[] {
  const paths = keyPaths(fields);
  const swept = key.startsWith('sweep.') ? key.slice('sweep.'.length) : undefined;
  if (paths.includes(swept ?? key)) return swept === undefined ? key.split('.') : ['sweep', swept];
  const near = nearestPath(swept ?? key, paths);
  throw new ConfigError({ at: text, expected: `unknown key ${key}`, nearest: near === undefined || swept === undefined ? near : `sweep.${near}` });
}

/**
 * The config with the settings applied in order.
 * @throws ConfigError for a setting that a sweep would override in every cell.
 */
export function applySettings(value: HumanObject, settings: readonly Setting[], fields: Fields): HumanObject {
  let result = value;
  for (const setting of settings) {
    if (setting.path.length === 1 && setting.path[0] === 'sweep') {
      result = { ...result, sweep: setting.value };
    } else {
      result = assign(fields, result, setting.path, setting.value);
    }
  }
  const sweep = isHumanObject(result['sweep']) ? Object.keys(result['sweep']) : [];
  for (const { path, text } of settings) {
    const key = path.join('.');
    const swept = sweep.find((each) => path[0] !== 'sweep' && (each === key || key.startsWith(`${each}.`)));
    if (swept !== undefined) {
      throw new ConfigError({ at: text, expected: `${swept} is swept, so this would change nothing; set sweep.${swept} to a list, or --set sweep={} to sweep nothing` });
    }
  }
  return result;
}

/** Parses `--seeds`: a count, or a list separated by commas. */
export function parseSeeds(option: string): HumanValue {
  const parts = option.split(',').map((part) => part.trim());
  if (parts.some((part) => part === '')) {
    throw new ConfigError({ at: `--seeds ${option}`, expected: 'expected a count such as 5, or a list such as 1,2,7' });
  }
  const numberOrText = (part: string): number | string => (/^(0|[1-9]\d{0,14})$/.test(part) ? Number(part) : part);
  if (parts.length > 1) return parts.map(numberOrText);
  const [only] = parts;
  return /^-?\d+$/.test(only) ? Number(only) : [only];
}

/** The nearest of the known options to a mistyped one. */
export function nearestOption(option: string, options: readonly string[]): string | undefined {
  const near = nearest(option, options);
  return near === undefined ? undefined : `--${near}`;
}
