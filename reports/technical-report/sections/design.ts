import { type Section, list, paragraph, table } from '../../prose/blocks.ts';
import { type Prose, cite, code, joined, prose } from '../../prose/inline.ts';
import { type SourcedStudy, configured } from '../../prose/quantities.ts';
import { type ReportInput, confidence, defaultStudy } from '../report-input.ts';

/** What is compared, and how it is kept fair. */
export function design(input: ReportInput): Section {
  const study = defaultStudy(input);
  return {
    kind: 'section', id: 'design', title: prose`Question and design`, layout: 'plain',
    blocks: [
      paragraph(prose`A retrieval-augmented request brings long chunks of text in front of a short question. Computing the keys and values of those chunks takes most of the time to first token (TTFT), and the same chunks come again and again. Their caches could be kept: on the node that computed them, in one central store, or spread over the nodes themselves and found through an overlay. They could also stay where they are while requests are sent to them. Each of these is a system under test here; they share one request pipeline and differ in where it gets KV from, or in which node a request goes to.`),
      systems(),
      paragraph(prose`Fair means: the same GPUs, model, requests, retrieval, routing and seeds for all. The corpus is computed before time zero; one server with the NIC and the drive of a peer holds all of it for the central systems, and peers hold what their capacity and replication allow. Every store may use several connections, compression and prefetch; no baseline is denied what P2P-RAGCache has. ${defaults(study)}`),
      paragraph(prose`A study is one config: systems, seeds, and values of swept keys, in all combinations or one key at a time. A trial is a pure function of its resolved config, its system and its seed; the keys that a system reads are listed and enforced, so trials that agree in them are run once and shared. Random numbers come from named streams, so the same seed gives all systems the same requests, and systems are compared pair by pair. Means have Student intervals across seeds at ${confidence()}, ratios Fieller intervals ${cite('fieller')}, and a system is called better or worse only where the interval of the paired difference excludes zero ${cite('law')}. Warm-up queries are dropped, and whether they were enough is checked by MSER ${cite('mser')}.`),
      protocol(study),
    ],
  };
}

function systems(): ReturnType<typeof table> {
  const row = (name: string, what: string): Prose[] => [prose`${name}`, prose`${what}`];
  return table(prose`Systems under test`, ['System', 'Where KV comes from, or where requests go'], [
    row('No reuse', 'Every chunk is computed again.'),
    row('Local cache', 'A node keeps what it computed, for itself.'),
    row('Central disk, central memory', 'One server holds the corpus; nodes read it over several connections.'),
    row('P2P-RAGCache', 'Segments of chunks lie on replicas that an overlay names (Chord, Kademlia or Pastry); a request pulls from several holders at once.'),
    row('KV Cache P2P', 'A prototype: layers are found by asking every peer, or over a DHT.'),
    row('Prefix routing, hybrid', 'Requests go to the node with the longest cached prefix by metadata that nodes exchange; the hybrid may fetch instead.'),
    row('Central router, hash, least loaded, random', 'Other ways to choose a node, from exact knowledge to none.'),
  ]);
}

const SHOWN: readonly (readonly [key: string, what: string])[] = [
  ['cluster.nodes', 'nodes'], ['cluster.gpu', 'GPU'], ['cluster.model', 'model'], ['network.up', 'uplink'], ['network.down', 'downlink'], ['network.latency', 'one-way latency'],
  ['cluster.memory', 'host memory for KV a node'], ['cluster.ssd.capacity', 'drive a node'], ['cluster.ssd.read', 'read rate of a drive'], ['workload.chunks', 'chunks in the corpus'], ['workload.chunkTokens', 'tokens a chunk'],
  ['workload.topK', 'chunks a request'], ['workload.rate', 'request rate'], ['workload.zipf', 'Zipf exponent'], ['placement.replicas', 'replicas'], ['fetch.sources', 'parallel sources'],
];

/** The default setting, from the resolved config of a study. */
function defaults(study: SourcedStudy | undefined): Prose {
  if (study === undefined) return prose`No study of the default setting is among the results; docs/CONFIG.md lists every default.`;
  const items = defaultItems(study).map(([what, value]) => prose`${what} ${value}`);
  return items.length === 0 ? prose`The resolved config of the default study cannot be read.` : prose`The default setting: ${joined(items, ', ')}.`;
}

/** Names and values of the keys that say most of a setting. */
export function defaultItems(study: SourcedStudy | undefined): (readonly [what: Prose, value: Prose])[] {
  return SHOWN.flatMap(([key, what]) => {
    const value = study === undefined ? undefined : configured(study, key);
    return value === undefined ? [] : [[prose`${what}`, [value]] as const];
  });
}

function protocol(study: SourcedStudy | undefined): ReturnType<typeof list> {
  const value = (key: string): Prose => {
    const found = study === undefined ? undefined : configured(study, key);
    return found === undefined ? prose`the stated number of` : [found];
  };
  return list([
    prose`Measurement: ${value('measure.warmup')} warm-up queries are run and not counted, then ${value('measure.requests')} are measured, whenever they end. Percentiles are exact.`,
    prose`TTFT is the time from arrival at the cluster to the first token. Its parts (routing, retrieval, queueing, lookup, transfer, copy, adjustment, prefill) are found by walking the critical path back from the first token; they add up exactly, and work hidden behind other work stands beside them.`,
    prose`Hit rate counts reusable units not recomputed, split into local and remote; hot units are those that make up half of all requests. Saturation is named: a resource that is nearly always busy makes TTFT depend on the length of a run.`,
    prose`A study runs with ${code('npm run experiment -- configs/<name>.yaml')}; the same config and seed give the same bytes on any number of workers.`,
  ]);
}
