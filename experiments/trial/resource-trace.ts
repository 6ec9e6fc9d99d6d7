/** Links, drives and queues in a trace: counters of each host, read as requests come and go. */
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { MILLISECOND } from '../../sim/kernel/time.ts';
import type { TraceSink } from '../../sim/kernel/trace.ts';
import type { Machines } from './machines.ts';
import type { Meter } from './resource-meters.ts';

/** Time between two readings at first, and readings after which that time doubles: a trace is bounded however long the trial is. */
const FIRST_PERIOD_NS = 10 * MILLISECOND;
const READINGS_PER_PERIOD = 500;

const SHOWN: ReadonlyMap<Meter['kind'], string> = new Map([
  ['gpu', 'GPU busy (%)'],
  ['up', 'NIC up (%)'],
  ['down', 'NIC down (%)'],
  ['disk', 'disk reads (%)'],
]);

/**
 * Reads the books of the simulation at moments that it has reached anyhow: a reading is no event, so a traced run is the same run. A value
 * is the mean since the reading before, drawn from there on.
 */
export class ResourceTrace {
  readonly #trace: TraceSink;
  readonly #machines: Machines;
  readonly #meters: readonly { readonly track: string; readonly name: string; readonly meter: Meter }[];
  #before: number[];
  #readNs = 0;
  #periodNs = FIRST_PERIOD_NS;
  #readings = 0;

  constructor(trace: TraceSink, machines: Machines, meters: readonly Meter[]) {
    this.#trace = trace;
    this.#machines = machines;
    this.#meters = meters.flatMap((meter) => {
      const name = SHOWN.get(meter.kind);
      return name === undefined ? [] : [{ track: trackOf(meter.host, machines), name, meter }];
    });
    this.#before = this.#meters.map(({ meter }) => meter.done());
  }

  /** Reads everything, if it is time. */
  read(nowNs: Nanoseconds): void {
    const elapsedNs = nowNs - this.#readNs;
    if (elapsedNs < this.#periodNs) return;
    this.#before = this.#meters.map(({ track, name, meter }, i) => {
      const done = meter.done();
      this.#trace.counter(track, name, this.#readNs, Math.round((1000 * (done - this.#before[i])) / (meter.capacity * elapsedNs)) / 10);
      return done;
    });
    for (const { host, engine } of this.#machines.nodes) this.#trace.counter(trackOf(host, this.#machines), 'queue', nowNs, engine.queueLength);
    this.#readNs = nowNs;
    this.#readings++;
    if (this.#readings % READINGS_PER_PERIOD === 0) this.#periodNs *= 2;
  }
}

function trackOf(host: number, { hosts }: Machines): string {
  return host === hosts.central ? 'central store' : `node-${host}`;
}
