/** How long one trial takes, in a process of its own with the flags of `npm run experiment`. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench } from './bench.ts';
import type { TrialTask, TrialTime } from './trial/trial-process.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** In `configs/`; the first cell of each study, which the settings change where it is not the one that is meant. */
const SUBJECTS: readonly (TrialTask & { readonly label: string })[] = [
  { label: 'P2P, 20 nodes, 1 100 queries', config: 'replication', settings: [], system: 'p2p', tries: 10 },
  { label: 'P2P, 50 nodes', config: 'replication', settings: ['cluster.nodes=50'], system: 'p2p', tries: 6 },
  { label: 'trace, 12 000 requests: no reuse', config: 'trace-replay', settings: [], system: 'no-reuse', tries: 3 },
  { label: 'the same: own caches', config: 'trace-replay', settings: [], system: 'local', tries: 3 },
  { label: 'the same: P2P', config: 'trace-replay', settings: [], system: 'p2p', tries: 3 },
];

/** What `npm run experiment` gives to node, up to the program. */
function nodeFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { scripts: { experiment: string } };
  return scripts.experiment.split(' ').slice(1, -1);
}

async function timesOf(task: TrialTask): Promise<TrialTime[]> {
  const argument = JSON.stringify({ ...task, config: `${ROOT}configs/${task.config}.yaml` });
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeFlags(), `${ROOT}bench/trial/trial-process.ts`, argument], { cwd: ROOT });
  return JSON.parse(stdout) as TrialTime[];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2).padStart(6);

async function main(): Promise<void> {
  console.log(`${''.padEnd(34)} first: wall    CPU   later, best: wall    CPU   peak MiB`);
  for (const { label, ...task } of SUBJECTS) {
    const [first, ...later] = await timesOf(task);
    if (later.some(({ digest }) => digest !== first.digest)) throw new Error(`${label}: the same trial gave another digest`);
    const best = (part: 'wallMs' | 'cpuMs'): number => Math.min(...later.map((time) => time[part]));
    console.log(`${label.padEnd(34)}      ${seconds(first.wallMs)} ${seconds(first.cpuMs)}             ${seconds(best('wallMs'))} ${seconds(best('cpuMs'))}   ${later[later.length - 1].peakMiB.toFixed(0).padStart(8)}`);
  }
}

export const bench: Bench = { name: 'trial', describe: 'seconds and memory of one trial: the default cluster, 50 nodes, a replayed trace', run: main };
