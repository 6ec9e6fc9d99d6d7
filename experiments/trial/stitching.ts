/** How chunk caches are joined in a trial: what that costs, and what it does to the answers as measured on real text. */
import { readFileSync } from 'node:fs';
import { nearestQualityRow, readQualityTable } from '../../kv/quality/read-quality-table.ts';
import type { QualityTable } from '../../kv/quality/quality-table.ts';
import { parsePolicy } from '../../kv/stitch/stitch-policy.ts';
import type { Recomputation } from '../../protocols/systems/recomputation.ts';
import { modelByName } from '../../sim/hardware/model-catalogue.ts';
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

/** Whether keys are rotated to their true positions. */
export function adjustsPositions({ stitching, workload }: Pick<ResolvedConfig, 'stitching' | 'workload'>): boolean {
  return isChunked(workload) && stitching.policy !== 'none';
}

/** The quality table that a config names. @throws RangeError naming the file and what is wrong with it. */
export function readQuality(path: string): QualityTable {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RangeError(`${path}: not JSON: ${error.message}`);
  }
  return readQualityTable(json, path);
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
