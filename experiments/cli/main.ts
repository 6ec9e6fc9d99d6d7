/** The `experiment` command, from arguments to exit code. */
import { join } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { loadYamlFile } from '../config/load.ts';
import { describeCell, resolveStudy } from '../config/resolve.ts';
import type { Study } from '../config/resolve.ts';
import { parseSeeds, parseSetting } from '../config/set.ts';
import type { Setting } from '../config/set.ts';
import { statedKind } from '../config/study-kinds.ts';
import { TrialFailure } from '../engines/engine.ts';
import { loadTrialModule } from '../engines/execute-trial.ts';
import { InProcessEngine } from '../engines/in-process.ts';
import { WorkerPoolEngine } from '../engines/worker-pool.ts';
import { checkInputs } from '../inputs.ts';
import { makeProgress } from '../progress/progress.ts';
import { resultPath } from '../results/layout.ts';
import type { Manifest } from '../results/manifest.ts';
import type { TrialKey } from '../results/trial-result.ts';
import { RunFailure, runExperiment } from '../runner.ts';
import { SYSTEM_LABELS } from '../system-names.ts';
import { OutputError } from '../writer/output-error.ts';
import type { Arguments } from './arguments.ts';
import { parseArguments } from './arguments.ts';
import { describePlan, estimateCost } from './dry-run.ts';
import { listConfigs } from './list-configs.ts';
import { flagLines, resultTable } from './result-table.ts';

/** Bad input, or output that cannot be used: nothing was run. */
const EXIT_REFUSED = 2;
/** A run that failed after it had begun. */
const EXIT_FAILED = 1;

/** The world around the command. */
export interface Environment {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Width of the terminal in characters. */
  readonly columns: number;
  /** Aborted by Ctrl-C; its reason is the exit code. */
  readonly interrupted: AbortSignal;
  /** Writes figures and report of a finished results folder. */
  readonly writeReport: (folder: string, options: { readonly onFigure: (name: string) => void }) => Promise<unknown>;
  /** URL of the module to run instead of the simulation, for tests. */
  readonly trialModule?: string;
}

interface Job {
  readonly path: string;
  readonly study: Study;
  readonly inputs: Manifest['inputs'];
  readonly folder: string;
}

/** Runs the command and gives its exit code; it prints, but never throws for what a user may do. */
export async function main(argv: readonly string[], environment: Environment): Promise<number> {
  try {
    const options = await parseArguments(argv, environment.columns);
    if (options.print !== undefined) {
      environment.stdout.write(`${options.print}\n`);
      return 0;
    }
    if (options.configs.length === 0) {
      if (argv.length > 0) throw new ConfigError({ expected: 'no config given; expected one, such as configs/replication.yaml (no arguments at all lists them)' });
      environment.stdout.write(`${listConfigs('configs', environment.columns)}\n`);
      return 0;
    }
    const jobs = await prepare(options);
    for (const job of jobs) {
      const code = options.dryRun ? await dryRun(job, options, environment) : await run(job, argv, options, environment);
      if (code !== 0) return code;
    }
    return 0;
  } catch (error) {
    return explain(error, environment);
  }
}

/** Checks every config before anything runs. */
async function prepare(options: Arguments): Promise<Job[]> {
  if (options.configs.length > 1 && options.out !== undefined) {
    throw new ConfigError({ at: `--out ${options.out}`, expected: `one folder for ${options.configs.length} configs; give one config, or no --out` });
  }
  if (options.resume && options.force) throw new ConfigError('--resume and --force exclude each other: one keeps the results that are there, the other replaces them');
  const jobs: Job[] = [];
  for (const path of options.configs) {
    const source = loadYamlFile(path);
    const { configFields } = statedKind(source.value, source.locate);
    const settings: Setting[] = options.set.map((text) => parseSetting(text, configFields));
    if (options.seeds !== undefined) settings.push({ text: `--seeds ${options.seeds}`, path: ['seeds'], value: parseSeeds(options.seeds) });
    const study = resolveStudy(source, settings);
    const trials = study.cells.length * study.systems.length * study.seeds.length;
    if (options.traceTrial !== undefined && options.traceTrial >= trials) {
      throw new ConfigError({ at: `--trace-trial ${options.traceTrial}`, expected: `no such trial; ${path} has the trials 0 to ${trials - 1}` });
    }
    const folder = options.out ?? join('results', study.name);
    const twin = jobs.find((job) => job.folder === folder);
    if (twin !== undefined) throw new ConfigError({ at: path, expected: `has the name of ${twin.path}, so both would write to ${folder}` });
    jobs.push({ path, study, inputs: await checkInputs(study), folder });
  }
  return jobs;
}

async function dryRun(job: Job, options: Arguments, environment: Environment): Promise<number> {
  const module = await loadTrialModule(environment.trialModule);
  const estimate = estimateCost(job.study, options.jobs, module);
  environment.stdout.write(`${describePlan(job.study, job.folder, estimate, options.jobs, environment.columns)}\n`);
  return 0;
}

