/** Calibrates attention from aiconfigurator's kernel measurements. */
import { gpuByName } from '../../sim/hardware/gpu-catalogue.ts';
import { attentionCases, fitAttention } from './attention-perf.ts';
import { errorLine, significant, worstLines, type Calibration, type CalibrationSettings } from './calibration.ts';

export function calibrateAttention(name: string, text: string, settings: CalibrationSettings): Calibration {
  const gpu = gpuByName(settings.gpu ?? 'A100-80GB');
  const cases = attentionCases(name, text);
  if (cases.length === 0) throw new RangeError(`${name}: no rows`);
  const { shares, comparisons } = fitAttention(gpu, cases);
  // The kernels of 7B and 8B models at lengths where they do real work: what the roofline's set should say.
  const typical = cases.filter((row) => row.heads === 32 && (row.kvHeads === 8 || row.kvHeads === 32) && row.batch * row.tokens * (row.context + row.tokens) >= 1024 * 1024);
  const kind = cases[0].kind;
  const report = [
    `${cases.length} ${kind} kernels on ${gpu.name}: attention ${significant(shares.attention)} of peak FLOP/s, memory ${significant(shares.memory)} of peak bandwidth, launch ${significant(shares.launchMs * 1e3)} µs`,
    errorLine('all shapes', comparisons),
    ...worstLines(comparisons, 'ms'),
  ];
  if (typical.length > 0) {
    const fit = fitAttention(gpu, typical);
    report.push(
      `32 heads, 8 or 32 KV heads, at least 1 Mi query–key pairs: attention ${significant(fit.shares.attention)}, memory ${significant(fit.shares.memory)}, launch ${significant(fit.shares.launchMs * 1e3)} µs`,
      errorLine('  these shapes', fit.comparisons),
    );
  }
  return { title: `Attention kernels (${kind})`, report, profiles: [] };
}
