import type { HostId } from '../../sim/network/topology.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { FetchJob } from '../fetch/fetch-job.ts';
import type { LocalReader } from '../fetch/local-reader.ts';
import type { SegmentFetcher } from '../fetch/segment-fetcher.ts';
import { SegmentPlan } from '../fetch/segment-plan.ts';
import type { SegmentWriter } from '../fetch/segment-writer.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { KvSource } from './kv-source.ts';
import type { PeerNode } from './peer-node.ts';

export interface CopyCounts {
  unitsKept: number;
  bytesKept: number;
  bytesEvicted: number;
}

/**
 * KV that lies in stores: first this node's own, then wherever the fetcher's locator points. With an overlay behind the locator
 * this is P2P-RAGCache; with one fixed host it is a central store.
 */
export class StoredKv implements KvSource {
  readonly name: string;
  readonly #local: LocalReader;
  readonly #fetcher: SegmentFetcher;
  readonly #writer: SegmentWriter | undefined;
  readonly #keepAfter: number;
  readonly #kept: ((host: HostId, unit: ContextUnit) => void) | undefined;
  /** By host: how often it has fetched each unit. */
  readonly #fetched = new Map<HostId, Map<number, number>>();
  /** Copies that nodes have kept of what they fetched, and what that moved. */
  readonly copies: CopyCounts = { unitsKept: 0, bytesKept: 0, bytesEvicted: 0 };
  readonly #geometries: ChunkGeometries;

  /**
   * @param writer stores recomputed units; undefined keeps nothing
   * @param keepAfter a node keeps a copy of what it has fetched so many times, in its own store (a read cache): 1 for all it fetches, Infinity for nothing
   * @param kept told of each unit that a node has come to keep whole
   */
  constructor(name: string, local: LocalReader, fetcher: SegmentFetcher, writer: SegmentWriter | undefined, geometries: ChunkGeometries, keepAfter: number, kept?: (host: HostId, unit: ContextUnit) => void) {
    this.name = name;
    this.#geometries = geometries;
    this.#local = local;
    this.#fetcher = fetcher;
    this.#writer = writer;
    this.#keepAfter = keepAfter;
    this.#kept = kept;
  }

  fetch(job: FetchJob): void {
    const plan = new SegmentPlan(job);
    this.#local.read(job, (unit, segment) => {
      plan.want(unit, segment);
    });
    if (job.onLanding !== undefined) plan.orderByLayer();
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
    if (this.#keepAfter === Infinity || !this.#isHot(node.host, unit.id)) return;
    const { segmentBytes } = this.#geometries.of(unit.tokens);
    let kept = 0;
    segmentBytes.forEach((sizeBytes, segment) => {
      const id = this.#geometries.segmentId(unit.id, segment);
      // Some of its segments may be this node's own by placement.
      if (!node.holdings.has(id)) {
        const effect = node.holdings.write(id, sizeBytes);
        if (effect === undefined) return;
        this.copies.bytesKept += sizeBytes;
        this.copies.bytesEvicted += effect.evictedBytes;
      }
      kept++;
    });
    this.copies.unitsKept++;
    if (kept === segmentBytes.length) this.#kept?.(node.host, unit);
  }

  /** Counts the fetch. A node judges by what it has fetched itself: no popularity is exchanged. */
  #isHot(host: HostId, unit: number): boolean {
    let counts = this.#fetched.get(host);
    if (counts === undefined) this.#fetched.set(host, (counts = new Map<number, number>()));
    const count = (counts.get(unit) ?? 0) + 1;
    counts.set(unit, count);
    return count >= this.#keepAfter;
  }
}
