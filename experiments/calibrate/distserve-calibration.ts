/** Reads DistServe's fitted polynomials (profiler-a100-80g.*.json) and compares them with a roofline. */
import { COST_PROFILE_FORMAT, costModelOfProfile, type PolynomialProfile } from '../../sim/hardware/cost-profile.ts';
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import { defaultEfficiencySet } from '../../sim/hardware/roofline-efficiencies.ts';
import { comparisonTable, errorLine, type Calibration } from './calibration.ts';
import { compare, decodeStep, promptStep, type MeasuredStep } from './roofline-fit.ts';

const GPU = 'A100-80GB';
/** Models of the file that are in the catalogue. */
const MODEL_OF: Readonly<Record<string, string>> = { 'facebook/opt-13b': 'OPT-13B' };
const PROMPTS = [128, 512, 1024, 2048];
const BATCHES = [1, 8, 32];

export function calibrateDistServe(name: string, text: string): Calibration {
  const file = parse(name, text);
  const report: string[] = [];
  const profiles: PolynomialProfile[] = [];
  for (const [modelName, byGpus] of Object.entries(file)) {
    for (const [gpus, entry] of Object.entries(byGpus)) {
      const prefill = coefficients(name, `${modelName}.${gpus}.prefill`, entry['prefill']);
      const decodeSmall = coefficients(name, `${modelName}.${gpus}.decoding_smallbs`, entry['decoding_smallbs']);
      const decodeLarge = coefficients(name, `${modelName}.${gpus}.decoding_largebs`, entry['decoding_largebs']);
      const decodeLargeFrom = Number(entry['decoding_large_small_bs_threshold']);
      report.push(`${modelName} TP${gpus}: prefill ${prefill.map(short).join(', ')} ms; decode ${decodeSmall.map(short).join(', ')} ms, from ${decodeLargeFrom} sequences ${decodeLarge.map(short).join(', ')} ms`);
      if (!Object.hasOwn(MODEL_OF, modelName)) continue;
      const model = MODEL_OF[modelName];
      const profile: PolynomialProfile = {
        format: COST_PROFILE_FORMAT,
        kind: 'polynomial',
        name: `${model} ${GPU} TP${gpus}`,
        source: `DistServe (Zhong et al., OSDI 2024), ${name}`,
        gpu: GPU,
        model,
        tensorParallel: Number(gpus),
        prefill,
        decodeSmall,
        decodeLarge,
        decodeLargeFrom,
        promptTokens: [1, modelByName(model).maxContextTokens],
      };
      profiles.push(profile);
      report.push(...againstRoofline(profile), '');
    }
  }
  if (report.length === 0) throw new RangeError(`${name}: no models in the file`);
  return { title: 'DistServe polynomials', report, profiles };
}

/** How far the default roofline of the GPU lies from the polynomial: two measurements of one kind of engine. */
function againstRoofline(profile: PolynomialProfile): string[] {
  const costs = costModelOfProfile(profile);
  const common = { gpu: profile.gpu, model: profile.model, tensorParallel: profile.tensorParallel };
  const steps: MeasuredStep[] = [
    ...PROMPTS.map((tokens) => ({ ...common, label: `prompt of ${tokens}`, step: promptStep(tokens), milliseconds: costs.prefillNs(tokens, 0) / 1e6 })),
    ...BATCHES.map((sequences) => ({ ...common, label: `${sequences} decodes over 512`, step: decodeStep(sequences, 512), milliseconds: costs.decodeStepNs(sequences, sequences * 512) / 1e6 })),
  ];
  const set = defaultEfficiencySet(gpuByName(profile.gpu));
  const comparisons = compare(set, steps);
  return [comparisonTable('ms', comparisons), errorLine(`roofline ${set.name} against the polynomial`, comparisons)];
}

type Entry = Readonly<Record<string, unknown>>;

function parse(name: string, text: string): Readonly<Record<string, Readonly<Record<string, Entry>>>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, Record<string, Entry>>;
  } catch (error) {
    throw new RangeError(`${name}: no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new RangeError(`${name}: expected an object of models`);
}

function coefficients(name: string, path: string, value: unknown): readonly [number, number, number] {
  if (Array.isArray(value) && value.length === 3 && value.every((item) => typeof item === 'number')) return [value[0], value[1], value[2]];
  throw new RangeError(`${name}: ${path} must be three numbers`);
}

function short(value: number): string {
  return value.toPrecision(4);
}
