/** Every metric a trial may report: its label, unit, direction and definition. A name outside this table is refused. */

export interface Metric {
  readonly name: string;
  /** As shown on an axis or a table head. */
  readonly label: string;
  readonly unit: string;
  /** Which way is better for the user; `none` for descriptive metrics. */
  readonly better: 'lower' | 'higher' | 'none';
  readonly definition: string;
}

const table: Metric[] = [];

function add(name: string, label: string, unit: string, better: Metric['better'], definition: string): void {
  table.push({ name, label, unit, better, definition });
}

/** Mean, median, 90th, 95th and 99th percentile of a per-query latency. */
function addLatency(prefix: string, label: string, definition: string): void {
  add(`${prefix}MeanMs`, `Mean ${label}`, 'ms', 'lower', `Mean over measured queries of ${definition}`);
  add(`${prefix}P50Ms`, `Median ${label}`, 'ms', 'lower', `Exact median over measured queries of ${definition}`);
  add(`${prefix}P90Ms`, `P90 ${label}`, 'ms', 'lower', `Exact 90th percentile over measured queries of ${definition}`);
  add(`${prefix}P95Ms`, `P95 ${label}`, 'ms', 'lower', `Exact 95th percentile over measured queries of ${definition}`);
  add(`${prefix}P99Ms`, `P99 ${label}`, 'ms', 'lower', `Exact 99th percentile over measured queries of ${definition}`);
}

addLatency('ttft', 'TTFT', 'time to first token: first token emitted − arrival at the cluster');
addLatency('e2e', 'end-to-end latency', 'last token emitted − arrival at the cluster');
addLatency('tpot', 'TPOT', 'time per output token, (last − first token) ÷ (output tokens − 1), of queries with at least two');

add('throughputRps', 'Throughput', 'requests/s', 'higher', 'Completed requests per second of the measured window');
add('throughputTps', 'Token throughput', 'tokens/s', 'higher', 'Output tokens of completed requests per second of the measured window');
add('goodputRps', 'Goodput', 'requests/s', 'higher', 'Completed requests that kept `measure.slo`, per second of the measured window');

add('hitRate', 'Hit rate', 'fraction', 'higher', 'Reusable units not recomputed ÷ reusable units asked for');
add('hitRateLocal', 'Local hit rate', 'fraction', 'higher', 'Reusable units found on the serving node ÷ reusable units asked for');
add('hitRateRemote', 'Remote hit rate', 'fraction', 'none', 'Reusable units fetched from a peer or a central store ÷ reusable units asked for');
add('hitRateBytes', 'Hit rate by byte', 'fraction', 'higher', 'KV bytes of units not recomputed ÷ KV bytes of units asked for, uncompressed');
add('hitRateTokens', 'Prompt tokens reused', 'fraction', 'higher', 'Prompt tokens whose KV was not recomputed ÷ all prompt tokens, questions included');
add('gpuSecondsSaved', 'GPU time saved', 's', 'higher', 'GPU time that prefill of the reused tokens would have taken, over measured requests: by the cost model, whole prompt less the rest, each alone, × GPUs a node; what fetching and recomputation cost is not taken off');
add('hitRateHot', 'Hit rate, hot units', 'fraction', 'higher', 'Hit rate over the most asked-for units that together make up half of all requests for units');

add('recomputedShare', 'Recomputed share', 'fraction', 'lower', 'Tokens of joined chunks computed again, and what choosing them cost, ÷ all prompt tokens');
add('exactAnswers', 'Exact answers', 'fraction', 'higher', 'Questions answered exactly, as measured on real text for this stitching policy and compression: not simulated');
add('perplexityIncrease', 'Perplexity increase', 'fraction', 'lower', 'Perplexity ÷ that of a full prefill − 1, as measured on real text: not simulated');
add('tokenAgreement', 'Agreement with a full prefill', 'fraction', 'higher', 'Scored tokens whose most likely successor is that of a full prefill, as measured on real text: not simulated');
add('corpusHeld', 'Corpus held', 'fraction', 'none', 'Chunks of which the peers held every segment on all its replicas at the start ÷ chunks of the corpus; where stores start warm');

