import type { HostId } from '../../../sim/network/topology.ts';
import type { ContextUnit } from '../../../sim/serving/request.ts';
import type { FetchJob } from '../../fetch/fetch-job.ts';
import type { KvSource } from '../kv-source.ts';
import type { PeerNode } from '../peer-node.ts';
import type { LayerCost } from './layer-cost.ts';
import type { LayerDirectory, LookupTraffic, NamedLayer } from './layer-directory.ts';
import type { LayerFetcher } from './layer-fetcher.ts';
import type { LayerNames } from './layer-names.ts';
import type { LayerPush } from './layer-push.ts';
import type { LayerStages } from './layer-stages.ts';

export interface KvCacheP2pParts {
  readonly fetcher: LayerFetcher;
  readonly push: LayerPush;
  readonly stages: LayerStages;
  readonly names: LayerNames;
  readonly directory: LayerDirectory;
  readonly isProducer: (host: HostId) => boolean;
  /** Peers that a computed layer is sent to. */
  readonly pushTargets: (host: HostId) => readonly HostId[];
  readonly inDevice: boolean;
  /** Mean number of peers that a node knows now; undefined where nobody keeps a list. */
  readonly meanPeers: (() => number) | undefined;
}

/**
 * KV Cache P2P: producers keep the KV they compute, layer by layer, in a cache of a byte limit, and give it to whoever asks; consumers look layers
 * up and fetch them. Every node keeps what it computed or fetched for itself. Not to be confused with the peers of P2P-RAGCache: nothing is placed by
 * key, a layer lies where it was computed or used.
 */
export class KvCacheP2p implements KvSource {
  readonly name: string;
  readonly #parts: KvCacheP2pParts;

  constructor(name: string, parts: KvCacheP2pParts) {
    this.name = name;
    this.#parts = parts;
  }

  costOf(job: FetchJob): LayerCost | undefined {
    return this.#parts.fetcher.costOf(job);
  }

  lookupTraffic(): LookupTraffic {
    return this.#parts.directory.traffic();
  }

  /** Undefined over a DHT, where nobody keeps a list of peers. */
  meanPeers(): number | undefined {
    return this.#parts.meanPeers?.();
  }

  /** Layers that peers have taken in `store` messages. */
  layersPushed(): number {
    return this.#parts.push.pushed;
  }

  fetch(job: FetchJob): void {
    this.#parts.fetcher.start(job);
  }

  cancel(): void {
    // Units marked cancelled are skipped; a layer under way is left to end.
  }

  arrived(node: PeerNode, unit: ContextUnit): void {
    this.#keep(node, unit);
  }

  storeBack(node: PeerNode, units: readonly ContextUnit[], stored: () => void): void {
    const { inDevice, stages, names } = this.#parts;
    let rawBytes = 0;
    for (const unit of units) rawBytes += names.layers * names.bytes(unit.tokens).raw;
    const keep = (): void => {
      for (const unit of units) this.#keep(node, unit);
      this.#share(node.host, units, stored);
    };
    if (inDevice) keep();
    else stages.copy(node.host, 'deviceToHost', rawBytes, keep);
  }

  #share(host: HostId, units: readonly ContextUnit[], stored: () => void): void {
    const { isProducer, directory, push, pushTargets } = this.#parts;
    if (isProducer(host)) directory.publish(host, units.flatMap((unit) => this.#layers(unit)));
    const targets = pushTargets(host);
    let left = targets.length;
    if (left === 0) stored();
    for (const target of targets) push.push(host, target, units, () => { if (--left === 0) stored(); });
  }

  #keep(node: PeerNode, unit: ContextUnit): void {
    const { raw } = this.#parts.names.bytes(unit.tokens);
    for (const { id } of this.#layers(unit)) node.holdings.write(id, raw);
  }

  #layers(unit: ContextUnit): NamedLayer[] {
    const { names } = this.#parts;
    return Array.from({ length: names.layers }, (_, layer) => names.name(unit, layer));
  }
}
