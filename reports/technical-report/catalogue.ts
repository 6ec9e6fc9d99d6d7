/** The studies of the report: in which chapter each stands, what its chart shows, and what is told of it. */
import { type Prose, prose } from '../prose/inline.ts';
import { correctness, growth, published } from '../told/overlays.ts';
import { crossing, duels } from '../told/duels.ts';
import { bottlenecks, levels, range } from '../told/levels.ts';
import { effects, sweeps } from '../told/sweeps.ts';
import type { Teller } from '../told/told.ts';

export const CHAPTERS = [
  { name: 'variables', title: 'The five variables of the plan' },
  { name: 'paying', title: 'When fetching pays' },
  { name: 'fetching', title: 'Fetching well' },
  { name: 'routing', title: 'Routing requests instead of fetching caches' },
  { name: 'layers', title: 'Layer by layer: a prototype reproduced' },
  { name: 'overlays', title: 'Overlays by themselves' },
  { name: 'traces', title: 'Recorded workloads' },
  { name: 'other', title: 'Further studies' },
] as const;

export type ChapterName = (typeof CHAPTERS)[number]['name'];

export interface CatalogueEntry {
  /** Folder below the results; the name of the study where the config is run as it is. */
  readonly folder: string;
  /** Config below `configs/`, without suffix. */
  readonly config: string;
  /** Further arguments of `npm run experiment`. */
  readonly settings: readonly string[];
  readonly chapter: ChapterName;
  readonly title: string;
  /** What its chart shows: a kind of figure, or a metric against what is swept. */
  readonly chart: string;
  /** How many charts of that kind are shown, where there is one for each swept key; 0 for a study that is told in words. */
  readonly charts: number;
  readonly tell: readonly Teller[];
  /** What a reader must know, that no number says. */
  readonly remark: Prose | undefined;
}

type Stated = Partial<Omit<CatalogueEntry, 'folder'>> & Pick<CatalogueEntry, 'title' | 'chart' | 'tell'>;

function study(chapter: ChapterName, folder: string, stated: Stated): CatalogueEntry {
  return { folder, config: folder, settings: [], chapter, charts: 1, remark: undefined, ...stated };
}

/** A study that a neighbour's chart introduces: told in words, its charts left to its own report. */
function inWords(chapter: ChapterName, folder: string, stated: Pick<CatalogueEntry, 'title' | 'tell'>): CatalogueEntry {
  return study(chapter, folder, { ...stated, chart: 'auto', charts: 0 });
}

const ROUTED = ['least-loaded-routing', 'hash-routing', 'central-router'];

