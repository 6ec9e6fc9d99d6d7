/** Published step times that the roofline is held against. The measured files they come from are named in docs/models/hardware.md. */

export interface PublishedRow {
  /** Who measured. */
  readonly measurement: 'per-operator profiles (Vidur)' | 'end to end (Splitwise)' | 'end to end (Qwen3-8B on H800)';
  readonly gpu: string;
  readonly model: string;
  readonly tensorParallel: number;
  readonly promptTokens: number;
  readonly milliseconds: number;
}

const VIDUR = 'per-operator profiles (Vidur)';
const SPLITWISE = 'end to end (Splitwise)';
const QWEN = 'end to end (Qwen3-8B on H800)';

function rows(measurement: PublishedRow['measurement'], gpu: string, model: string, tensorParallel: number, points: readonly (readonly [number, number])[]): PublishedRow[] {
  return points.map(([promptTokens, milliseconds]) => ({ measurement, gpu, model, tensorParallel, promptTokens, milliseconds }));
}

export const PUBLISHED_ROWS: readonly PublishedRow[] = [
  ...rows(VIDUR, 'A100-80GB', 'Llama-2-7B', 1, [[512, 34.8], [1024, 71.5], [2048, 142.6], [4096, 288.3]]),
  ...rows(VIDUR, 'H100', 'Llama-2-7B', 1, [[512, 12.7], [1024, 22.8], [2048, 44.4], [4096, 94.4]]),
  ...rows(SPLITWISE, 'A100-80GB', 'Llama-2-70B', 8, [[512, 93], [2048, 274], [8192, 1550]]),
  ...rows(SPLITWISE, 'H100', 'Llama-2-70B', 8, [[512, 54], [2048, 137], [8192, 845]]),
  ...rows(QWEN, 'H800', 'Qwen3-8B', 8, [[128, 46.1], [1024, 67.3], [4096, 124.4], [8192, 212.1], [32768, 749.6]]),
];
