/** Studies and refusals from YAML text. */
import { ConfigError } from '../../../experiments/config/config-error.ts';
import { loadYamlText } from '../../../experiments/config/load.ts';
import type { Study } from '../../../experiments/config/resolve.ts';
import { CONFIG_FIELDS, resolveStudy } from '../../../experiments/config/resolve.ts';
import { parseSetting } from '../../../experiments/config/set.ts';

/** The study that a config text describes, with `--set` options. */
export function study(yaml: string, ...settings: string[]): Study {
  const source = loadYamlText(yaml, 'c.yaml');
  return resolveStudy(
    source,
    settings.map((each) => parseSetting(each, CONFIG_FIELDS)),
  );
}

/** The one line with which a config is refused. */
export function refusal(yaml: string, ...settings: string[]): string {
  try {
    study(yaml, ...settings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (error.message.includes('\n')) throw new Error(`more than one line: ${error.message}`, { cause: error });
    return error.message;
  }
  throw new Error('the config was accepted');
}