add('missedInComputation', 'Missed while computed', 'fraction', 'none', 'Reusable units recomputed although another request was computing or storing them at that moment ÷ reusable units asked for');

add('waitMeanMs', 'Mean wait in the queue', 'ms', 'lower', 'Mean over measured queries of the time from entering the queue of the engine to its head, where there is room in GPU memory');
add('waitPredictionErrorMs', 'Wait prediction error', 'ms', 'lower', 'Mean over measured queries of |wait in the queue − wait predicted at its entrance|');
add('waitErrorMeanMs', 'Mean signed wait error', 'ms', 'none', 'Mean over measured queries of predicted − actual wait in the queue: below 0 the monitor promises too little');
add('waitErrorP5Ms', 'Wait error, P5', 'ms', 'none', 'Exact 5th percentile over measured queries of predicted − actual wait in the queue');
add('waitErrorP50Ms', 'Wait error, median', 'ms', 'none', 'Exact median over measured queries of predicted − actual wait in the queue');
add('waitErrorP95Ms', 'Wait error, P95', 'ms', 'none', 'Exact 95th percentile over measured queries of predicted − actual wait in the queue');
add('prefetchShare', 'Queries fetched ahead for', 'fraction', 'none', 'Measured queries whose predicted wait made the trigger fire ÷ measured queries');
add('prefetchAccuracy', 'Prefetch accuracy', 'fraction', 'higher', 'Bytes prefetched that were used ÷ bytes that prefetches brought');
add('prefetchCoverage', 'Prefetch coverage', 'fraction', 'higher', 'Bytes needed that were in the memory of the node when retrieval had named them ÷ bytes needed');
add('prefetchWastedBytes', 'Wasted by prefetch', 'B', 'lower', 'Bytes that prefetches for measured queries brought in whole segments and that were not used');
add('pollutionBytes', 'Pollution', 'B', 'lower', 'Bytes of segments that prefetched ones drove out of a node and that this node was asked for later, over the whole trial');

add('chosenFetch', 'Units fetched by choice', 'fraction', 'none', 'With pipeline.decision: units fetched whole ÷ units that requests lacked at the head of the queue');
add('chosenRecompute', 'Units computed by choice', 'fraction', 'none', 'With pipeline.decision: units computed whole because that was expected to be sooner ÷ units that requests lacked at the head of the queue');
add('chosenWait', 'Units waited for by choice', 'fraction', 'none', 'With pipeline.decision: units that another request of the node was fetching or computing, waited for ÷ units that requests lacked at the head of the queue');
add('chosenBothEnds', 'Units from both ends', 'fraction', 'none', 'With pipeline.decision: units computed from the front and fetched from the tail ÷ units that requests lacked at the head of the queue');
add('decisionErrorMeanMs', 'Mean signed decision error', 'ms', 'none', 'With pipeline.decision: mean over queries of expected − actual time from the decision to the first token');
add('decisionErrorMs', 'Decision error', 'ms', 'lower', 'With pipeline.decision: mean over queries of |expected − actual time from the decision to the first token|');

add('breakEvenGbps', 'Break-even link rate', 'Gbps', 'none', 'Link rate at which fetching all units of a request, as stored, takes as long as the prefill that they save on an idle GPU: KV bits ÷ (prefill of the prompt − prefill of the question), by the cost model');

add('retrievalRecall', 'Recall@k', 'fraction', 'higher', 'Text corpora: mean over judged questions of relevant documents among the k chunks retrieved ÷ relevant documents');
add('retrievalMrr', 'MRR@k', 'fraction', 'higher', 'Text corpora: mean over judged questions of 1 ÷ rank of the first relevant document, 0 where none is among the k chunks');
add('answerInChunk', 'Answer in a chunk', 'fraction', 'higher', 'Text corpora: questions of which an accepted answer stands in one of the k chunks ÷ questions with known answers');
add('firstStageOverlap', 'First-stage overlap', 'fraction', 'higher', 'Text corpora: mean over questions of the share of the k chunks that the first retrieval stage had named');

