/** What a trial fetches ahead of need, from its config. */
import type { ChunkGeometries } from '../../protocols/placement/chunk-geometry.ts';
import { CoOccurrencePredictor, MarkovPredictor } from '../../protocols/prefetch/history-predictor.ts';
import { KeepPolicy } from '../../protocols/prefetch/keep-policy.ts';
import { EarlyRetrieval, NoPredictor, OraclePredictor } from '../../protocols/prefetch/predictor.ts';
import type { Predictor } from '../../protocols/prefetch/predictor.ts';
import { AdaptiveTrigger, ThresholdTrigger } from '../../protocols/prefetch/trigger.ts';
import type { PrefetchSetup } from '../../protocols/systems/request-pipeline.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { Machines } from './machines.ts';
import type { TrialWorkload } from './workload.ts';

/** Undefined where nothing is ever fetched ahead. */
export function makePrefetch(config: ResolvedConfig, machines: Machines, geometries: ChunkGeometries, workload: TrialWorkload): PrefetchSetup | undefined {
  const { trigger, thresholdNs, depth, confidence, concurrency, memoryBytes, linkShare, keep } = config.prefetch;
  const isAdaptive = trigger === 'adaptive';
  if (!isAdaptive && thresholdNs === null) return undefined;
  return {
    options: {
      trigger: isAdaptive ? new AdaptiveTrigger() : new ThresholdTrigger(thresholdNs!),
      predictor: makePredictor(config),
      depth,
      confidence,
      concurrency,
      memoryBytes,
      linkShare,
      downBps: config.network.downBps,
    },
    keep: new KeepPolicy(keep, geometries, machines.pollution),
    unitTokens: workload.corpus === undefined ? undefined : (id) => workload.corpus!.catalogue.tokens(id),
  };
}

function makePredictor({ prefetch: { predictor, depth } }: ResolvedConfig): Predictor {
  switch (predictor) {
    case 'none':
      return new NoPredictor();
    case 'early':
      return new EarlyRetrieval();
    case 'markov':
      return new MarkovPredictor(depth);
    case 'co-occurrence':
      return new CoOccurrencePredictor(depth, new EarlyRetrieval());
    case 'oracle':
      return new OraclePredictor();
  }
}
