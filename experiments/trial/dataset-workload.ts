/** Public data sets by name: each as a text corpus or as shared texts of its shape, generated unless a file is named. */
import { join } from 'node:path';
import { GENERATED } from '../config/trial-fields.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { TextConfig } from './text-workload.ts';

type Workload = ResolvedConfig['workload'];
type DatasetConfig = Extract<Workload, { kind: 'dataset' }>;
/** Every kind of workload but a named data set, which stands for one of them. */
export type PlainWorkload = Exclude<Workload, DatasetConfig>;

const SEARCHED = { kind: 'text', dataset: 'generated', questions: GENERATED, collection: GENERATED, qrels: GENERATED, questionCount: 500, topK: 5, firstStageTerms: 2, postingCostNs: 100 } as const;
const SHARED = { kind: 'prefix', headTokens: 0, tenants: 1, tenantZipf: 0, probes: 0 } as const;

/** The same config with a workload that is no named data set. Keys that the config refuses to tell it refuses still. */
export function withPlainWorkload(config: ResolvedConfig): ResolvedConfig & { readonly workload: PlainWorkload } {
  const workload = plainWorkload(config.workload);
  if (workload === config.workload) return config as ResolvedConfig & { readonly workload: PlainWorkload };
  return Object.create(config, { workload: { value: workload, enumerable: true } }) as ResolvedConfig & { readonly workload: PlainWorkload };
}

/** A workload as its kind describes it. What is not published (exponents of popularity, the number of documents) is chosen, and scaled down. */
export function plainWorkload(workload: Workload): PlainWorkload {
  if (workload.kind !== 'dataset') return workload;
  const { name, nqOpen, msMarco, mmlu, longBench, ratePerSecond, burstiness, peakToTrough, periodNs, clients, clientPauseNs } = workload;
  const arrivals = { ratePerSecond, arrivals: workload.arrivals, burstiness, peakToTrough, periodNs, clients, clientPauseNs };
  switch (name) {
    case 'nq-open':
      return { ...arrivals, ...encyclopedia(nqOpen) };
    case 'ms-marco':
      return { ...arrivals, ...webPassages(msMarco) };
    case 'mmlu':
      // Hendrycks et al., ICLR 2021: 57 subjects, few-shot examples, a multiple-choice question, one letter.
      return { ...arrivals, ...SHARED, source: mmlu, prefixes: 57, prefixTokens: 700, prefixVariation: 0.7, zipf: 0, questionTokens: 110, outputTokens: 1, blockTokens: 16 };
    case 'longbench':
      // Bai et al., ACL 2024: contexts of 6 711 English words on average, 4/3 tokens a word.
      return { ...arrivals, ...SHARED, source: longBench, prefixes: 200, prefixTokens: 8950, prefixVariation: 0.6, zipf: 0.8, questionTokens: 30, outputTokens: 64, blockTokens: 128 };
  }
}

type Shape<T> = Omit<T, keyof Omit<DatasetConfig, 'kind'>>;

/** Articles of 6.6 passages of 100 words, 133 tokens each (DPR, EMNLP 2020, §4.1); answers of a few tokens (NQ-open). */
function encyclopedia(questions: string): Shape<TextConfig> {
  const shape = { ...SEARCHED, chunkTokens: 133, zipf: 0.9, outputTokens: 4, documents: 200, documentWords: 660 } as const;
  return questions === GENERATED ? shape : { ...shape, dataset: 'nq-open', questions, documentWords: 100 };
}

/** Passages of 56 words, each a document (MS MARCO passage ranking). */
function webPassages(folder: string): Shape<TextConfig> {
  const shape = { ...SEARCHED, chunkTokens: 75, zipf: 0.8, outputTokens: 24, documents: 2500, documentWords: 56 } as const;
  if (folder === GENERATED) return shape;
  return { ...shape, dataset: 'ms-marco', questions: join(folder, 'queries.tsv'), collection: join(folder, 'collection.tsv'), qrels: join(folder, 'qrels.tsv') };
}