add('gpuUtilisation', 'GPU utilisation', 'fraction', 'none', 'Busy time ÷ measured window, mean over the GPUs');
add('cpuUtilisation', 'CPU utilisation', 'fraction', 'none', 'Core-busy time ÷ (cores × measured window), mean over the nodes');
add('linkUpUtilisation', 'Uplink utilisation', 'fraction', 'none', 'Bytes carried ÷ (capacity × measured window), mean over the uplinks of the nodes');
add('linkDownUtilisation', 'Downlink utilisation', 'fraction', 'none', 'Bytes carried ÷ (capacity × measured window), mean over the downlinks of the nodes');
add('linkUpUtilisationMax', 'Busiest uplink', 'fraction', 'none', 'Bytes carried ÷ (capacity × measured window) of the busiest uplink, central store included');
add('linkDownUtilisationMax', 'Busiest downlink', 'fraction', 'none', 'Bytes carried ÷ (capacity × measured window) of the busiest downlink, central store included');
add('diskUtilisationMax', 'Busiest disk', 'fraction', 'none', 'Busy time ÷ measured window of the busiest storage device');
add('busiestUtilisation', 'Busiest resource', 'fraction', 'none', 'Utilisation of the resource named by the label busiestResource');

add('lookupHopsMean', 'Mean lookup hops', 'hops', 'lower', 'Mean over overlay lookups of the hops taken, the last step to the owner included');
add('lookupLatencyMeanMs', 'Mean lookup latency', 'ms', 'lower', 'Mean over overlay lookups of the time from the question to the answer');
add('lookupTimeouts', 'Lookup timeouts', 'timeouts', 'lower', 'Waits of overlay lookups that expired on a dead node, over all lookups of measured queries');
add('forwardedShare', 'Requests sent on', 'fraction', 'none', 'Requests that the node (or router) where they came in sent to another ÷ requests');
add('fetchedShare', 'Requests that fetched', 'fraction', 'none', 'Requests served where they came in, with KV fetched from the cache of another node ÷ requests');
add('redirectedShare', 'Redirects', 'fraction', 'lower', 'Times a request was sent on again, because less was cached than had been claimed ÷ requests');
add('spilledShare', 'Spills', 'fraction', 'none', 'Requests kept off the longest match because it had too many requests ÷ requests');
add('falseHitRate', 'False hits', 'fraction', 'lower', 'Blocks that an estimate promised and that were not cached when the request came ÷ blocks asked for');
add('missedHitRate', 'Missed hits', 'fraction', 'lower', 'Blocks cached on some living node beyond the best match that was known when the node was chosen ÷ blocks asked for');
add('metadataAgeMeanMs', 'Metadata age', 'ms', 'lower', 'Mean age of the estimate by which a request was sent to a node');
add('forwardingMeanMs', 'Forwarding', 'ms', 'lower', 'Mean time from the node (or front end, for a central router) where a request came in to the node that served it, of requests sent on');
add('metadataMessagesPerSecond', 'Metadata messages', 'messages/s', 'lower', 'Messages a second, over all nodes, that tell what is cached where');
add('metadataBytesPerSecond', 'Metadata traffic', 'B/s', 'lower', 'Bytes of those messages a second, headers included');
add('sentToLiarsShare', 'Sent to liars', 'fraction', 'lower', 'Times a request was sent to a node that claims blocks it lacks ÷ requests');
add('liarsDistrusted', 'Liars found out', 'times', 'none', 'Times that a node lost its trust in one that claims blocks it lacks, in the measured window');
add('liarDistrustMeanMs', 'Time to distrust', 'ms', 'lower', 'Mean time since the start at which that happened');
add('attackAuc', 'Timing attack AUC', 'fraction', 'lower', 'Probability that of a text that another tenant has asked about and one that none has, the first is probed with the lower TTFT a token; 0.5 is guessing');
add('honestDistrusted', 'Honest distrusted', 'times', 'lower', 'Times that a node lost its trust in one that does not lie, in the measured window');
add('segmentsRepaired', 'Segments repaired', 'segments', 'none', 'Replicas brought to a node that should hold them and did not, over the whole trial');
add('bytesRepair', 'Repair traffic', 'B', 'lower', 'Bytes sent to restore replicas, over the whole trial');
add('segmentsExpired', 'Segments expired', 'segments', 'none', 'With placement.lease: replicas given up because nobody had renewed them, over the whole trial');
add('segmentsRenewed', 'Leases renewed', 'segments', 'none', 'With placement.lease: leases of replicas that another holder has prolonged by message, over the whole trial');
add('bytesRenewal', 'Renewal traffic', 'B', 'lower', 'With placement.lease: bytes of messages that renew leases, headers included, over the whole trial');
add('segmentsHedged', 'Segments hedged', 'segments', 'none', 'Segments asked of a second holder because the first was slow, over all fetches of measured queries');
add('segmentsCorrupt', 'Corrupt segments', 'segments', 'lower', 'Segments whose checksum was wrong when they were read, each thrown away and had from elsewhere');
add('bytesAwaitedMax', 'Largest window', 'B', 'none', 'Most bytes that a node had asked of other hosts and not received at one moment, over all nodes and the whole trial');
add('unitsLate', 'Given up as late', 'units', 'none', 'With fetch.deadline: units that had not come in time and were computed, over all fetches of measured queries');
add('writesRefusedInUse', 'Writes refused by what is in use', 'segments', 'lower', 'Segments (layers) that a store did not take because what was being read or sent left no room, over all nodes and the whole trial');
add('sourcesEffectiveMean', 'Effective sources', 'holders', 'none', 'Mean over requests that fetched of the most distinct holders pulled from at once');
add('layersAsked', 'Layers asked for', 'layers', 'none', 'KV Cache P2P: layers that fetches of measured queries asked for, here or elsewhere, until the first that nobody had');
add('layersFound', 'Layers found', 'layers', 'none', 'KV Cache P2P: of the layers asked for, those that landed');
add('kvFetchMs', 'KV fetch', 'ms', 'lower', 'KV Cache P2P: mean time from the start of a fetch that found layers at peers until its last layer has landed');
add('kvFetchMiBps', 'KV fetch rate', 'MiB/s', 'higher', 'KV Cache P2P: uncompressed bytes that came from peers ÷ time of the fetches that brought them, end to end');
add('layerLookupMs', 'Layer lookup', 'ms', 'lower', 'KV Cache P2P: time of lookups ÷ layers that came from peers');
add('layerDeviceToHostMs', 'Layer device to host', 'ms', 'lower', 'KV Cache P2P: mean time of a layer on its way out of the GPU of its holder, waiting included');
add('layerEncodeMs', 'Layer encode', 'ms', 'lower', 'KV Cache P2P: mean time of encoding, and encrypting, a layer');
add('layerWireMs', 'Layer on the wire', 'ms', 'lower', 'KV Cache P2P: mean time from asking for a layer to its arrival, without the stages in the holder');
add('layerDecodeMs', 'Layer decode', 'ms', 'lower', 'KV Cache P2P: mean time of decrypting, decoding and expanding a layer');
add('layerHostToDeviceMs', 'Layer host to device', 'ms', 'lower', 'KV Cache P2P: mean time of a layer on its way into the GPU, waiting included');
add('messagesPerLayerLookup', 'Messages per layer lookup', 'messages', 'lower', 'KV Cache P2P: messages sent to find out who holds a layer, answers included ÷ lookups, over the whole trial');
add('bytesPerLayerLookup', 'Bytes per layer lookup', 'B', 'lower', 'KV Cache P2P: bytes of those messages, headers included ÷ lookups, over the whole trial');
add('layersRelayed', 'Layers through the relay', 'fraction', 'none', 'KV Cache P2P: layers from peers that came through the relay ÷ layers from peers');
add('layersPushed', 'Layers pushed', 'layers', 'none', 'KV Cache P2P: layers that peers took in store messages, over the whole trial');
add('peersKnown', 'Peers known', 'nodes', 'none', 'KV Cache P2P: mean number of peers that a node knows at the end of the trial');
add('hotCopies', 'Hot copies', 'copies', 'none', 'With placement.hotAfter: copies of chunks that nodes kept of what they had fetched, over the whole trial');
add('bytesHotCopies', 'Bytes of hot copies', 'B', 'lower', 'With placement.hotAfter: bytes written for those copies, over the whole trial');
add('bytesEvictedByCopies', 'Evicted for hot copies', 'B', 'lower', 'With placement.hotAfter: bytes of other segments that left a node to make room for copies, over the whole trial');
add('segmentsRedirected', 'Segments redirected', 'segments', 'none', 'With placement.copyLease: segments that a busy holder sent the reader to a copy for, over all fetches of measured queries');
add('staleRedirects', 'Stale redirects', 'segments', 'lower', 'With placement.copyLease: segments that were not where a holder had sent the reader, over all fetches of measured queries');
add('bytesFromCopies', 'Fetched from copies', 'B', 'none', 'With placement.copyLease: bytes of KV that came from copies which a holder had named, over all fetches of measured queries');
add('bytesCopyMessages', 'Messages about copies', 'B', 'lower', 'With placement.copyLease: bytes of messages that tell who keeps a copy or does not, headers included, over the whole trial');
add('bytesDemoted', 'Moved down a tier', 'B', 'lower', 'Bytes that a tier gave up and that were written to the one below, over all nodes and the whole trial');
add('bytesPromoted', 'Brought up a tier', 'B', 'none', 'With store.promotion: bytes that reads brought into a faster tier to stay, over all nodes and the whole trial');
add('bytesWrittenThrough', 'Written through', 'B', 'none', 'With store.writes: through: bytes written to lower tiers as they came into an upper one, over all nodes and the whole trial');
add('writeAcknowledgedMs', 'Write acknowledged', 'ms', 'lower', 'With placement.writeQuorum: mean time from the end of a computation until enough replicas have acknowledged each segment, over the whole trial');
add('writesFailed', 'Failed writes', 'fraction', 'lower', 'With placement.writeQuorum: units that too few replicas had acknowledged after the last retry ÷ units of which it is known, over the whole trial');
add('segmentsMaxOverMean', 'Fullest node', '× mean', 'lower', 'Segments on the node that holds most ÷ mean over the nodes, as the precomputed corpus was placed before time 0');
add('bytesFetched', 'Bytes moved', 'B', 'none', 'Bytes that nodes received over the network in the measured window, control messages not counted: KV as encoded, and the prompts themselves');
add('bytesControl', 'Control traffic', 'B', 'lower', 'Bytes of control messages sent in the measured window');
add('messages', 'Control messages', 'messages', 'lower', 'Control messages sent in the measured window');
add('requestsCompleted', 'Completed requests', 'requests', 'none', 'Measured requests that emitted their last token');
add('requestsRejected', 'Rejected requests', 'requests', 'lower', 'Measured requests refused because they fit on no node');

