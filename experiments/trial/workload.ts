/** The requests of a trial, from its config: the same for every system and every cell that keeps the workload's keys. */
import type { RandomStreams } from '../../sim/kernel/random-streams.ts';
import { ConstantArrivals } from '../../workloads/arrivals/constant.ts';
import { PoissonArrivals } from '../../workloads/arrivals/poisson.ts';
import { OpenLoopWorkload } from '../../workloads/open-loop.ts';
import { RagPrompts } from '../../workloads/rag.ts';
import { GENERATED_PREFIX, generatedTrace } from '../../workloads/trace-generators/generated-trace.ts';
import { TraceReplay } from '../../workloads/trace-replay.ts';
import { openTrace } from '../../workloads/traces/open-trace.ts';
import type { TraceRecord } from '../../workloads/traces/trace-record.ts';
import type { UnitCatalogue, Workload } from '../../workloads/workload.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { readLines } from '../files/read-lines.ts';

export interface TrialWorkload {
  readonly workload: Workload;
  /** The corpus and its units from the most to the least popular; undefined where units are only known as requests come. */
  readonly corpus: { readonly catalogue: UnitCatalogue; readonly byPopularity: () => Int32Array } | undefined;
}

/** @param random streams of the trial's seed; those whose names begin with `workload/` are used */
export function makeWorkload(config: ResolvedConfig, random: RandomStreams): TrialWorkload {
  const { workload, retrieval } = config;
  if (workload.kind === 'trace') return { workload: makeReplay(workload, random), corpus: undefined };
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
  });
  const arrivals = workload.arrivals === 'poisson' ? new PoissonArrivals(workload.ratePerSecond) : new ConstantArrivals(workload.ratePerSecond);
  const byPopularity = (): Int32Array => {
    const popularity = prompts.popularity(random);
    const order = new Int32Array(workload.chunks);
    for (let chunk = 0; chunk < workload.chunks; chunk++) order[popularity.rank(chunk)] = chunk;
    return order;
  };
  return {
    workload: new OpenLoopWorkload({ prompts, arrivals, limit: config.measure.warmup + config.measure.requests }),
    corpus: prompts.catalogue === undefined ? undefined : { catalogue: prompts.catalogue, byPopularity },
  };
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
