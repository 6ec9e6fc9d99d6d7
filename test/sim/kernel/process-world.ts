import { sleep } from '../../../sim/kernel/process.ts';
import type { ProcessBody } from '../../../sim/kernel/process.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import type { Waitable } from '../../../sim/kernel/waitable.ts';

/** A simulator and a notebook, for tests of processes. */
export interface World {
  simulator: Simulator;
  /** `time what` for everything a test notes. */
  log: string[];
  readonly note: (what: string) => void;
}

/** A fresh simulator with an empty notebook. */
export function world(): World {
  const simulator = new Simulator();
  const log: string[] = [];
  return { simulator, log, note: (what) => log.push(`${simulator.now} ${what}`) };
}

/** Waits and returns what came, or how it failed. */
export function* outcome(wait: Waitable<unknown>): ProcessBody<string> {
  try {
    return `got ${JSON.stringify(yield wait)}`;
  } catch (error) {
    return String(error);
  }
}

/** Returns a value, or throws it if it is an Error, after a while. */
export function* constant(delayNs: number, value: unknown): ProcessBody<unknown> {
  yield sleep(delayNs);
  if (value instanceof Error) throw value;
  return value;
}

/** What a process waiting for `make(simulator)` sees, and when. */
export function seen(make: (simulator: Simulator) => Waitable<unknown>): string {
  const { simulator } = world();
  const process = simulator.spawn(outcome(make(simulator)));
  let end = -1;
  process.arm(simulator, {
    succeed: () => {
      end = simulator.now;
    },
    fail: () => undefined,
  });
  simulator.run();
  return `${end} ${process.result}`;
}
