/** How chunk caches are joined in a trial: what that costs, and what it does to the answers as measured on real text. */
import { readFileSync } from 'node:fs';
import { nearestQualityRow, readQualityTable } from '../../kv/quality/read-quality-table.ts';
import type { QualityTable } from '../../kv/quality/quality-table.ts';
import { parsePolicy } from '../../kv/stitch/stitch-policy.ts';
import type { Recomputation } from '../../protocols/systems/recomputation.ts';
import type { CostModel } from '../../sim/hardware/cost-model.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { fromSeconds } from '../../sim/kernel/time.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';

/** Levels as `npm run quality` names them. */
const QUALITY_LEVELS: Readonly<Record<ResolvedConfig['compression'], string>> = { none: 'fp16', moderate: 'int8', aggressive: 'int4', int3: 'int3', int2: 'int2' };

/** What the policy computes again; undefined where it is nothing. */
export function recomputationOf({ stitching, cluster }: Pick<ResolvedConfig, 'stitching' | 'cluster'>): Recomputation | undefined {
  const policy = parsePolicy(stitching.policy);
  switch (policy.kind) {
    case 'adjust-first':
      return { firstTokens: policy.tokens, share: 0, selectionShare: 0 };
    case 'adjust-deviating':
      return { firstTokens: 0, share: policy.share, selectionShare: 1 / modelByName(cluster.model).layers };
    default:
      return undefined;
  }
}

type ChunkedWorkload = Extract<ResolvedConfig['workload'], { kind: 'rag' | 'text' }>;

/** Whether prompts are made of retrieved chunks, which stand anywhere in them. */
export function isChunked(workload: ResolvedConfig['workload']): workload is ChunkedWorkload {
  return workload.kind === 'rag' || workload.kind === 'text';
}

/** Time to rotate the keys among so many bytes of KV to their true positions; undefined where they are not rotated. */
export function adjustmentOf({ stitching, workload }: Pick<ResolvedConfig, 'stitching' | 'workload'>): ((rawBytes: number, costs: CostModel) => Nanoseconds) | undefined {
  if (!isChunked(workload) || stitching.policy === 'none') return undefined;
  if (stitching.ropeProfile === 'none') return (rawBytes, costs) => costs.ropeAdjustNs(rawBytes);
  const { dispatchSeconds, keyBytesPerSecond } = readRopeProfile(stitching.ropeProfile);
  // Keys are half of the KV.
  return (rawBytes) => fromSeconds(dispatchSeconds + rawBytes / 2 / keyBytesPerSecond);
}

/** What `npm run bench -- rope --profile` measured on one device. */
interface RopeProfile {
  readonly device: string;
  readonly keyBytesPerSecond: number;
  readonly dispatchSeconds: number;
}

/** @throws RangeError naming the file and what is wrong with it. */
export function readRopeProfile(path: string): RopeProfile {
  const json = readJson(path) as Record<string, unknown> | null;
  if (json?.['format'] !== 'p2p-ragcache rope profile 1') throw new RangeError(`${path}: not a rope profile of format 1; npm run bench -- rope --profile writes one`);
  const { device, keyBytesPerSecond, dispatchSeconds } = json;
  if (typeof device !== 'string') throw new RangeError(`${path}: device is ${JSON.stringify(device)}; expected text`);
  if (!(typeof keyBytesPerSecond === 'number' && keyBytesPerSecond > 0 && keyBytesPerSecond < Infinity)) throw new RangeError(`${path}: keyBytesPerSecond is ${JSON.stringify(keyBytesPerSecond)}; expected a positive number`);
  if (!(typeof dispatchSeconds === 'number' && dispatchSeconds >= 0 && dispatchSeconds < Infinity)) throw new RangeError(`${path}: dispatchSeconds is ${JSON.stringify(dispatchSeconds)}; expected a number from 0`);
  return { device, keyBytesPerSecond, dispatchSeconds };
}

/** The quality table that a config names. @throws RangeError naming the file and what is wrong with it. */
export function readQuality(path: string): QualityTable {
  return readQualityTable(readJson(path), path);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RangeError(`${path}: not JSON: ${error.message}`);
  }
}

/** What was measured for a trial's policy and compression, nearest to its chunks; nothing where no table is named. `reuses`: the system joins chunk caches at all. */
export function qualityOf(config: ResolvedConfig, reuses: boolean): { metrics: Record<string, number>; labels: Record<string, string> } {
  const { stitching, workload } = config;
  if (stitching.quality === 'none' || !isChunked(workload)) return { metrics: {}, labels: {} };
  const table = readQuality(stitching.quality);
  const asked = reuses ? { policy: stitching.policy, level: QUALITY_LEVELS[config.compression] } : { policy: 'full', level: 'float32' };
  const row = nearestQualityRow(table, { ...asked, chunkTokens: workload.chunkTokens, chunks: workload.topK });
  return {
    metrics: {
      perplexityIncrease: row.perplexityIncrease.value,
      tokenAgreement: row.agreement.value,
      ...(row.exactAnswers === null ? {} : { exactAnswers: row.exactAnswers.value }),
    },
    labels: { qualityMeasuredOn: `${table.model}, ${row.chunks} chunks of ${row.chunkTokens} tokens, ${row.cases} cases` },
  };
}
