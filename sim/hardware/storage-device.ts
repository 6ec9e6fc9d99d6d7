/**
 * A storage device: SSD or host memory. Operations share its bandwidth.
 *
 * Up to `parallelism` operations are in the device at once, the rest wait first come, first served. An operation first
 * takes the access latency, during which it uses no bandwidth; then it transfers, and all transferring operations share
 * the device equally (processor sharing): with n of them each progresses at 1/n of the rate of its kind. That is how
 * NVMe drives behave under large reads: channels work in parallel, the bus or the flash behind it is what is shared.
 *
 * The sharing is simulated exactly with virtual time: V grows at 1/n, an operation that needs D nanoseconds of the whole
 * device leaves when V has grown by D. One event is pending however many operations share.
 */
import type { EventHandle, Handler } from '../kernel/handler.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { Nanoseconds } from '../kernel/time.ts';

export interface StorageDeviceOptions {
  readonly readBytesPerSecond: number;
  readonly writeBytesPerSecond: number;
  /** Access time of one operation, before its first byte. */
  readonly latencyNs: Nanoseconds;
  /** Operations in the device at once: the queue depth it serves. */
  readonly parallelism: number;
}

/** NVMe drive of the default cluster: 3.5 GB/s reads; 80 µs is a typical 4 KiB random read of a data-centre drive (Samsung PM983 and Intel P4510 data sheets: 77–85 µs). */
export const DEFAULT_SSD: StorageDeviceOptions = { readBytesPerSecond: 3.5e9, writeBytesPerSecond: 2.5e9, latencyNs: 80_000, parallelism: 32 };

/** Host memory as a store: several DDR4/DDR5 channels give one process 40 GB/s of copying (STREAM copy on one socket: 80–200 GB/s). */
export const DEFAULT_RAM: StorageDeviceOptions = { readBytesPerSecond: 40e9, writeBytesPerSecond: 40e9, latencyNs: 1_000, parallelism: 64 };

/** One operation: hand it back to `cancel`. */
export interface StorageOperation {
  readonly sizeBytes: number;
  readonly write: boolean;
}

interface Operation extends StorageOperation {
  /** Nanoseconds of the whole device that the transfer needs. */
  readonly demandNs: number;
  readonly done: (payload: unknown) => void;
  readonly payload: unknown;
  state: 'waiting' | 'accessing' | 'transferring' | 'over';
  access: EventHandle;
  /** Virtual time at which its transfer is complete. */
  finish: number;
  readonly order: number;
}

export class StorageDevice {
  readonly name: string;
  readonly options: StorageDeviceOptions;
  /** Bytes of completed operations. */
  bytesRead = 0;
  bytesWritten = 0;
  readonly #scheduler: Scheduler;
  readonly #accessed: Handler<Operation>;
  readonly #completed: Handler<number>;
  readonly #waiting: Operation[] = [];
  #waitingHead = 0;
  #waitingCount = 0;
  /** Transferring operations, a binary heap by (finish, order). */
  readonly #heap: Operation[] = [];
  #inDevice = 0;
  #virtual = 0;
  #updatedNs: Nanoseconds;
  #busySumNs = 0;
  #next: EventHandle | undefined;
  #orders = 0;

