/** The columns of one trial's measured queries, in the order in which `queries.parquet` holds them. */

export interface QueryColumnSpec {
  readonly name: string;
  /** `int32`: an Int32Array; `float64`: a Float64Array (nanoseconds and bytes are whole numbers up to 2^53). */
  readonly type: 'int32' | 'float64' | 'string';
  readonly unit: string;
  readonly definition: string;
}

const count = (name: string, definition: string, unit = 'count'): QueryColumnSpec => ({ name, type: 'int32', unit, definition });
const time = (name: string, definition: string): QueryColumnSpec => ({ name, type: 'float64', unit: 'ns', definition });

/** Critical-path parts of a TTFT, in the order of a request's life. They add up to `ttftNs` exactly. */
export const ATTRIBUTION_PARTS = ['routing', 'retrieval', 'queueing', 'lookup', 'transfer', 'copy', 'adjust', 'prefill'] as const;

/** Parts of which some work may be hidden behind another part, outside the sum. */
export const HIDDEN_PARTS = ['lookup', 'transfer', 'copy', 'adjust', 'prefill'] as const;

const PART_DEFINITIONS: Readonly<Record<(typeof ATTRIBUTION_PARTS)[number], string>> = {
  routing: 'from the front end to the node that serves the request',
  retrieval: 'finding the top-k chunks',
  queueing: 'waiting for the engine or for memory in it',
  lookup: 'finding the holders of cached KV in the overlay',
  transfer: 'moving KV from a peer, a central store or a local disk into host memory',
  copy: 'decoding KV and copying it from host memory to the GPU',
  adjust: 'rotating cached keys to their new positions',
  prefill: 'computing the KV of what was not cached, up to the first token',
};

export const QUERY_COLUMNS: readonly QueryColumnSpec[] = [
  count('request', 'Request id within the workload', 'id'),
  count('node', 'Node that served the request', 'id'),
  time('arrivalNs', 'Arrival at the cluster'),
  time('ttftNs', 'Time to first token: first token emitted − arrival'),
  time('e2eNs', 'End to end: last token − arrival'),
  count('outputTokens', 'Tokens generated', 'tokens'),
  count('promptTokens', 'Tokens of the prompt, cached or not', 'tokens'),
  count('unitsLocal', 'Reusable units found on the serving node'),
  count('unitsRemote', 'Reusable units fetched from a peer or a central store'),
  count('unitsMissed', 'Reusable units recomputed'),
  { name: 'bytesFetched', type: 'float64', unit: 'B', definition: 'Bytes of KV fetched over the network, as encoded' },
  count('sources', 'Most distinct holders this request pulled from at once'),
  count('hops', 'Overlay hops over all lookups of the request'),
  time('waitNs', 'From entering the queue of the engine to its head'),
  time('predictedWaitNs', 'The same, as predicted at the entrance'),
  { name: 'bytesPrefetched', type: 'float64', unit: 'B', definition: 'Bytes that were fetched before the request reached the head of its queue or retrieval had named its units' },
  ...ATTRIBUTION_PARTS.map((part) => time(`${part}Ns`, `Critical-path time of ${PART_DEFINITIONS[part]}`)),
  ...HIDDEN_PARTS.map((part) =>
    time(`hidden${part[0].toUpperCase()}${part.slice(1)}Ns`, `Time of ${PART_DEFINITIONS[part]} that ran behind another part, outside the sum`),
  ),
];