export const CATALOGUE: readonly CatalogueEntry[] = [
  study('variables', 'paper', {
    title: 'One variable at a time', chart: 'ttftMeanMs', charts: 5,
    tell: [levels('ttftMeanMs'), sweeps('ttftMeanMs'), duels('ttftMeanMs'), effects('ttftMeanMs')],
  }),
  study('variables', 'paper-factorial', {
    title: 'All combinations', config: 'paper', settings: ['--set', 'design=factorial', '--seeds', '3'], chart: 'ttftMeanMs',
    tell: [effects('ttftMeanMs'), duels('ttftMeanMs')],
  }),
  study('variables', 'replication', { title: 'Replicas', chart: 'ttftMeanMs', tell: [levels('ttftMeanMs'), duels('ttftMeanMs'), sweeps('ttftMeanMs'), sweeps('hitRate')] }),
  study('variables', 'nodes', { title: 'Size of the cluster', chart: 'ttftMeanMs', tell: [duels('ttftMeanMs'), sweeps('ttftMeanMs'), sweeps('hitRate'), sweeps('lookupHopsMean')] }),
  inWords('variables', 'replication-failures', { title: 'Replicas and nodes that crash for good', tell: [sweeps('hitRate', { over: ['placement.replicas'] }), range('hitRate'), range('ttftMeanMs')] }),
  study('variables', 'scaling', {
    title: 'Throughput at saturation', chart: 'throughputRps',
    tell: [sweeps('throughputRps'), sweeps('throughputRps', { system: 'no-reuse' }), sweeps('throughputRps', { system: 'central-memory' }), bottlenecks],
  }),

  study('paying', 'break-even', {
    title: 'Link rate and GPU', chart: 'heat-map', tell: [crossing('ttftMeanMs', 'network.down', { against: 'no-reuse' }), duels('ttftMeanMs'), effects('ttftMeanMs')],
    remark: prose`Queries come one at a time here, so nothing queues: this is the hardest comparison for fetching, against an idle GPU.`,
  }),
  study('paying', 'long-context', { title: 'Long prompts', chart: 'ttftMeanMs', tell: [duels('ttftMeanMs'), levels('ttftMeanMs'), sweeps('ttftMeanMs')] }),
  study('paying', 'compression', { title: 'Compression', chart: 'ttftMeanMs', tell: [crossing('ttftMeanMs', 'network.up', { against: 'no-reuse' }), duels('ttftMeanMs'), effects('ttftMeanMs')] }),
  study('paying', 'baselines', { title: 'The same help for every baseline', chart: 'ttftMeanMs', tell: [duels('ttftMeanMs'), levels('ttftMeanMs')] }),
  study('paying', 'load', { title: 'Request rate and saturation', chart: 'ttftMeanMs', tell: [duels('ttftMeanMs'), sweeps('ttftMeanMs'), bottlenecks] }),
  study('paying', 'network-load', { title: 'Load on the network', chart: 'linkUpUtilisationMax', tell: [duels('ttftMeanMs'), sweeps('linkUpUtilisationMax'), sweeps('linkUpUtilisationMax', { system: 'central-memory' })] }),
  study('paying', 'targets', { title: 'Regimes of the latency target', chart: 'ttftMeanMs', tell: [duels('ttftMeanMs'), range('hitRateHot'), range('busiestUtilisation', 'central-disk')] }),
  inWords('paying', 'datasets', { title: 'Questions, passages, few-shot prefixes, long texts', tell: [duels('ttftMeanMs'), range('retrievalRecall')] }),
  study('paying', 'quality-frontier', {
    title: 'Answers against latency', chart: 'quality-frontier', tell: [duels('ttftMeanMs'), range('exactAnswers'), effects('ttftMeanMs')],
    remark: prose`Latency is simulated; answers were measured on the project’s own small model, so they say how policies order, not what a large model would lose.`,
  }),

  study('fetching', 'parallel-sources', { title: 'Several sources at once', chart: 'source-speedup', tell: [sweeps('transferMs'), effects('transferMs'), range('sourcesEffectiveMean')] }),
  inWords('fetching', 'parallel-sources-load', { title: 'Several sources under load', tell: [sweeps('transferMs', { over: ['fetch.sources'] }), effects('transferMs')] }),
  study('fetching', 'placement', { title: 'What lies together', chart: 'segmentsMaxOverMean', tell: [sweeps('segmentsMaxOverMean'), sweeps('messages'), sweeps('ttftMeanMs')] }),
  study('fetching', 'eviction', { title: 'Eviction', chart: 'hitRate', tell: [range('hitRate'), sweeps('hitRate'), effects('hitRate')] }),
  inWords('fetching', 'admission', { title: 'Admission', tell: [range('hitRate'), effects('hitRate'), sweeps('ttftMeanMs', { over: ['store.admission'] })] }),
  inWords('fetching', 'tiers', { title: 'Memory and drive', tell: [effects('ttftMeanMs'), sweeps('bytesDemoted')] }),
  study('fetching', 'hot-chunks', { title: 'Copies of hot chunks', chart: 'ttftMeanMs', tell: [sweeps('ttftMeanMs'), range('hitRateLocal'), effects('ttftMeanMs')] }),
  inWords('fetching', 'shared-copies', { title: 'Copies that others find', tell: [sweeps('ttftP99Ms'), effects('ttftMeanMs')] }),
  inWords('fetching', 'leases', { title: 'Leases', tell: [range('hitRate'), sweeps('hitRate'), range('bytesRenewal')] }),
  inWords('fetching', 'write-quorum', { title: 'Waiting for acknowledgements', tell: [sweeps('writeAcknowledgedMs', { over: ['placement.writeQuorum'] }), range('writesFailed'), effects('ttftMeanMs')] }),
  study('fetching', 'prefetch-threshold', { title: 'Fetching ahead: from which wait on', chart: 'ttftMeanMs', tell: [sweeps('ttftMeanMs'), range('prefetchCoverage'), effects('ttftMeanMs')] }),
  study('fetching', 'prefetch-predictor', { title: 'Fetching ahead: whose guess', chart: 'ttftMeanMs', tell: [sweeps('ttftMeanMs'), range('prefetchAccuracy'), range('prefetchCoverage')] }),
  study('fetching', 'recompute-or-fetch', { title: 'Computing from the front while fetching from the tail', chart: 'ttftMeanMs', tell: [sweeps('ttftMeanMs'), effects('ttftMeanMs')] }),
  inWords('fetching', 'layer-overlap', { title: 'Layer by layer behind the arrival', tell: [sweeps('ttftMeanMs', { over: ['pipeline.overlap'] }), range('hiddenPrefillMs'), effects('ttftMeanMs')] }),
  study('fetching', 'faults', { title: 'Crashes, partition, slow links, corruption', chart: 'series', tell: [duels('ttftMeanMs'), range('hitRate'), range('segmentsCorrupt')] }),

  study('routing', 'prefix-routing', {
    title: 'Delay and skew', chart: 'ttftMeanMs',
    tell: [crossing('ttftMeanMs', 'network.latency', { subject: 'prefix-routing', against: 'least-loaded-routing' }), duels('ttftMeanMs', { subject: 'prefix-routing', against: [...ROUTED, 'random-routing'] }), effects('ttftMeanMs', 'prefix-routing')],
  }),
  study('routing', 'prefix-staleness', { title: 'Age of metadata', chart: 'hitRate', tell: [duels('hitRate', { subject: 'prefix-routing', against: ['central-router'] }), sweeps('hitRate', { system: 'prefix-routing' }), range('metadataAgeMeanMs', 'prefix-routing')] }),
  study('routing', 'prefix-hotspots', { title: 'Hotspots', chart: 'ttftP99Ms', tell: [duels('ttftP99Ms', { subject: 'prefix-routing', against: ROUTED }), sweeps('ttftP99Ms', { system: 'hash-routing' })] }),
  study('routing', 'prefix-zones', { title: 'Latency zones', chart: 'ttftMeanMs', tell: [crossing('ttftMeanMs', 'network.interZoneLatency', { subject: 'prefix-routing', against: 'least-loaded-routing' }), sweeps('ttftMeanMs', { system: 'prefix-routing' })] }),
  study('routing', 'prefix-estimates', { title: 'Estimates of peers’ caches', chart: 'metadataBytesPerSecond', tell: [sweeps('metadataBytesPerSecond'), sweeps('falseHitRate'), range('hitRate')] }),
  study('routing', 'prefix-traffic', { title: 'Traffic of anti-entropy', chart: 'metadataBytesPerSecond', tell: [sweeps('metadataBytesPerSecond', { system: 'prefix-routing' }), sweeps('metadataBytesPerSecond', { system: 'central-router' }), duels('hitRate', { subject: 'prefix-routing', against: ['central-router'] })] }),
  study('routing', 'prefix-failures', { title: 'Router and nodes down', chart: 'ttftP99Ms', tell: [duels('ttftMeanMs', { subject: 'prefix-routing', against: ROUTED }), levels('ttftP99Ms')] }),
  study('routing', 'prefix-liars', { title: 'Nodes that lie', chart: 'sentToLiarsShare', tell: [sweeps('sentToLiarsShare'), sweeps('hitRate'), range('falseHitRate')] }),
  study('routing', 'prefix-churn', { title: 'Nodes that come and go', chart: 'metadataBytesPerSecond', tell: [sweeps('metadataBytesPerSecond', { system: 'prefix-routing' }), sweeps('ttftMeanMs', { system: 'prefix-routing' }), duels('ttftMeanMs', { subject: 'prefix-routing', against: ['central-router'] })] }),
  study('routing', 'hybrid-routing', { title: 'Route, fetch or compute', chart: 'ttftMeanMs', tell: [duels('ttftMeanMs', { subject: 'hybrid-routing', against: ['prefix-routing'] }), range('fetchedShare', 'hybrid-routing'), sweeps('hitRate', { system: 'hybrid-routing' })] }),
  study('routing', 'tenant-isolation', { title: 'Isolation of tenants', chart: 'attackAuc', tell: [sweeps('attackAuc', { system: 'prefix-routing' }), sweeps('hitRate', { system: 'prefix-routing' }), sweeps('ttftMeanMs', { system: 'prefix-routing' }), range('attackAuc', 'random-routing')] }),
  study('routing', 'grand-comparison', { title: 'Every system on one workload', chart: 'ttftMeanMs', tell: [levels('ttftMeanMs'), levels('ttftP99Ms'), levels('hitRate')] }),
  inWords('routing', 'load-prefixes', { title: 'Shared beginnings until saturation', tell: [duels('ttftMeanMs', { subject: 'prefix-routing', against: [...ROUTED, 'no-reuse'] }), sweeps('throughputRps', { system: 'prefix-routing' }), sweeps('throughputRps', { system: 'no-reuse' })] }),

  study('layers', 'kv-cache-p2p-demo', {
    title: 'The demo', chart: 'ttftMeanMs', tell: [published('kvFetchMs'), published('kvFetchMiBps'), duels('ttftMeanMs', { subject: 'kv-cache-p2p', against: ['no-reuse'] }), sweeps('kvFetchMs', { system: 'kv-cache-p2p', over: ['kvCacheP2p.layersInFlight'] })],
    remark: prose`The latency of the link was calibrated to the demo; what follows from it is everything with more than one layer in flight.`,
  }),
  study('layers', 'kv-cache-p2p-scale', { title: 'Asking everybody, or a DHT', chart: 'messagesPerLayerLookup', tell: [crossing('messagesPerLayerLookup', 'cluster.nodes', { subject: 'kv-cache-p2p-dht', against: 'kv-cache-p2p' }), sweeps('messagesPerLayerLookup', { system: 'kv-cache-p2p' }), sweeps('messagesPerLayerLookup', { system: 'kv-cache-p2p-dht' }), sweeps('layerLookupMs', { system: 'kv-cache-p2p-dht' })] }),

  study('overlays', 'dht-comparison', { title: 'Small overlays beside a published comparison', chart: 'hopsMean', tell: [levels('hopsMean'), published('hopsMean'), published('correctShare'), correctness] }),
  study('overlays', 'dht-scaling', { title: 'From eight nodes to a million', chart: 'hopsMean', tell: [levels('hopsMean'), growth, published('hopsMean'), levels('messagesPerLookup')] }),
  study('overlays', 'dht-failures', { title: 'Right after a mass crash', chart: 'timeoutsPerLookup', tell: [published('timeoutsPerLookup'), published('hopsMean'), correctness] }),
  study('overlays', 'dht-repair', { title: 'After repairs', chart: 'lookupP95Ms', tell: [correctness, levels('hopsMean')] }),
  study('overlays', 'dht-churn', { title: 'Churn', chart: 'failedShare', tell: [correctness, levels('maintenanceBytesPerNode'), levels('lookupP50Ms')] }),
  study('overlays', 'dht-frontier', { title: 'Cost against performance', chart: 'cost-performance', tell: [levels('maintenanceBytesPerNode'), levels('lookupP50Ms'), effects('lookupP50Ms', 'chord')] }),

  study('traces', 'trace-replay', { title: 'Reuse in a trace', chart: 'hit-rate', tell: [levels('hitRate'), levels('ttftMeanMs')] }),
  study('traces', 'replay-profile', { title: 'One GPU with a measured profile', chart: 'ttft-cdf', tell: [levels('ttftMeanMs'), levels('ttftP99Ms'), levels('tpotMeanMs')] }),
];

/** What is told of a study that the report does not know. */
export const OTHER: Stated = { title: 'Further study', chart: 'auto', tell: [levels('ttftMeanMs'), duels('ttftMeanMs'), sweeps('ttftMeanMs'), effects('ttftMeanMs')] };
export const OTHER_OVERLAY: Stated = { title: 'Further study of overlays', chart: 'auto', tell: [levels('hopsMean'), correctness, effects('hopsMean')] };

/** The command that makes the results of a study. */
export function commandOf({ config, folder, settings }: Pick<CatalogueEntry, 'config' | 'folder' | 'settings'>): string {
  return ['npm run experiment --', `configs/${config}.yaml`, ...settings, ...(folder === config ? [] : ['--out', `results/${folder}`])].join(' ');
}
