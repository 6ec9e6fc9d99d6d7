/** The lookups of a trial: as many in flight as asked for, or a Poisson stream. */
import type { LookupResult, NodeIndex } from '../../protocols/overlay/overlay.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { OverlayStudyConfig } from '../config/overlay-study-fields.ts';
import type { OverlayWorld } from './overlay-world.ts';

export interface LookupListener {
  /** The measured window opens. */
  begin(): void;
  /** A measured lookup has ended; `abandoned` where its initiator left or crashed meanwhile. */
  ended(result: LookupResult, abandoned: boolean): void;
  /** A measured lookup could not start: the overlay had no member. */
  skipped(): void;
}

/** What has to end before the trial does. */
interface Flight {
  readonly from: NodeIndex;
  readonly epoch: number;
  readonly measured: boolean;
}

/**
 * Runs the lookups until the last measured one has ended. With a rate, lookups of the warm-up run first, unmeasured.
 */
export function runLookups(world: OverlayWorld, config: OverlayStudyConfig, warmupNs: Nanoseconds, listener: LookupListener): void {
  const { sim, overlay } = world;
  const { count, concurrent, ratePerSecond } = config.lookups;
  const initiators = sim.random.stream('initiators');
  const flights = new Map<number, Flight>();
  let started = 0;
  let measuring = false;
  let measuredStarted = 0;
  let measuredEnded = 0;
  const endOne = (): boolean => {
    measuredEnded++;
    if (measuredEnded === count) sim.stop();
    return measuredEnded === count;
  };
  const done = (result: LookupResult, payload: number): void => {
    const flight = flights.get(payload)!;
    flights.delete(payload);
    if (flight.measured) {
      listener.ended(result, world.epochOf(flight.from) !== flight.epoch);
      if (endOne()) return;
    }
    if (ratePerSecond === null && measuredStarted < count) start();
  };
  const start = (): void => {
    const { members } = world;
    if (members.length === 0) {
      if (!measuring) return;
      measuredStarted++;
      listener.skipped();
      endOne();
      return;
    }
    const from = initiators.pick(members);
    const id = started++;
    if (measuring) measuredStarted++;
    flights.set(id, { from, epoch: world.epochOf(from), measured: measuring });
    overlay.lookup(from, world.key(id), done, id);
  };
  const open = (): void => {
    measuring = true;
    listener.begin();
  };
  if (ratePerSecond === null) {
    open();
    while (measuredStarted < Math.min(concurrent, count)) start();
  } else {
    const gaps = sim.random.stream('lookup arrivals');
    const meanNs = SECOND / ratePerSecond;
    const arrive = (): void => {
      start();
      if (measuredStarted < count) sim.schedule(Math.round(gaps.exponential(meanNs)), arrival, 0);
    };
    const arrival = sim.handler('lookup arrival', arrive);
    sim.schedule(Math.round(gaps.exponential(meanNs)), arrival, 0);
    sim.schedule(warmupNs, sim.handler('measured window', open), 0);
  }
  sim.run();
  if (measuredEnded < count) throw new Error(`${count - measuredEnded} of ${count} lookups never ended`);
}