  /** @throws RangeError where a rate or the parallelism is not positive, or the latency negative. */
  constructor(scheduler: Scheduler, name: string, options: StorageDeviceOptions) {
    for (const key of ['readBytesPerSecond', 'writeBytesPerSecond'] as const) {
      if (!(options[key] > 0 && Number.isFinite(options[key]))) throw new RangeError(`${key} of ${name} must be positive, not ${options[key]}`);
    }
    if (!Number.isSafeInteger(options.latencyNs) || options.latencyNs < 0) throw new RangeError(`latencyNs of ${name} must be a whole number of at least 0, not ${options.latencyNs}`);
    if (!Number.isSafeInteger(options.parallelism) || options.parallelism < 1) throw new RangeError(`parallelism of ${name} must be a whole number of at least 1, not ${options.parallelism}`);
    this.name = name;
    this.options = options;
    this.#scheduler = scheduler;
    this.#updatedNs = scheduler.now;
    this.#accessed = scheduler.handler(`storage.${name}.access`, (operation: Operation) => {
      this.#transfer(operation);
    }, (operation) => operation.order);
    this.#completed = scheduler.handler(`storage.${name}.complete`, () => {
      this.#complete();
    });
  }

  /** Reads `sizeBytes`, then calls `done(payload)`. 0 bytes take the access latency. */
  read<P>(sizeBytes: number, done: (payload: P) => void, payload: P): StorageOperation {
    return this.#submit(sizeBytes, false, done as (payload: unknown) => void, payload);
  }

  /** Writes `sizeBytes`, then calls `done(payload)`. */
  write<P>(sizeBytes: number, done: (payload: P) => void, payload: P): StorageOperation {
    return this.#submit(sizeBytes, true, done as (payload: unknown) => void, payload);
  }

  /** Takes an operation out, wherever it is. False when it is over already. */
  cancel(operation: StorageOperation): boolean {
    const known = operation as Operation;
    switch (known.state) {
      case 'over':
        return false;
      case 'waiting':
        this.#waitingCount -= 1;
        known.state = 'over';
        return true;
      case 'accessing':
        this.#scheduler.cancel(known.access);
        break;
      case 'transferring':
        this.#advance();
        removeFrom(this.#heap, known);
        this.#schedule();
        break;
    }
    known.state = 'over';
    this.#leave();
    return true;
  }

  /** Operations that wait to enter the device. */
  get queueLength(): number {
    return this.#waitingCount;
  }

  /** Operations in the device, accessing or transferring. */
  get inDevice(): number {
    return this.#inDevice;
  }

  /** Nanoseconds in which the device transferred, up to now. */
  busyNs(): number {
    this.#advance();
    return this.#busySumNs;
  }

  /**
   * Estimate of how long a read of `sizeBytes` issued now would take: latency, its own transfer, and the transfers known
   * now, as far as they are shared with it. Exact for an idle device.
   */
  expectedReadNs(sizeBytes: number): Nanoseconds {
    this.#advance();
    const own = (sizeBytes / this.options.readBytesPerSecond) * 1e9;
    let ahead = 0;
    for (const operation of this.#heap) ahead += Math.min(own, operation.finish - this.#virtual);
    for (let index = this.#waitingHead; index < this.#waiting.length; index += 1) {
      const operation = this.#waiting[index];
      if (operation.state === 'waiting') ahead += operation.demandNs;
    }
    return Math.ceil(this.options.latencyNs + own + ahead);
  }

  #submit(sizeBytes: number, write: boolean, done: (payload: unknown) => void, payload: unknown): StorageOperation {
    if (!(sizeBytes >= 0 && Number.isFinite(sizeBytes))) throw new RangeError(`sizeBytes of an operation on ${this.name} must be at least 0, not ${sizeBytes}`);
    const rate = write ? this.options.writeBytesPerSecond : this.options.readBytesPerSecond;
    const operation: Operation = {
      sizeBytes,
      write,
      demandNs: (sizeBytes / rate) * 1e9,
      done,
      payload,
      state: 'waiting',
      access: 0,
      finish: 0,
      order: this.#orders,
    };
    this.#orders += 1;
    if (this.#inDevice < this.options.parallelism) this.#enter(operation);
    else {
      this.#waiting.push(operation);
      this.#waitingCount += 1;
    }
    return operation;
  }

  #enter(operation: Operation): void {
    this.#inDevice += 1;
    operation.state = 'accessing';
    operation.access = this.#scheduler.schedule(this.options.latencyNs, this.#accessed, operation);
  }

  #transfer(operation: Operation): void {
    this.#advance();
    operation.state = 'transferring';
    operation.finish = this.#virtual + operation.demandNs;
    push(this.#heap, operation);
    this.#schedule();
  }

  #complete(): void {
    this.#next = undefined;
    this.#advance();
    // The event fires at the first whole nanosecond at or after the exact instant: virtual time has reached the finish.
    const finished: Operation[] = [];
    while (this.#heap.length > 0 && this.#heap[0].finish <= this.#virtual + TOLERANCE_NS) finished.push(pop(this.#heap));
    this.#schedule();
    for (const operation of finished) {
      operation.state = 'over';
      if (operation.write) this.bytesWritten += operation.sizeBytes;
      else this.bytesRead += operation.sizeBytes;
      this.#leave();
    }
    for (const operation of finished) operation.done(operation.payload);
  }

  #leave(): void {
    this.#inDevice -= 1;
    while (this.#waitingHead < this.#waiting.length) {
      const operation = this.#waiting[this.#waitingHead];
      this.#waitingHead += 1;
      if (operation.state !== 'waiting') continue;
      this.#waitingCount -= 1;
      this.#enter(operation);
      break;
    }
    if (this.#waitingHead === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#waitingHead = 0;
    } else if (this.#waitingHead > 1024 && this.#waitingHead * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#waitingHead);
      this.#waitingHead = 0;
    }
  }

  /** Brings virtual time and busy time up to now. */
  #advance(): void {
    const { now } = this.#scheduler;
    const sharing = this.#heap.length;
    if (sharing > 0) {
      this.#virtual += (now - this.#updatedNs) / sharing;
      this.#busySumNs += now - this.#updatedNs;
    } else {
      // An idle device starts over, so that virtual time keeps its precision.
      this.#virtual = 0;
    }
    this.#updatedNs = now;
  }

  #schedule(): void {
    if (this.#next !== undefined) this.#scheduler.cancel(this.#next);
    this.#next = undefined;
    if (this.#heap.length === 0) return;
    const remaining = Math.max(0, (this.#heap[0].finish - this.#virtual) * this.#heap.length);
    this.#next = this.#scheduler.schedule(Math.ceil(remaining - TOLERANCE_NS), this.#completed, this.#heap.length);
  }
}

/** Virtual times are sums of fractions: instants closer than this are one instant. */
const TOLERANCE_NS = 1e-3;

function before(a: Operation, b: Operation): boolean {
  return a.finish < b.finish || (a.finish === b.finish && a.order < b.order);
}

function push(heap: Operation[], operation: Operation): void {
  heap.push(operation);
  siftUp(heap, heap.length - 1);
}

function pop(heap: Operation[]): Operation {
  const top = heap[0];
  const last = heap.pop()!;
  if (heap.length > 0) {
    heap[0] = last;
    siftDown(heap, 0);
  }
  return top;
}

function removeFrom(heap: Operation[], operation: Operation): void {
  const index = heap.indexOf(operation);
  const last = heap.pop()!;
  if (last === operation) return;
  heap[index] = last;
  siftUp(heap, index);
  siftDown(heap, index);
}

function siftUp(heap: Operation[], start: number): void {
  let index = start;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(heap[index], heap[parent])) return;
    [heap[index], heap[parent]] = [heap[parent], heap[index]];
    index = parent;
  }
}

function siftDown(heap: Operation[], start: number): void {
  let index = start;
  for (;;) {
    let least = index;
    for (const child of [2 * index + 1, 2 * index + 2]) {
      if (child < heap.length && before(heap[child], heap[least])) least = child;
    }
    if (least === index) return;
    [heap[index], heap[least]] = [heap[least], heap[index]];
    index = least;
  }
}