add('requestsFailed', 'Failed requests', 'requests', 'lower', 'Measured requests for which no living node could be found');

add('routingMs', 'Routing', 'ms', 'lower', 'Mean critical-path time of the way to the serving node');
add('retrievalMs', 'Retrieval', 'ms', 'lower', 'Mean critical-path time of finding the top-k chunks');
add('queueingMs', 'Queueing', 'ms', 'lower', 'Mean critical-path time of waiting for the engine or for memory in it');
add('lookupMs', 'Lookup', 'ms', 'lower', 'Mean critical-path time of finding holders in the overlay');
add('transferMs', 'Transfer', 'ms', 'lower', 'Mean critical-path time of moving KV into host memory');
add('copyMs', 'Decode and copy', 'ms', 'lower', 'Mean critical-path time of decoding KV and copying it to the GPU');
add('adjustMs', 'Position adjustment', 'ms', 'lower', 'Mean critical-path time of rotating cached keys to their new positions');
add('prefillMs', 'Prefill', 'ms', 'lower', 'Mean critical-path time of computing what was not cached');
add('hiddenLookupMs', 'Hidden lookup', 'ms', 'none', 'Mean lookup time that ran behind another part, outside the sum');
add('hiddenTransferMs', 'Hidden transfer', 'ms', 'none', 'Mean transfer time that ran behind another part, outside the sum');
add('hiddenCopyMs', 'Hidden decode and copy', 'ms', 'none', 'Mean decode and copy time that ran behind another part, outside the sum');
add('hiddenPrefillMs', 'Hidden prefill', 'ms', 'none', 'Mean time of computing that ran behind another part, outside the sum');
add('hiddenAdjustMs', 'Hidden position adjustment', 'ms', 'none', 'Mean adjustment time that ran behind another part, outside the sum');

