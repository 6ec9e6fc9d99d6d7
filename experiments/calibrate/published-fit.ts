/** Fits the efficiency sets of the catalogue to the published prompts again, so that their numbers can be checked. */
import { efficiencySetByName, type EfficiencySet } from '../../sim/hardware/roofline-efficiencies.ts';
import { significant } from './calibration.ts';
import { percent, summarise } from './error-summary.ts';
import { PUBLISHED_ROWS, type PublishedRow } from './published-rows.ts';
import { measuredStep } from './published-table.ts';
import { compare, fitEfficiencies, type FittedShare } from './roofline-fit.ts';

interface Fit {
  readonly set: string;
  readonly free: readonly FittedShare[];
  readonly rows: readonly PublishedRow[];
}

const of = (gpu: string, measurement = ''): PublishedRow[] => PUBLISHED_ROWS.filter((row) => row.gpu === gpu && row.measurement.includes(measurement));

/** The Splitwise sets are fitted to more rows than are published here: `splitwise_perf_model.csv` gives them. */
const FITS: readonly Fit[] = [
  { set: 'vidur-a100', free: ['gemm'], rows: of('A100-80GB', 'Vidur') },
  { set: 'vidur-h100', free: ['gemm'], rows: of('H100', 'Vidur') },
  { set: 'both-a100', free: ['gemm', 'attention', 'layerOverheadNs'], rows: of('A100-80GB') },
  { set: 'both-h100', free: ['gemm', 'attention', 'layerOverheadNs'], rows: of('H100') },
];

/** The sets as fitted now. */
export function refitPublished(): { name: string; fitted: EfficiencySet; mean: number; worst: number }[] {
  return FITS.map(({ set, free, rows }) => {
    const measured = rows.map(measuredStep);
    const fitted = fitEfficiencies(efficiencySetByName(set), free, measured);
    const errors = summarise(compare(fitted, measured));
    return { name: set, fitted, mean: errors.mean, worst: errors.worst };
  });
}

export function refitReport(): string[] {
  return refitPublished().map(({ name, fitted, mean, worst }) => {
    const { gemm, attention, memory, layerOverheadNs } = fitted;
    return `fitted again: ${name} gemm ${significant(gemm)}, attention ${significant(attention)}, memory ${significant(memory)}, overhead ${significant(layerOverheadNs / 1e3)} µs per layer; mean error ${percent(mean)}, worst ${percent(worst)}`;
  });
}
