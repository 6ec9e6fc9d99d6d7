import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { ActivityLog } from '../../sim/serving/attribution.ts';
import type { ContextUnit, Request } from '../../sim/serving/request.ts';
import { Sequence } from '../../sim/serving/sequence.ts';
import type { FetchJob, UnitFetch, UnitOutcome } from '../fetch/fetch-job.ts';
import type { Choice } from '../decision/choose-units.ts';
import type { Delivery } from './dispatcher.ts';
import type { PeerNode } from './peer-node.ts';
import { PrefillWork } from './prefill-work.ts';

/** One request on its way through a serving system. */
export class RequestState {
  readonly request: Request;
  readonly node: PeerNode;
  readonly activities = new ActivityLog();
  /** Times that the front end has had to send it again, because its node died. */
  readonly attempt: number;
  readonly sequence: Sequence;
  readonly work: PrefillWork;
  /** The final units; empty until retrieval has named them. */
  units: readonly ContextUnit[] = [];
  /** The same without repetitions, and how many of the leading final units are known to have an outcome: set at the head of the queue. */
  distinctUnits: readonly ContextUnit[] = [];
  unitsSettled = 0;
  /** By unit id, prefetched ones included. */
  readonly fetches = new Map<number, UnitFetch>();
  readonly jobs: FetchJob[] = [];
  /** Where each unit's KV came from, in prompt order; filled when the prefill is planned. */
  outcomes: UnitOutcome[] = [];
  /** It was worth fetching ahead for. */
  prefetchFired = false;
  /** Bytes that came by prefetches, those used in the end, and those that were here when retrieval had named the units. */
  prefetchedBytes = 0;
  prefetchedUsedBytes = 0;
  prefetchedInTimeBytes = 0;
  /** Bytes of all units that could be reused, as stored. */
  neededBytes = 0;
  /** Wait predicted when it was queued; what the engine alone would have said, and the part of that which is the step under way. */
  predictedWaitNs: Nanoseconds = 0;
  engineWaitNs: Nanoseconds = 0;
  boundaryNs: Nanoseconds = 0;
  retrievalStartNs: Nanoseconds = -1;
  headNs: Nanoseconds = -1;
  readyNs: Nanoseconds = -1;
  /** The activity that the next step waits for; -1 for the arrival. */
  lastActivity = -1;
  /** Units that had to be computed, in prompt order. */
  missed: ContextUnit[] = [];
  /** Tokens whose KV was reused. */
  reusedTokens = 0;
  /** Tokens of joined chunks that were computed again. */
  recomputedTokens = 0;
  /** Its missed units are being computed or stored now. */
  computing = false;
  /** Its node died under it. */
  lost = false;
  /** KV that comes from a peer's cache beside the request, and whether its prefill waits for that now. */
  delivery: Delivery | undefined;
  awaitsDelivery = false;
  /** How it was decided to get what was missing, and when; undefined where nothing is decided. */
  choice: Choice | undefined;
  decidedNs: Nanoseconds = -1;
  /** Units that it was decided to compute, and those whose computation the engine has been given. */
  readonly chosen = new Set<number>();
  readonly given = new Set<number>();
  /** The engine has been given what is computed when all units are there; it may run the request; the engine lost it once and computes everything itself. */
  finalGiven = false;
  begun = false;
  preempted = false;
  /** The arrival behind which the last layers are computed. */
  lastLayer = -1;
  /** Units missed although another request was computing or storing them at that moment. */
  missedInComputation = 0;

  constructor(request: Request, node: PeerNode, attempt: number) {
    this.request = request;
    this.node = node;
    this.attempt = attempt;
    this.activities.reset(request.arrivalNs);
    this.sequence = new Sequence(request);
    this.work = new PrefillWork(node.engine, this.sequence, this.activities);
  }
}