async function run(job: Job, argv: readonly string[], options: Arguments, environment: Environment): Promise<number> {
  const { stdout, stderr, trialModule } = environment;
  try {
    const outcome = await runExperiment({
      study: job.study,
      folder: job.folder,
      mode: modeOf(options),
      inputs: job.inputs,
      makeEngine: (runs) => {
        const workers = Math.min(options.jobs, runs);
        return workers === 1 ? new InProcessEngine(trialModule) : new WorkerPoolEngine(workers, trialModule);
      },
      progress: makeProgress(stderr),
      signal: environment.interrupted,
      ...(options.trace ? { traceTrial: options.traceTrial ?? defaultTrace(job.study) } : {}),
      onFinished: async () => {
        if (options.report) await report(job, environment);
      },
    });
    if (outcome.interrupted) {
      stderr.write(`interrupted: ${outcome.done} of ${outcome.runs} trials are kept; go on with\n  ${resumeCommand(argv)}\n`);
      return Number(environment.interrupted.reason);
    }
    const { study } = job;
    const systems = study.systems.map((name) => ({ name, label: SYSTEM_LABELS[name] }));
    stdout.write(`${resultTable({ systems, sweep: study.sweep }, outcome.records, environment.columns)}\n`);
    for (const line of flagLines(outcome.records)) stdout.write(`note: ${line}\n`);
    stdout.write(`\n${options.report ? `Report: ${resultPath(job.folder, 'reportHtml')}` : `Results: ${job.folder}`}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof RunFailure)) throw error;
    return explainFailure(error, job, argv, environment);
  }
}

function modeOf(options: Arguments): 'new' | 'resume' | 'force' {
  if (options.resume) return 'resume';
  return options.force ? 'force' : 'new';
}

/** The trial that `--trace` records: the first of P2P-RAGCache, or the first of all. */
function defaultTrace(study: Study): number {
  return Math.max(0, study.systems.indexOf('p2p')) * study.seeds.length;
}

async function report(job: Job, environment: Environment): Promise<void> {
  const { stderr } = environment;
  const show = stderr.isTTY === true;
  try {
    await environment.writeReport(job.folder, {
      onFigure: (name) => {
        if (show) stderr.write(`\r\u001b[Kdrawing ${name}`);
      },
    });
  } finally {
    if (show) stderr.write('\r\u001b[K');
  }
}

/** One line for what was refused; a stack for what must not happen. */
function explain(error: unknown, environment: Environment): number {
  if (error instanceof ConfigError || error instanceof OutputError) {
    environment.stderr.write(`error: ${error.message}\n`);
    return EXIT_REFUSED;
  }
  if (error instanceof TrialFailure) {
    environment.stderr.write(`error: the trial (${describeTrial(error.key)}) fails: ${error.message}\n${stackOf(error.cause)}`);
    return EXIT_FAILED;
  }
  environment.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n${stackOf(error)}`);
  return EXIT_FAILED;
}

function explainFailure(failure: RunFailure, job: Job, argv: readonly string[], environment: Environment): number {
  const { cause, done, runs } = failure;
  const kept = `${done} of ${runs} trials are kept`;
  const { stderr } = environment;
  if (cause instanceof TrialFailure) {
    stderr.write(`error: trial ${cause.key.index} (${describeTrial(cause.key)}) failed: ${cause.message}\n`);
    stderr.write(`${kept}; run this trial alone with\n  ${replayCommand(job.path, cause.key, argv)}\n${stackOf(cause.cause)}`);
  } else if (cause instanceof OutputError) {
    const remedy = cause.full ? 'free some space, then go on with' : 'go on with';
    stderr.write(`error: ${cause.message}; ${kept}; ${remedy}: ${resumeCommand(argv)}\n`);
  } else {
    stderr.write(`error: ${failure.message} (${kept}; go on with: ${resumeCommand(argv)})\n${stackOf(cause)}`);
  }
  return EXIT_FAILED;
}

function describeTrial(key: TrialKey): string {
  return `${key.system}, ${describeCell(key.cell)}, seed ${key.seed}`;
}

/** Where it went wrong first: an error that only says at which event another was thrown points to that one. */
function stackOf(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error) return stackOf(error.cause);
  const stack = error instanceof Error ? error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) : undefined;
  return stack === undefined ? '' : `${stack.slice(0, 10).join('\n')}\n`;
}

function resumeCommand(argv: readonly string[]): string {
  const kept = argv.filter((argument) => !['--force', '--resume'].includes(argument));
  return `npm run experiment -- ${[...kept, '--resume'].map(quoted).join(' ')}`;
}

/** The command that runs one trial of a sweep: its system, its seed, and its cell as plain settings. */
function replayCommand(path: string, key: TrialKey, argv: readonly string[]): string {
  const settings = argv.flatMap((argument, i) => (argument === '--set' ? [argv[i + 1]] : argument.startsWith('--set=') ? [argument.slice('--set='.length)] : []));
  const cell = Object.entries(key.cell).map(([name, value]) => `${name}=${String(value)}`);
  const others = settings.filter((each) => !/^(sweep|systems|seeds)[.=]/.test(each));
  const all = [...others, 'sweep={}', `systems=[${key.system}]`, `seeds=[${JSON.stringify(key.seed)}]`, ...cell];
  return ['npm run experiment --', quoted(path), ...all.map((each) => `--set ${quoted(each)}`), '--out results/replay --force'].join(' ');
}

/** Quoted for a shell where it must be. */
function quoted(argument: string): string {
  return /^[\w./:=,@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