addOverlayMetrics();

/** What studies of the overlay protocols by themselves report. */
function addOverlayMetrics(): void {
  const lookups = 'over lookups that found an owner';
  add('hopsMean', 'Mean hops', 'hops', 'lower', `Mean hops of a lookup ${lookups}, a hop as the config key lookups.hop defines it`);
  add('hopsP50', 'Median hops', 'hops', 'lower', `Exact median of the hops of a lookup ${lookups}`);
  add('hopsP95', 'P95 hops', 'hops', 'lower', `Exact 95th percentile of the hops of a lookup ${lookups}`);
  add('hopsP99', 'P99 hops', 'hops', 'lower', `Exact 99th percentile of the hops of a lookup ${lookups}`);
  add('hopsMax', 'Most hops', 'hops', 'lower', `Most hops of a lookup ${lookups}`);
  add('roundsMean', 'Mean rounds', 'rounds', 'lower', `Kademlia: mean rounds of requests until the lookup ended, ${lookups}`);
  add('ownerRoundsMean', 'Mean rounds to the owner', 'rounds', 'lower', `Kademlia: mean rounds until the owner first appeared in an answer, ${lookups}`);
  add('lookupMeanMs', 'Mean lookup latency', 'ms', 'lower', `Mean time from the question to the answer ${lookups}`);
  add('lookupP50Ms', 'Median lookup latency', 'ms', 'lower', `Exact median of the time from the question to the answer ${lookups}`);
  add('lookupP95Ms', 'P95 lookup latency', 'ms', 'lower', `Exact 95th percentile of the time from the question to the answer ${lookups}`);
  add('lookupP99Ms', 'P99 lookup latency', 'ms', 'lower', `Exact 99th percentile of the time from the question to the answer ${lookups}`);
  add('correctShare', 'Correct lookups', 'fraction', 'higher', 'Lookups that ended at the ground-truth owner of the moment they ended ÷ lookups measured');
  add('failedShare', 'Failed or wrong lookups', 'fraction', 'lower', 'Lookups that found no owner, or another node than the ground-truth owner of the moment they ended ÷ lookups measured');
  add('noOwnerShare', 'Lookups without an owner', 'fraction', 'lower', 'Lookups that ended without an owner ÷ lookups measured');
  add('imperfectOverlays', 'Overlays with a bad lookup', 'fraction', 'lower', '1 where any measured lookup failed or went wrong, else 0: across seeds, the share of such overlays');
  add('timeoutsPerLookup', 'Timeouts per lookup', 'timeouts', 'lower', 'Waits that expired on a node the lookup had not yet found dead ÷ lookups measured');
  add('deadEntriesPerLookup', 'Dead entries per lookup', 'entries', 'lower', 'Routing entries naming a dead node that were passed over, repeats included ÷ lookups measured: the waits of a lookup without memory');
  add('messagesPerLookup', 'Messages per lookup', 'messages', 'lower', `Mean messages sent for a lookup, answers and acknowledgements included, ${lookups}`);
  add('lookupBytes', 'Bytes per lookup', 'B', 'lower', 'Bytes sent for lookups in the measured window, headers included ÷ lookups measured');
  add('maintenanceBytesPerNode', 'Maintenance traffic', 'B/s per node', 'lower', 'Bytes sent for maintenance, repairs, joins and leaves in the measured window, headers included ÷ members ÷ its seconds');
  add('maintenanceMessagesPerNode', 'Maintenance messages', 'messages/s per node', 'lower', 'Messages sent for maintenance, repairs, joins and leaves in the measured window ÷ members ÷ its seconds');
  add('totalBytesPerNode', 'All traffic', 'B/s per node', 'lower', 'Bytes of all messages sent in the measured window, headers included ÷ members ÷ its seconds');
  add('joinMessages', 'Messages per join', 'messages', 'lower', 'Messages sent for joins, answers included, from the start to the end of the trial ÷ joins completed');
  add('joinBytes', 'Bytes per join', 'B', 'lower', 'Bytes sent for joins, headers included, from the start to the end of the trial ÷ joins completed');
  add('joinMeanMs', 'Mean time to join', 'ms', 'lower', 'Mean time from the start of a join until the node is a member');
  add('tableEntriesMean', 'Table entries', 'peers', 'none', 'Distinct peers in the tables of a member, mean at the end of the trial (over at most 10 000 members)');
  add('tableEntriesMax', 'Most table entries', 'peers', 'none', 'Most distinct peers in the tables of one member at the end of the trial (over at most 10 000 members)');
  add('staleShare', 'Stale entries', 'fraction', 'lower', 'Table entries that name a node which is no member ÷ table entries, at the end of the trial (over at most 10 000 members)');
  add('loadMaxOverMean', 'Busiest node', '× mean', 'lower', 'Bytes received in the measured window by the node that received most ÷ mean over the members');
  add('loadGini', 'Imbalance of load', 'Gini', 'lower', 'Gini coefficient of the bytes received in the measured window, over the members: 0 is equal');
  add('keyMaxOverMean', 'Most keys', '× mean', 'lower', 'Keys owned by the member that owns most ÷ mean over the members');
  add('keyGini', 'Imbalance of keys', 'Gini', 'lower', 'Gini coefficient of the keys owned, over the members: 0 is equal');
  add('changesPerSecond', 'Membership changes', 'changes/s', 'none', 'Joins, leaves and crashes in the measured window ÷ its seconds');
  add('membersMean', 'Members', 'nodes', 'none', 'Mean number of members over the measured window');
  add('valuesFound', 'Values found', 'fraction', 'higher', 'Published values that a lookup from a random member found at the end of the trial ÷ values published');
  add('storeBytesPerNode', 'Store traffic', 'B/s per node', 'lower', 'Bytes sent to store values and keep them alive, headers included ÷ members ÷ seconds of the whole trial');
  add('lookupsMeasured', 'Lookups measured', 'lookups', 'none', 'Lookups that were judged: those whose initiator stayed until they ended');
}

/** All metrics, in the order in which files and tables show them. */
export const METRICS: readonly Metric[] = table;

const byName: ReadonlyMap<string, Metric> = new Map(table.map((metric) => [metric.name, metric]));

/** The metric of this name, or undefined if the registry has none. */
export function findMetric(name: string): Metric | undefined {
  return byName.get(name);
}
