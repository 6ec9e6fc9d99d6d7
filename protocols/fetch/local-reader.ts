import { NumberMap } from '../../sim/kernel/number-map.ts';
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
 * so that local and remote reads of one disk share its bandwidth. What is read cannot be evicted until it is on the GPU; what is fetched ahead
 * waits in a buffer of host memory and not in the store, so it is free once it has been read.
 */
export class LocalReader {
  readonly #sim: Simulator;
  readonly #network: Network;
  readonly #geometries: ChunkGeometries;
  readonly #landing: KvLanding;
  /** Batches whose segments may not leave the store, by the order in which they came. */
  readonly #reading = new NumberMap<SegmentBatch>();
  #batches = 0;

  constructor(sim: Simulator, network: Network, geometries: ChunkGeometries, landing: KvLanding) {
    this.#sim = sim;
    this.#network = network;
    this.#geometries = geometries;
    this.#landing = landing;
  }

  /**
   * Segments that are being read, or copied to the GPU.
   *
   * @throws Error if one of them has landed and is kept from leaving the store all the same
   */
  get segmentsInUse(): number {
    let segments = 0;
    for (const batch of this.#reading.values()) {
      if (batch.units.every(({ segmentsLeft }) => segmentsLeft === 0)) throw new Error(`${batch.pins.length} segments have landed on node ${batch.job.node.host} and are still pinned there`);
      segments += batch.pins.length;
    }
    return segments;
  }

  /** Starts reading every segment of the job that is here; calls `elsewhere` for each that is not. */
  read(job: FetchJob, elsewhere: (unit: UnitFetch, segment: number) => void): void {
    const byTier = new Map<number, SegmentBatch>();
    for (const unit of job.fetches) {
      const { length } = unit.geometry.segmentBytes;
      for (let segment = 0; segment < length; segment++) {
        if (unit.geometry.segmentBytes[segment] === 0) continue;
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
        batch.keepPinned({ id, ticket: job.node.holdings.pin(id) });
      }
    }
    for (const [tier, batch] of byTier) {
      if (job.onLanding === undefined) this.#readTier([batch], tier);
      else this.#readTier(byLayer(batch), tier);
    }
  }

  /** A node finds out about its own bad segments as it opens them, and has them no more. */
  #discard({ node, cost }: FetchJob, id: number): void {
    if (node.holdings.remove(id)) cost.corrupt++;
    node.corruption.clear(id);
  }

  /** Reads batch after batch in one flow; each goes on its way as it has been read. */
  #readTier(batches: readonly SegmentBatch[], tier: number): void {
    const { node } = batches[0].job;
    for (const batch of batches) {
      const number = ++this.#batches;
      this.#reading.set(number, batch);
      batch.unpinned = () => { this.#reading.delete(number); };
    }
    if (node.tiers[tier].inDevice === true) {
      for (const batch of batches) {
        batch.stepStartNs = this.#sim.now;
        this.#count(batch);
        this.#landing.landInDevice(batch);
      }
      return;
    }
    const partBytes = batches.map(({ storedBytes }) => storedBytes);
    for (const batch of batches) batch.stepStartNs = this.#sim.now;
    const flow = { from: node.host, to: node.host, sizeBytes: partBytes.reduce((sum, bytes) => sum + bytes, 0), extraLinks: [node.tiers[tier].readLink], extraLatencyNs: node.tiers[tier].latencyNs };
    if (batches.length === 1) this.#network.transfer(flow, this.#onRead, batches[0]);
    else this.#network.transfer({ ...flow, partBytes }, (outcome) => { if (outcome !== 'done') for (const batch of batches) batch.unpin(); }, batches, (part, read) => { this.#read(read[part]); });
  }

  readonly #onRead = (outcome: TransferOutcome, batch: SegmentBatch): void => {
    if (outcome === 'done') this.#read(batch);
    else batch.unpin();
  };

  #read(batch: SegmentBatch): void {
    batch.activity = recordStep(batch.job.activities, 'transfer', batch.stepStartNs, this.#sim.now, batch.activity);
    this.#count(batch);
    this.#landing.landLocal(batch);
  }

  #count(batch: SegmentBatch): void {
    batch.units.forEach((unit, i) => { unit.arrivedBytes += unit.geometry.segmentBytes[batch.segments[i]]; });
  }
}

/** The same segments, those of each first layer by themselves. */
function byLayer(batch: SegmentBatch): SegmentBatch[] {
  const layers = new Map<number, SegmentBatch>();
  batch.units.forEach((unit, i) => {
    const firstLayer = unit.geometry.segmentFirstLayer[batch.segments[i]];
    let layer = layers.get(firstLayer);
    if (layer === undefined) layers.set(firstLayer, (layer = new SegmentBatch(batch.job, batch.activity)));
    layer.add(unit, batch.segments[i]);
    layer.keepPinned(batch.pins[i]);
  });
  return [...layers.entries()].sort(([a], [b]) => a - b).map(([, layer]) => layer);
}
