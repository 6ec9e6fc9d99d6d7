/** The requests of a trial, from its config: the same for every system and every cell that keeps the workload's keys. */
import type { RandomStreams } from '../../sim/kernel/random-streams.ts';
import type { ClosedLoopWorkload } from '../../workloads/arrivals/closed-loop.ts';
import { RagPrompts } from '../../workloads/rag.ts';
import { mmluLikePrompts } from '../../workloads/trace-generators/mmlu-like.ts';
import { GENERATED_PREFIX, generatedTrace } from '../../workloads/trace-generators/generated-trace.ts';
import type { RetrievalScore } from '../../workloads/retrieval/retrieval-metrics.ts';
import type { TextRagPrompts } from '../../workloads/text-rag.ts';
import type { SharedPrefixPrompts } from '../../workloads/shared-prefix.ts';
import { TraceReplay } from '../../workloads/trace-replay.ts';
import { openTrace } from '../../workloads/traces/open-trace.ts';
import type { TraceRecord } from '../../workloads/traces/trace-record.ts';
import type { UnitCatalogue, Workload } from '../../workloads/workload.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { GENERATED } from '../config/trial-fields.ts';
import { readLines } from '../files/read-lines.ts';
import { makeLoop } from './arrivals.ts';
import { withPlainWorkload } from './dataset-workload.ts';
import { readPrefixes } from './prefix-files.ts';
import { makeTextPrompts } from './text-workload.ts';
import type { TextConfig } from './text-workload.ts';

export interface TrialWorkload {
  readonly workload: Workload | ClosedLoopWorkload;
  /** The corpus and its units from the most to the least popular; undefined where units are only known as requests come. */
  readonly corpus: { readonly catalogue: UnitCatalogue; readonly byPopularity: () => Int32Array } | undefined;
  /** How good retrieval is, where there is text to judge it by. */
  readonly retrieval?: RetrievalScore;
}

/** @param random streams of the trial's seed; those whose names begin with `workload/` are used */
export function makeWorkload(given: ResolvedConfig, random: RandomStreams): TrialWorkload {
  const config = withPlainWorkload(given);
  const { workload, retrieval } = config;
  if (workload.kind === 'trace') return { workload: makeReplay(workload, random), corpus: undefined };
  if (workload.kind === 'prefix') return makeSharedPrefixes(workload, config, random);
  if (workload.kind === 'text') return makeText(workload, config);
  const { turns, repeat, history, thinkTimeNs } = workload.sessions;
  const sessions = turns === 1 ? undefined : { meanTurns: turns, thinkTimeNs };
  const prompts = new RagPrompts({
    chunks: workload.chunks,
    chunkTokens: workload.chunkTokens,
    topK: workload.topK,
    zipf: workload.zipf,
    chunksPerDocument: workload.chunksPerDocument,
    topicLocality: workload.topicLocality,
    questionTokens: workload.questionTokens,
    outputTokens: workload.outputTokens,
    earlyOverlap: retrieval.earlyOverlap,
    ...(turns === 1 ? {} : { followUp: { repeatShare: repeat, historyTokens: history } }),
  });
  const byPopularity = (): Int32Array => {
    const popularity = prompts.popularity(random);
    const order = new Int32Array(workload.chunks);
    for (let chunk = 0; chunk < workload.chunks; chunk++) order[popularity.rank(chunk)] = chunk;
    return order;
  };
  return {
    workload: makeLoop(prompts, workload, config, sessions),
    corpus: prompts.catalogue === undefined ? undefined : { catalogue: prompts.catalogue, byPopularity },
  };
}

/** The text corpus of the last trial: its neighbours mostly search the same, and an index takes seconds to build. */
let searched: { readonly key: string; readonly prompts: TextRagPrompts; readonly score: RetrievalScore } | undefined;

/** Ranking by BM25 is the same for every seed and system. */
function makeText(workload: TextConfig, config: ResolvedConfig): TrialWorkload {
  const key = JSON.stringify([workload, config.retrieval]);
  if (searched?.key !== key) {
    const prompts = makeTextPrompts(workload, config.retrieval);
    searched = { key, prompts, score: prompts.score() };
  }
  const { prompts, score } = searched;
  return {
    workload: makeLoop(prompts, workload, config),
    corpus: { catalogue: prompts.catalogue, byPopularity: () => prompts.byPopularity() },
    retrieval: score,
  };
}

type PrefixConfig = Extract<ResolvedConfig['workload'], { kind: 'prefix' }>;

/** Lengths vary within a factor of four of their mean, so that few are longer than a model's context. */
const LENGTH_SPREAD = 4;

function makeSharedPrefixes(workload: PrefixConfig, config: ResolvedConfig, random: RandomStreams): TrialWorkload {
  const prompts = workload.source === GENERATED ? generatedPrefixes(workload) : readPrefixes(workload);
  return {
    workload: makeLoop(prompts, workload, config),
    corpus: { catalogue: prompts.catalogue, byPopularity: () => prompts.byPopularity(random) },
  };
}

function generatedPrefixes(workload: PrefixConfig): SharedPrefixPrompts {
  const { prefixes, prefixTokens: mean, prefixVariation: variation, headTokens, zipf, questionTokens, outputTokens, blockTokens } = workload;
  const min = Math.max(1, Math.floor(mean / LENGTH_SPREAD));
  return mmluLikePrompts({
    subjects: prefixes,
    prefixTokens: variation === 0 ? mean : { law: 'log-normal', mean, variation, min, max: mean * LENGTH_SPREAD },
    headTokens,
    zipf,
    questionTokens,
    outputTokens,
    blockTokens,
    tenants: { count: workload.tenants, zipf: workload.tenantZipf },
    probes: workload.probes,
  });
}

type TraceConfig = Extract<ResolvedConfig['workload'], { kind: 'trace' }>;

function makeReplay(trace: TraceConfig, random: RandomStreams): TraceReplay {
  return new TraceReplay({
    name: trace.file,
    open: () => openRecords(trace, random),
    blockTokens: trace.blockTokens,
    rateScale: trace.rateScale,
    fromNs: trace.window.fromNs,
    ...(trace.window.toNs === null ? {} : { toNs: trace.window.toNs }),
    limit: trace.requests,
  });
}

function openRecords(trace: TraceConfig, random: RandomStreams): Iterable<TraceRecord> {
  if (trace.file.startsWith(GENERATED_PREFIX)) return generatedTrace(trace.file, random, trace.requests);
  const format = trace.format === 'auto' ? undefined : trace.format;
  return openTrace(readLines(trace.file), { file: trace.file, blockTokens: trace.blockTokens }, format).records;
}
