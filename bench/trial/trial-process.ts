/** One process that runs one trial several times, and prints what each took: the first compiles, later ones run compiled code. */
import { resolveStudy } from '../../experiments/config/resolve.ts';
import { loadYamlFile } from '../../experiments/config/load.ts';
import { parseSetting } from '../../experiments/config/set.ts';
import { STUDY_KINDS } from '../../experiments/config/study-kinds.ts';
import { runTrial } from '../../experiments/trial.ts';
import type { ResolvedConfig } from '../../experiments/config/trial-fields.ts';

export interface TrialTask {
  readonly config: string;
  /** `key=value` */
  readonly settings: readonly string[];
  readonly system: string;
  readonly tries: number;
}

export interface TrialTime {
  readonly wallMs: number;
  /** Of all threads of the process. */
  readonly cpuMs: number;
  readonly digest: string;
  /** Greatest resident memory of the process so far. */
  readonly peakMiB: number;
}

const { config, settings, system, tries } = JSON.parse(process.argv[2]) as TrialTask;
const study = resolveStudy(loadYamlFile(config), settings.map((setting) => parseSetting(setting, STUDY_KINDS.serving.configFields)));
const resolved = study.cells[0].config as ResolvedConfig;
const times: TrialTime[] = [];
for (let i = 0; i < tries; i++) {
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  const { digest } = runTrial(resolved, { index: 0, cell: {}, system, seed: '1' });
  const wallMs = performance.now() - startMs;
  const { user, system: kernel } = process.cpuUsage(startCpu);
  times.push({ wallMs, cpuMs: (user + kernel) / 1e3, digest, peakMiB: process.resourceUsage().maxRSS / 1024 });
}
console.log(JSON.stringify(times));
