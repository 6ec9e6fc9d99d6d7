/** Trial configs for tests: the defaults with some keys set. */
import { resolveStudy } from '../../../experiments/config/resolve.ts';
import { parseSetting } from '../../../experiments/config/set.ts';
import { STUDY_KINDS } from '../../../experiments/config/study-kinds.ts';
import type { ResolvedConfig } from '../../../experiments/config/trial-fields.ts';

export function trialConfig(settings: Readonly<Record<string, string | number>> = {}): ResolvedConfig {
  const written = Object.entries(settings).map(([key, value]) => parseSetting(`${key}=${value}`, STUDY_KINDS.serving.configFields));
  const source = { value: { name: 'test', question: 'A test?' }, locate: () => 'test' };
  return resolveStudy(source, written).cells[0].config as ResolvedConfig;
}
