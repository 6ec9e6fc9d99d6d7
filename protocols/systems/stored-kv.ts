import type { ContextUnit } from '../../sim/serving/request.ts';
import type { FetchJob } from '../fetch/fetch-job.ts';
import type { LocalReader } from '../fetch/local-reader.ts';
import type { SegmentFetcher } from '../fetch/segment-fetcher.ts';
import { SegmentPlan } from '../fetch/segment-plan.ts';
import type { SegmentWriter } from '../fetch/segment-writer.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { KvSource } from './kv-source.ts';
import type { PeerNode } from './peer-node.ts';

/**
 * KV that lies in stores: first this node's own, then wherever the fetcher's locator points. With an overlay behind the locator
 * this is P2P-RAGCache; with one fixed host it is a central store.
 */
export class StoredKv implements KvSource {
  readonly name: string;
  readonly #local: LocalReader;
  readonly #fetcher: SegmentFetcher;
  readonly #writer: SegmentWriter | undefined;
  readonly #keepFetched: boolean;
  readonly #geometries: ChunkGeometries;

  /**
   * @param writer stores recomputed units; undefined keeps nothing
   * @param keepFetched also keep what was fetched in the fetching node's own store (a read cache)
   */
  constructor(name: string, local: LocalReader, fetcher: SegmentFetcher, writer: SegmentWriter | undefined, geometries: ChunkGeometries, keepFetched: boolean) {
    this.name = name;
    this.#geometries = geometries;
    this.#local = local;
    this.#fetcher = fetcher;
    this.#writer = writer;
    this.#keepFetched = keepFetched;
  }

  fetch(job: FetchJob): void {
    const plan = new SegmentPlan(job);
    this.#local.read(job, (unit, segment) => {
      plan.want(unit, segment);
    });
    this.#fetcher.start(plan);
  }

  cancel(job: FetchJob): void {
    this.#fetcher.cancel(job);
  }

  storeBack(node: PeerNode, units: readonly ContextUnit[], stored: () => void): void {
    if (this.#writer === undefined) stored();
    else this.#writer.store(node, units, stored);
  }

  arrived(node: PeerNode, unit: ContextUnit): void {
    if (!this.#keepFetched) return;
    this.#geometries.of(unit.tokens).segmentBytes.forEach((sizeBytes, segment) => {
      node.holdings.write(this.#geometries.segmentId(unit.id, segment), sizeBytes);
    });
  }
}
