/** What fetching KV layer by layer found and took, over measured requests. */
import type { FetchJob } from '../../protocols/fetch/fetch-job.ts';
import type { KvCacheP2p } from '../../protocols/systems/kv-cache-p2p/kv-cache-p2p.ts';
import { newLayerCost, STAGES } from '../../protocols/systems/kv-cache-p2p/layer-cost.ts';
import type { Stage } from '../../protocols/systems/kv-cache-p2p/layer-cost.ts';
import { MILLISECOND, SECOND } from '../../sim/kernel/time.ts';

const MIB = 1024 * 1024;

const STAGE_METRICS: Readonly<Record<Stage, string>> = {
  lookup: 'layerLookupMs',
  deviceToHost: 'layerDeviceToHostMs',
  encode: 'layerEncodeMs',
  wire: 'layerWireMs',
  decode: 'layerDecodeMs',
  hostToDevice: 'layerHostToDeviceMs',
};

export class LayerMeasurement {
  readonly #system: KvCacheP2p | undefined;
  readonly #sum = newLayerCost(0);
  #fetchingJobs = 0;
  #fetchingNs = 0;

  /** @param system undefined where KV does not come layer by layer */
  constructor(system: KvCacheP2p | undefined) {
    this.#system = system;
  }

  /** The fetches of one measured request. */
  add(jobs: readonly FetchJob[]): void {
    if (this.#system === undefined) return;
    for (const job of jobs) {
      const cost = this.#system.costOf(job);
      if (cost === undefined) continue;
      const sum = this.#sum;
      sum.asked += cost.asked;
      sum.local += cost.local;
      sum.remote += cost.remote;
      sum.relayed += cost.relayed;
      sum.remoteBytes += cost.remoteBytes;
      if (cost.remote === 0) continue;
      for (const stage of STAGES) sum.stageNs[stage] += cost.stageNs[stage];
      this.#fetchingJobs++;
      this.#fetchingNs += cost.endNs - cost.startNs;
    }
  }

  metrics(): Record<string, number> {
    const system = this.#system;
    if (system === undefined) return {};
    const { asked, local, remote, relayed, remoteBytes, stageNs } = this.#sum;
    const { lookups, messages, bytes } = system.lookupTraffic();
    const peers = system.meanPeers();
    return {
      layersAsked: asked,
      layersFound: local + remote,
      kvFetchMs: this.#fetchingNs / this.#fetchingJobs / MILLISECOND,
      kvFetchMiBps: remoteBytes / MIB / (this.#fetchingNs / SECOND),
      ...Object.fromEntries(STAGES.map((stage) => [STAGE_METRICS[stage], stageNs[stage] / remote / MILLISECOND])),
      messagesPerLayerLookup: messages / lookups,
      bytesPerLayerLookup: bytes / lookups,
      layersRelayed: relayed / remote,
      layersPushed: system.layersPushed(),
      ...(peers === undefined ? {} : { peersKnown: peers }),
    };
  }
}
