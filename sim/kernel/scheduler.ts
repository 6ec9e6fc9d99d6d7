import type { EventHandle, Handler } from './handler.ts';
import type { Nanoseconds } from './time.ts';
import type { TraceSink } from './trace.ts';

/** The part of the simulator that the kernel's own building blocks (processes, signals, resources, stations) stand on. */
export interface Scheduler {
  readonly now: Nanoseconds;
  readonly trace: TraceSink | undefined;
  handler<P>(label: string, run: (payload: P) => void, entityOf?: (payload: P) => number): Handler<P>;
  /** The handler of a module-level function: registered at the first call, the same object ever after. */
  sharedHandler<P>(label: string, run: (payload: P) => void, entityOf?: (payload: P) => number): Handler<P>;
  schedule<P>(delayNs: Nanoseconds, handler: Handler<P> | ((payload: P) => void), payload?: P): EventHandle;
  cancel(handle: EventHandle): boolean;
  /** A number no other caller has had from this simulator: 1, 2, 3 … */
  nextId(): number;
}
