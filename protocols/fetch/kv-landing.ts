import type { CostModel } from '../../sim/hardware/cost-model.ts';
import { byteWorkNs } from '../../sim/hardware/host-cpu.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { fromSeconds } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Handler } from '../../sim/kernel/handler.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import type { UnitFetch } from './fetch-job.ts';
import type { HostCodec } from './host-codec.ts';
import type { SegmentBatch } from './segment-batch.ts';
import { recordStep } from './activity-step.ts';

/** How stored KV becomes usable KV, beyond what the hardware decides. */
export interface LandingOptions {
  /** Segments are quantised: the GPU dequantises them, or host cores do where there is a host codec. */
  readonly compressed: boolean;
  readonly hostCodec?: HostCodec | undefined;
  /** Time of the dequantisation kernel on a node's GPU, given the bytes it reads and writes together. */
  readonly dequantiseNs: (host: HostId, movedBytes: number) => number;
  /** Units are stitched at new positions: time in which the GPU rotates the keys among so many bytes of KV. Undefined for prefix reuse, where positions agree. */
  readonly adjustNs: ((rawBytes: number, costs: CostModel) => Nanoseconds) | undefined;
}

/**
 * From a node's host memory to attention-ready KV: a host core checks the bytes, the copy engine moves them over the host
 * link, the GPU dequantises and rotates keys on a side stream. What was fetched ahead waits between the first step and the second. The three steps are stations; batches pipeline through them.
 * With a host codec host cores decode before the copy, a segment on each, and the copy moves what they made.
 */
export class KvLanding {
  readonly #sim: Simulator;
  readonly #options: LandingOptions;
  readonly #checked: Handler<SegmentBatch>;
  readonly #decoded: Handler<SegmentBatch>;
  readonly #copied: Handler<SegmentBatch>;
  readonly #inDevice: Handler<SegmentBatch>;
  readonly #adjusted: Handler<SegmentBatch>;

  constructor(sim: Simulator, options: LandingOptions) {
    this.#sim = sim;
    this.#options = options;
    const entity = (batch: SegmentBatch): number => batch.job.node.host;
    this.#checked = sim.handler('landing.checked', this.#copy.bind(this), entity);
    this.#decoded = sim.handler('landing.decoded', (batch) => { this.#copyOver(batch, batch.rawBytes); }, entity);
    this.#copied = sim.handler('landing.copied', this.#adjust.bind(this), entity);
    this.#inDevice = sim.handler('landing.in-device', this.#transform.bind(this), entity);
    this.#adjusted = sim.handler('landing.adjusted', this.#finish.bind(this), entity);
  }

  /** Bytes that came over the network: deserialise and verify them first. */
  landReceived(batch: SegmentBatch): void {
    batch.stepStartNs = this.#sim.now;
    batch.job.node.cpu.charge(byteWorkNs('checksum', batch.storedBytes), this.#checked, batch);
  }

  /** Bytes of the node's own storage, verified when they were stored. */
  landLocal(batch: SegmentBatch): void {
    batch.stepStartNs = this.#sim.now;
    this.#copy(batch);
  }

  /** What lies in the GPU's own memory: only dequantised and rotated. */
  landInDevice(batch: SegmentBatch): void {
    batch.inDevice = true;
    batch.stepStartNs = this.#sim.now;
    this.#copy(batch);
  }

  /** Time of the steps of one batch alone. @param from where its bytes are: in a message, in host memory, or in the GPU's own */
  expectedNs(node: PeerNode, storedBytes: number, rawBytes: number, from: 'network' | 'host' | 'device'): Nanoseconds {
    const { compressed, hostCodec } = this.#options;
    const isDecoded = compressed && hostCodec !== undefined && from !== 'device';
    return (
      (from === 'network' ? byteWorkNs('checksum', storedBytes) : 0) +
      (isDecoded ? fromSeconds(rawBytes / hostCodec.decodeBytesPerSecond) : 0) +
      (from === 'device' ? 0 : node.copies.copyNs('hostToDevice', isDecoded ? rawBytes : storedBytes)) +
      this.#kernelsNs(node, storedBytes, rawBytes, isDecoded)
    );
  }

  #kernelsNs(node: PeerNode, storedBytes: number, rawBytes: number, isDecoded: boolean): Nanoseconds {
    return (this.#options.compressed && !isDecoded ? this.#options.dequantiseNs(node.host, storedBytes + rawBytes) : 0) + (this.#options.adjustNs?.(rawBytes, node.costModel) ?? 0);
  }

  #copy(batch: SegmentBatch): void {
    const { job } = batch;
    const isHeld = job.hold(batch.units, (releasedBy) => {
      batch.activity = job.activities.later(batch.activity, releasedBy);
      batch.stepStartNs = this.#sim.now;
      this.#toDevice(batch);
    }, () => { batch.unpin(); });
    if (!isHeld) this.#toDevice(batch);
    else if (!batch.inDevice) batch.unpin();
  }

  #toDevice(batch: SegmentBatch): void {
    const { compressed, hostCodec } = this.#options;
    if (batch.inDevice) {
      // Never inside the call that asks.
      this.#sim.schedule(0, this.#inDevice, batch);
      return;
    }
    if (!compressed || hostCodec === undefined) {
      this.#copyOver(batch, batch.storedBytes);
      return;
    }
    for (let i = 0; i < batch.size; i++) {
      const one = batch.part(i);
      one.job.node.cpu.charge(fromSeconds(one.rawBytes / hostCodec.decodeBytesPerSecond), this.#decoded, one);
    }
  }

  #copyOver(batch: SegmentBatch, sizeBytes: number): void {
    batch.job.node.copies.copy('hostToDevice', sizeBytes, this.#copied, batch);
  }

  #adjust(batch: SegmentBatch): void {
    batch.unpin();
    batch.activity = recordStep(batch.job.activities, 'copy', batch.stepStartNs, this.#sim.now, batch.activity);
    batch.stepStartNs = this.#sim.now;
    this.#transform(batch);
  }

  #transform(batch: SegmentBatch): void {
    const { node } = batch.job;
    const durationNs = this.#kernelsNs(node, batch.storedBytes, batch.rawBytes, !batch.inDevice && this.#options.hostCodec !== undefined);
    if (durationNs === 0) this.#finish(batch);
    else node.sideStream.serve(durationNs, this.#adjusted, batch);
  }

  #finish(batch: SegmentBatch): void {
    batch.unpin();
    const { job } = batch;
    const { now } = this.#sim;
    if (now > batch.stepStartNs) batch.activity = recordStep(job.activities, 'adjust', batch.stepStartNs, now, batch.activity);
    // A batch often holds several segments of one unit, side by side: tell the job once for each run of them.
    let run = 0;
    for (let i = 0; i < batch.size; i++) {
      const unit: UnitFetch = batch.units[i];
      run++;
      if (job.onLanding !== undefined) unit.landedBy[batch.segments[i]] = batch.activity;
      if (i + 1 < batch.size && batch.units[i + 1] === unit) continue;
      job.landed(unit, run, batch.activity);
      run = 0;
    }
  }
}
