/**
 * What runs when an event is due. Made by `simulator.handler`, registered once and scheduled often, so that an event needs no closure.
 */
export interface Handler<P> {
  /** Position in the simulator's table; 0 is kept for plain functions. */
  readonly id: number;
  /** Enters the run digest: equal labels are equal to the digest. */
  readonly label: string;
  readonly run: (payload: P) => void;
  /** What a non-number payload contributes to the digest; a number payload is its own entity. */
  readonly entityOf: ((payload: P) => number) | undefined;
}

/** Names one scheduled event. Never 0, and never reused: a handle kept past its event is harmless. */
export type EventHandle = number;
