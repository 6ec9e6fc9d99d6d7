/** Questions put to a text corpus, from a trial's config: read from files, or made up. */
import { Chunker } from '../../workloads/corpora/chunker.ts';
import { madePassages } from '../../workloads/corpora/made-passages.ts';
import { msMarcoCollection, msMarcoQrels, msMarcoQueries } from '../../workloads/corpora/ms-marco.ts';
import { nqOpenQuestions } from '../../workloads/corpora/nq-open.ts';
import type { Question } from '../../workloads/corpora/question.ts';
import { syntheticText } from '../../workloads/corpora/synthetic-text.ts';
import { TextCorpus } from '../../workloads/corpora/text-corpus.ts';
import type { DocumentText } from '../../workloads/corpora/text-corpus.ts';
import { Bm25Index } from '../../workloads/retrieval/bm25-index.ts';
import { TextRagPrompts } from '../../workloads/text-rag.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { GENERATED } from '../config/trial-fields.ts';
import { readLines } from '../files/read-lines.ts';

export type TextConfig = Extract<ResolvedConfig['workload'], { kind: 'text' }>;

/** Share of a question's words that the passage made for it contains. */
const SHARED_WORDS = 0.6;
const SEED = 'corpus';

/** Corpus, index and questions. @throws InputError on a malformed file */
export function makeTextPrompts(workload: TextConfig, { latencyNs, firstStageLatencyNs }: ResolvedConfig['retrieval']): TextRagPrompts {
  const { topK, zipf, outputTokens, firstStageTerms, postingCostNs } = workload;
  const { documents, questions } = readText(workload);
  const corpus = new TextCorpus(workload.dataset, documents, new Chunker({ chunkTokens: workload.chunkTokens }));
  return new TextRagPrompts({
    corpus,
    index: new Bm25Index(corpus),
    questions,
    topK,
    order: { zipf },
    outputTokens,
    firstStage: { kind: 'rare-terms', terms: firstStageTerms },
    latency: { baseNs: latencyNs, perPostingNs: postingCostNs },
    firstStageLatency: { baseNs: firstStageLatencyNs, perPostingNs: postingCostNs },
  });
}

/** Documents and questions of a data set. @throws InputError on a malformed file */
export function readText(workload: TextConfig): { readonly documents: Iterable<DocumentText>; readonly questions: readonly Question[] } {
  const { dataset, documentWords, questionCount } = workload;
  switch (dataset) {
    case 'generated':
      return syntheticText({ documents: workload.documents, wordsPerDocument: documentWords, questions: questionCount, seed: SEED });
    case 'nq-open': {
      const questions = first(nqOpenQuestions(readLines(workload.questions), workload.questions), questionCount);
      return { documents: madePassages(questions, documentWords, SHARED_WORDS, SEED), questions };
    }
    case 'ms-marco': {
      const qrels = workload.qrels === GENERATED ? undefined : msMarcoQrels(readLines(workload.qrels), workload.qrels);
      const questions = first(msMarcoQueries(readLines(workload.questions), workload.questions, qrels), questionCount);
      return { documents: msMarcoCollection(readLines(workload.collection), workload.collection), questions };
    }
  }
}

function first<T>(all: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const each of all) {
    if (taken.length === count) break;
    taken.push(each);
  }
  return taken;
}
