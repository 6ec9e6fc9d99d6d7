/**
 * `npm run calibrate -- <csv or folder>`: fits cost models to measurements, prints the error of each fit, and writes a
 * cost profile that configs can name. Bad input ends with one line and exit code 2.
 */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import type { CostProfile } from '../sim/hardware/cost-profile.ts';
import type { Calibration } from './calibrate/calibration.ts';
import { refitReport } from './calibrate/published-fit.ts';
import { publishedReport } from './calibrate/published-table.ts';
import { calibratePath } from './calibrate/subjects.ts';

const EPILOGUE = `What it reads (recognised by the first line):
  three CSVs <label>_dense.csv, <label>_per_sequence.csv, <label>_attention.csv   measured operators of one GPU and model
  perf_model.csv of splitwise-sim      prompt and token times of Llama-2-70B, end to end
  mlp.csv of Vidur                     per-operator times
  *_attention_perf.csv                 attention kernels of aiconfigurator
  profiler-*.json of DistServe         polynomial coefficients
A folder is searched for all of them; one file of a profile stands for its three.

What it prints: the fitted parameters, and predicted against measured with median, P90 and worst error. Profiles are also
fitted on half of their rows and judged on the other half.

Examples:
  npm run calibrate -- ../shared/data/calibration
  npm run calibrate -- measured/RTX4090_llama31-8b_tp1_dense.csv --out rtx4090.json
  npm run calibrate -- splitwise_perf_model.csv --kind polynomial --tensor-parallel 8 --gpu H100 --out h100.json
  npm run calibrate -- --published

Use the result in a config:  serving: { costModel: rtx4090.json }`;

/** Ends with the message alone: the input was wrong, not the program. */
class UsageError extends Error {}

async function main(args: readonly string[]): Promise<void> {
  const parser = yargs([...args])
    .scriptName('calibrate')
    .usage('npm run calibrate -- <csv or folder> [options]\n\nFits cost models to measurements and reports the error of each fit.')
        .option('gpu', { type: 'string', describe: 'GPU that was measured, where file names do not say; also selects what --out writes' })
    .option('model', { type: 'string', describe: 'model that was measured, where file names do not say' })
    .option('tensor-parallel', { type: 'number', describe: 'GPUs that shared the model' })
    .option('step-overhead', { type: 'number', describe: 'time of a step in no operator, in microseconds (profiles; default 300)' })
    .option('splits', { type: 'number', default: 5, describe: 'hold-out splits to pool' })
    .option('kind', { choices: ['profile', 'roofline', 'polynomial'] as const, describe: 'which fitted model --out writes' })
    .option('out', { type: 'string', describe: 'write a cost profile (JSON) here' })
    .option('force', { type: 'boolean', default: false, describe: 'overwrite the file of --out' })
    .option('published', { type: 'boolean', default: false, describe: 'print the roofline against every published prompt time' })
    .epilogue(EPILOGUE)
    .wrap(120)
    .strictOptions()
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      // yargs leaves the error out where the message is its own.
      throw (error as Error | undefined) ?? new UsageError(message);
    });
  const options = await parser.parse();
  const given = options._.map(String);
  const path = given.at(0);
  if (given.length > 1) throw new UsageError(`one file or folder at a time, not also ${given.slice(1).join(', ')}`);
  if (options['help'] === true) return;
  if (options.published) {
    console.log([...publishedReport(), ...refitReport()].join('\n'));
    if (path === undefined) return;
  }
  if (path === undefined) throw new UsageError('no file or folder given: npm run calibrate -- <csv or folder>, or --help');
  if (!existsSync(path)) throw new UsageError(`${path}: no such file or folder`);
  if (!(Number.isSafeInteger(options.splits) && options.splits >= 1 && options.splits <= 100)) throw new UsageError(`--splits must be a whole number from 1 to 100, not ${options.splits}`);
  if (options.out !== undefined && existsSync(options.out) && !options.force) throw new UsageError(`${options.out} exists: give --force to overwrite it`);
  const calibrations = calibratePath(path, {
    splits: options.splits,
    ...(options.gpu === undefined ? {} : { gpu: options.gpu }),
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(options.tensorParallel === undefined ? {} : { tensorParallel: options.tensorParallel }),
    ...(options.stepOverhead === undefined ? {} : { stepOverheadNs: Math.round(options.stepOverhead * 1e3) }),
  });
  for (const calibration of calibrations) console.log(`# ${calibration.title}\n\n${calibration.report.join('\n')}\n`);
  if (options.out !== undefined) {
    const profile = chooseProfile(calibrations, options);
    write(options.out, profile);
    console.log(`wrote ${options.out}: ${profile.kind} model ${profile.name}`);
  }
}

/** The one fitted model that the options single out. */
function chooseProfile(calibrations: readonly Calibration[], options: { kind?: string | undefined; gpu?: string | undefined; tensorParallel?: number | undefined }): CostProfile {
  const all = calibrations.flatMap((calibration) => calibration.profiles);
  const suits = all.filter(
    (profile) =>
      (options.kind === undefined || profile.kind === options.kind) &&
      (options.gpu === undefined || profile.gpu === options.gpu) &&
      (options.tensorParallel === undefined || profile.tensorParallel === options.tensorParallel),
  );
  if (suits.length === 1) return suits[0];
  // A measured profile is what a profile folder is calibrated for; its roofline is a by-product.
  const measured = suits.filter((profile) => profile.kind === 'profile');
  if (measured.length === 1 && options.kind === undefined) return measured[0];
  const names = (suits.length === 0 ? all : suits).map((profile) => `${profile.kind} ${profile.name}`).join('; ');
  throw new UsageError(`--out needs one model, ${suits.length} suit: narrow down with --kind, --gpu and --tensor-parallel (there are: ${names})`);
}

/** Complete or not at all. */
function write(path: string, profile: CostProfile): void {
  const temporary = `${path}.part`;
  writeFileSync(temporary, `${JSON.stringify(profile)}\n`);
  renameSync(temporary, path);
}

try {
  await main(hideBin(process.argv));
} catch (error) {
  const known = error instanceof UsageError || error instanceof RangeError || (error instanceof Error && 'code' in error);
  console.error(known ? `calibrate: ${error.message}` : error);
  process.exitCode = 2;
}
