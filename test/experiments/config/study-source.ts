/** Studies and refusals from YAML text. */
import { ConfigError } from '../../../experiments/config/config-error.ts';
import { loadYamlText } from '../../../experiments/config/load.ts';
import type { Study } from '../../../experiments/config/resolve.ts';
import { resolveStudy } from '../../../experiments/config/resolve.ts';
import { parseSetting } from '../../../experiments/config/set.ts';
import type { OverlayStudyConfig } from '../../../experiments/config/overlay-study-fields.ts';
import { statedKind } from '../../../experiments/config/study-kinds.ts';
import type { ResolvedConfig } from '../../../experiments/config/trial-fields.ts';

/** The study that a config text describes, with `--set` options. */
function resolved(yaml: string, settings: readonly string[]): Study {
  const source = loadYamlText(yaml, 'c.yaml');
  const { configFields } = statedKind(source.value, source.locate);
  return resolveStudy(
    source,
    settings.map((each) => parseSetting(each, configFields)),
  );
}

/** A study of serving systems. */
export function study(yaml: string, ...settings: string[]): Study<ResolvedConfig> {
  return resolved(yaml, settings) as Study<ResolvedConfig>;
}

/** A study of overlay protocols. */
export function overlayStudy(yaml: string, ...settings: string[]): Study<OverlayStudyConfig> {
  return resolved(yaml, settings) as Study<OverlayStudyConfig>;
}

/** The one line with which a config is refused. */
export function refusal(yaml: string, ...settings: string[]): string {
  try {
    resolved(yaml, settings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (error.message.includes('\n')) throw new Error(`more than one line: ${error.message}`, { cause: error });
    return error.message;
  }
  throw new Error('the config was accepted');
}
