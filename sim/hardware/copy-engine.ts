/**
 * The copy engines of a GPU: one for each direction of the host link, which work at the same time (full duplex), each
 * serving its copies first come, first served at the link's effective rate. Large copies of pinned memory use the whole
 * link, so sharing it would change no completion of a batch.
 */
import type { Handler } from '../kernel/handler.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import { Station, type StationTicket } from '../kernel/station.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import type { GpuSpec } from './gpu-catalogue.ts';

/** From the call of cudaMemcpyAsync to the first byte: 8–10 µs for small pinned copies on PCIe systems (nvbandwidth, host–device latency). */
export const COPY_LATENCY_NS = 10_000;

export type CopyDirection = 'hostToDevice' | 'deviceToHost';

export class CopyEngine {
  readonly #stations: Readonly<Record<CopyDirection, Station>>;
  readonly #bytesPerSecond: Readonly<Record<CopyDirection, number>>;
  readonly #bytes: Record<CopyDirection, number> = { hostToDevice: 0, deviceToHost: 0 };

  /** @param gpus devices that copy their shards of one tensor at the same time, each over its own link. */
  constructor(scheduler: Scheduler, name: string, gpu: GpuSpec, gpus = 1) {
    if (!Number.isSafeInteger(gpus) || gpus < 1) throw new RangeError(`gpus of ${name} must be a whole number of at least 1, not ${gpus}`);
    this.#stations = { hostToDevice: new Station(scheduler, `${name}.h2d`, 1), deviceToHost: new Station(scheduler, `${name}.d2h`, 1) };
    this.#bytesPerSecond = { hostToDevice: gpu.hostToDeviceBytesPerSecond * gpus, deviceToHost: gpu.deviceToHostBytesPerSecond * gpus };
  }

  /** Duration of one copy alone. */
  copyNs(direction: CopyDirection, sizeBytes: number): Nanoseconds {
    if (!(sizeBytes >= 0 && Number.isFinite(sizeBytes))) throw new RangeError(`sizeBytes must be at least 0, not ${sizeBytes}`);
    return COPY_LATENCY_NS + Math.ceil((sizeBytes / this.#bytesPerSecond[direction]) * 1e9);
  }

  /** Queues a copy, then calls `done(payload)`. */
  copy<P>(direction: CopyDirection, sizeBytes: number, done: Handler<P> | ((payload: P) => void), payload: P): StationTicket {
    const durationNs = this.copyNs(direction, sizeBytes);
    this.#bytes[direction] += sizeBytes;
    return this.#stations[direction].serve(durationNs, done, payload);
  }

  cancel(direction: CopyDirection, ticket: StationTicket): boolean {
    return this.#stations[direction].cancel(ticket);
  }

  /** Bytes of all copies queued so far. */
  bytes(direction: CopyDirection): number {
    return this.#bytes[direction];
  }

  busyNs(direction: CopyDirection): number {
    return this.#stations[direction].busyNs();
  }

  queueLength(direction: CopyDirection): number {
    return this.#stations[direction].queueLength;
  }

  /** Exact wait of a copy queued now. */
  expectedWaitNs(direction: CopyDirection): Nanoseconds {
    return this.#stations[direction].expectedWaitNs();
  }
}
