/** Synthetic corpora shaped like two public ones. Sizes and lengths are theirs; skew and locality are assumptions to sweep. */
import type { RagOptions } from '../rag.ts';

/**
 * Open-domain QA over Wikipedia: passages of 100 words (133 tokens at 4/3 a word), 21 015 324 of them from 3.2 million
 * articles, so 6.6 an article (Karpukhin et al., "Dense Passage Retrieval", EMNLP 2020, §4.1); scaled to 200 000 passages.
 * Questions of 9.1 words, answers of 2.2 (NQ-open dev set, counted).
 */
export const NQ_LIKE: RagOptions = {
  name: 'nq',
  chunks: 200_000,
  chunkTokens: 133,
  chunksPerDocument: 7,
  documentsPerTopic: 16,
  topicLocality: 0.5,
  zipf: 0.9,
  questionTokens: { law: 'log-normal', mean: 12.2, variation: 0.19, min: 8, max: 40 },
  outputTokens: { law: 'log-normal', mean: 3.5, variation: 0.5, min: 1, max: 20 },
};

/**
 * Web search: 8 841 823 passages, each a document (MS MARCO passage ranking), about 56 words long (75 tokens); scaled to
 * 200 000. Queries of about 6 words.
 */
export const MS_MARCO_LIKE: RagOptions = {
  name: 'ms-marco',
  chunks: 200_000,
  chunkTokens: { law: 'log-normal', mean: 75, variation: 0.4, min: 12, max: 300 },
  chunksPerDocument: 1,
  documentsPerTopic: 64,
  topicLocality: 0.3,
  zipf: 0.8,
  questionTokens: { law: 'log-normal', mean: 8, variation: 0.4, min: 2, max: 60 },
  outputTokens: { law: 'log-normal', mean: 24, variation: 1, min: 1, max: 300 },
};
