import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Network } from '../../sim/network/network.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { FetchJob, UnitFetch } from './fetch-job.ts';
import type { KvLanding } from './kv-landing.ts';
import { SegmentBatch } from './segment-batch.ts';
import { recordStep } from './activity-step.ts';

/**
 * Reads what a job's own node holds: one batch per storage tier, through the same device links that serve remote readers,
 * so that local and remote reads of one disk share its bandwidth.
 */
export class LocalReader {
  readonly #sim: Simulator;
  readonly #network: Network;
  readonly #geometries: ChunkGeometries;
  readonly #landing: KvLanding;

  constructor(sim: Simulator, network: Network, geometries: ChunkGeometries, landing: KvLanding) {
    this.#sim = sim;
    this.#network = network;
    this.#geometries = geometries;
    this.#landing = landing;
  }

  /** Starts reading every segment of the job that is here; calls `elsewhere` for each that is not. */
  read(job: FetchJob, elsewhere: (unit: UnitFetch, segment: number) => void): void {
    const byTier = new Map<number, SegmentBatch>();
    for (const unit of job.fetches) {
      const { length } = unit.geometry.segmentBytes;
      for (let segment = 0; segment < length; segment++) {
        const id = this.#geometries.segmentId(unit.unit.id, segment);
        if (job.node.corruption.isBad(id)) this.#discard(job, id);
        const { tier } = job.node.holdings.read(id);
        if (tier < 0) {
          elsewhere(unit, segment);
          continue;
        }
        let batch = byTier.get(tier);
        if (batch === undefined) {
          batch = new SegmentBatch(job, job.releasedBy);
          byTier.set(tier, batch);
        }
        batch.add(unit, segment);
      }
    }
    for (const [tier, batch] of byTier) this.#readTier(batch, tier);
  }

  /** A node finds out about its own bad segments as it opens them, and has them no more. */
  #discard({ node, cost }: FetchJob, id: number): void {
    if (node.holdings.remove(id)) cost.corrupt++;
    node.corruption.clear(id);
  }

  #readTier(batch: SegmentBatch, tier: number): void {
    const { node } = batch.job;
    batch.stepStartNs = this.#sim.now;
    if (node.tiers[tier].inDevice === true) {
      this.#count(batch);
      this.#landing.landInDevice(batch);
      return;
    }
    this.#network.transfer(
      { from: node.host, to: node.host, sizeBytes: batch.storedBytes, extraLinks: [node.tiers[tier].readLink], extraLatencyNs: node.tiers[tier].latencyNs },
      this.#onRead,
      batch,
    );
  }

  readonly #onRead = (outcome: TransferOutcome, batch: SegmentBatch): void => {
    if (outcome !== 'done') return;
    batch.activity = recordStep(batch.job.activities, 'transfer', batch.stepStartNs, this.#sim.now, batch.activity);
    this.#count(batch);
    this.#landing.landLocal(batch);
  };

  #count(batch: SegmentBatch): void {
    batch.units.forEach((unit, i) => { unit.arrivedBytes += unit.geometry.segmentBytes[batch.segments[i]]; });
  }
}
