import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Id } from './id-space.ts';
import type { LookupResult, NodeIndex } from './overlay.ts';

const NOBODY: readonly NodeIndex[] = [];

/** A lookup while it runs; what it says of itself when it ends is the LookupResult. `Self` is what `done` is told. */
export class LookupRecord<Self = LookupResult> implements LookupResult {
  ok = false;
  owner: NodeIndex = -1;
  answeredBy: NodeIndex = -1;
  replicas: readonly NodeIndex[] = NOBODY;
  hops = 0;
  redirects = 0;
  rounds = 0;
  ownerRounds = 0;
  latencyNs: Nanoseconds = 0;
  timeouts = 0;
  deadEntries = 0;
  messages = 0;

  readonly origin: NodeIndex;
  readonly key: Id;
  readonly purpose: number;
  readonly startNs: Nanoseconds;
  readonly done: (result: Self, payload: number) => void;
  readonly payload: number;
  /** The first node to ask, where the initiator has no tables yet (join); −1 otherwise. */
  readonly via: NodeIndex;
  number = 0;
  /** When the initiator's own timer ends, where one runs; 0 otherwise. */
  deadlineNs: Nanoseconds = 0;
  retriesLeft: number;

  constructor(origin: NodeIndex, key: Id, purpose: number, startNs: Nanoseconds, done: (result: Self, payload: number) => void, payload: number, via: NodeIndex, retries: number) {
    this.origin = origin;
    this.key = key;
    this.purpose = purpose;
    this.startNs = startNs;
    this.done = done;
    this.payload = payload;
    this.via = via;
    this.retriesLeft = retries;
  }
}
