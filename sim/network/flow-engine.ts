import type { EventHandle, Handler, Simulator } from '../kernel/simulator.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import { FlowProgress } from './flow-progress.ts';
import { enlarged } from '../kernel/growth.ts';
import { AT_CAP, IncrementalMaxMin } from './incremental-max-min.ts';

/** Index of a link of the flow engine. */
export type LinkId = number;

/**
 * Fluid flows that share links max-min fairly, in simulated time.
 *
 * Flows that begin, end or change at one instant are solved for together, by one event at that instant that runs after the events already
 * waiting there: no time passes meanwhile, so the result is the same as with a solution after each change. One timer waits for the next
 * completion. Flows that complete at one instant are reported in the order in which they began.
 *
 * Capacities and rates are in bytes per second.
 */
export class FlowEngine {
  readonly #simulator: Simulator;
  readonly #finished: (owner: number) => void;
  readonly #partArrived: (owner: number, part: number) => void;
  readonly #allocation = new IncrementalMaxMin();
  readonly #progress = new FlowProgress();
  readonly #shareHandler: Handler<undefined>;
  readonly #completeHandler: Handler<undefined>;
  #shareScheduled = false;
  #timer: EventHandle = 0;
  #timerNs: Nanoseconds = Infinity;

  // By flow.
  #owner = new Float64Array(64);
  #sizeBytes = new Float64Array(64);
  #order = new Float64Array(64);
  #unreported = new Uint8Array(64);
  /** Bytes behind the part that is arriving. */
  #behindBytes = new Float64Array(64);
  #part = new Int32Array(64);
  /** Sizes of the parts of a flow that has several. */
  readonly #parts: (readonly number[] | undefined)[] = [];
  #begun = 0;
  #active = 0;
  /** Whole bytes that ended flows carried over each link. */
  readonly #carriedByEnded: number[] = [];
  readonly #completed: number[] = [];
  /** Parts that have arrived and not been reported: flow, its order (a flow's number is used again), part. */
  readonly #arrivedParts: number[] = [];
  readonly #nextPart = (flow: number): number => this.#advance(flow);

  /**
   * @param finished called with the owner of each flow whose last byte has arrived; the flow is closed by then
   * @param partArrived called with the owner of a flow and the index of a part, whose last byte has arrived; for every part but the last
   */
  constructor(simulator: Simulator, finished: (owner: number) => void, partArrived: (owner: number, part: number) => void = nobody) {
    this.#simulator = simulator;
    this.#finished = finished;
    this.#partArrived = partArrived;
    this.#shareHandler = simulator.handler('network.share', () => {
      this.#shareScheduled = false;
      this.#settle();
    });
    this.#completeHandler = simulator.handler('network.complete', this.#complete.bind(this));
  }

  /** Flows that share now. */
  get activeFlows(): number {
    return this.#active;
  }

  get linkCount(): number {
    return this.#allocation.linkCount;
  }

  /** Times that rounding forced a full solution; see `IncrementalMaxMin.restarts`. */
  get restarts(): number {
    return this.#allocation.restarts;
  }

  addLink(bytesPerSecond: number): LinkId {
    const link = this.#allocation.addLink(bytesPerSecond);
    this.#progress.addGroup();
    this.#carriedByEnded.push(0);
    return link;
  }

  capacity(link: LinkId): number {
    return this.#allocation.capacity(link);
  }

  setCapacity(link: LinkId, bytesPerSecond: number): void {
    this.#allocation.setCapacity(link, bytesPerSecond);
    this.#changed();
  }

  /**
   * Opens a flow that crosses no link yet; `cross` must add its links before anything else happens. Without a link it needs a finite cap.
   *
   * @param owner the number that `finished` is called with
   * @param sizeBytes above 0
   * @param cap greatest rate in bytes per second, or Infinity
   * @param parts sizes, each above 0, that add up to `sizeBytes`: the arrival of each is reported as it happens
   */
  open(owner: number, sizeBytes: number, cap: number, parts?: readonly number[]): number {
    const flow = this.#allocation.add(cap);
    if (flow >= this.#owner.length) this.#grow();
    this.#owner[flow] = owner;
    this.#sizeBytes[flow] = sizeBytes;
    this.#order[flow] = this.#begun++;
    const firstBytes = parts === undefined ? sizeBytes : parts[0];
    this.#parts[flow] = parts;
    this.#part[flow] = 0;
    this.#behindBytes[flow] = sizeBytes - firstBytes;
    this.#progress.start(flow, firstBytes, this.#simulator.now);
    this.#active++;
    this.#changed();
    return flow;
  }

  /** Lets a flow just opened cross a link. */
  cross(flow: number, link: LinkId): void {
    this.#allocation.cross(flow, link);
  }

  /** Changes the cap of a flow; zero stalls it. */
  setCap(flow: number, cap: number): void {
    if (this.#unreported[flow] === 1 || cap === this.#allocation.cap(flow)) return;
    this.#allocation.setCap(flow, cap);
    this.#changed();
  }

  /** Ends a flow before its time and returns the whole bytes that had arrived. Its owner is not called. */
  close(flow: number): number {
    const delivered = this.deliveredBytes(flow);
    this.#parts[flow] = undefined;
    if (this.#unreported[flow] === 1) {
      this.#unreported[flow] = 0;
      return delivered;
    }
    this.#end(flow, delivered);
    this.#progress.remove(flow);
    this.#allocation.recycle(flow);
    this.#changed();
    return delivered;
  }

  /** Whole bytes of a flow that have arrived by now. */
  deliveredBytes(flow: number): number {
    const size = this.#sizeBytes[flow];
    if (this.#unreported[flow] === 1) return size;
    return Math.max(0, size - this.#behindBytes[flow] - Math.ceil(this.#progress.remainingBytes(flow, this.#simulator.now)));
  }

  /** Rate of a flow from now on, bytes per second. */
  rate(flow: number): number {
    this.#settle();
    return this.#allocation.rate(flow);
  }

  /** Sum of the rates on a link from now on, bytes per second. */
  load(link: LinkId): number {
    this.#settle();
    return this.#allocation.load(link);
  }

  /** Bytes that have crossed a link by now, those of flows in progress included. */
  carriedBytes(link: LinkId): number {
    let bytes = this.#carriedByEnded[link];
    this.#allocation.forEachOn(link, (flow) => {
      bytes += this.deliveredBytes(flow);
    });
    return bytes;
  }

  #changed(): void {
    if (this.#shareScheduled) return;
    this.#shareScheduled = true;
    this.#simulator.schedule(0, this.#shareHandler);
  }

  #settle(): void {
    const allocation = this.#allocation;
    const progress = this.#progress;
    const now = this.#simulator.now;
    if (!allocation.isSettled) {
      allocation.solve();
      const { changedLinks, changedLinkCount, changedFlows, changedFlowCount } = allocation;
      for (let k = 0; k < changedLinkCount; k++) {
        const link = changedLinks[k];
        const level = allocation.level(link);
        progress.setRate(link, level < Infinity ? level : 0, now);
      }
      for (let k = 0; k < changedFlowCount; k++) {
        const flow = changedFlows[k];
        const bottleneck = allocation.bottleneck(flow);
        if (bottleneck >= 0) progress.join(flow, bottleneck, now);
        else if (bottleneck === AT_CAP) progress.runAlone(flow, allocation.rate(flow), now);
      }
      for (let k = 0; k < changedLinkCount; k++) progress.reschedule(changedLinks[k]);
      allocation.forgetChanges();
    }
    this.#setTimer();
  }

  #setTimer(): void {
    const due = this.#progress.nextCompletionNs();
    if (due === this.#timerNs) return;
    if (this.#timerNs < Infinity) this.#simulator.cancel(this.#timer);
    this.#timerNs = due;
    if (due < Infinity) this.#timer = this.#simulator.scheduleAt(Math.max(due, this.#simulator.now), this.#completeHandler);
  }

  #complete(): void {
    this.#timerNs = Infinity;
    const completed = this.#completed;
    this.#progress.takeCompleted(this.#simulator.now, completed, this.#nextPart);
    if (completed.length > 1) completed.sort((a, b) => this.#order[a] - this.#order[b]);
    // Every flow leaves its links before the first owner is called, and keeps its number until the last has been: an owner may close
    // or open flows, those of this batch included.
    for (const flow of completed) {
      this.#end(flow, this.#sizeBytes[flow]);
      this.#unreported[flow] = 1;
    }
    if (completed.length > 0) this.#changed();
    else this.#setTimer();
    try {
      this.#reportParts();
      for (const flow of completed) {
        if (this.#unreported[flow] === 0) continue;
        this.#unreported[flow] = 0;
        this.#finished(this.#owner[flow]);
      }
    } finally {
      this.#arrivedParts.length = 0;
      for (const flow of completed) this.#allocation.recycle(flow);
      completed.length = 0;
    }
  }

  /** A flow has come to the end of a part. Returns the bytes of the next one, 0 after the last. */
  #advance(flow: number): number {
    const parts = this.#parts[flow];
    if (parts === undefined) return 0;
    const part = this.#part[flow];
    if (part === parts.length - 1) return 0;
    this.#arrivedParts.push(flow, this.#order[flow], part);
    this.#part[flow] = part + 1;
    const bytes = parts[part + 1];
    this.#behindBytes[flow] -= bytes;
    return bytes;
  }

  #reportParts(): void {
    const arrived = this.#arrivedParts;
    for (let i = 0; i < arrived.length; i += 3) {
      const flow = arrived[i];
      // The owner of an earlier part may have closed this flow.
      if (this.#order[flow] === arrived[i + 1] && this.#parts[flow] !== undefined) this.#partArrived(this.#owner[flow], arrived[i + 2]);
    }
  }

  #end(flow: number, deliveredBytes: number): void {
    if (deliveredBytes > 0) {
      this.#allocation.forEachLinkOf(flow, (link) => {
        this.#carriedByEnded[link] += deliveredBytes;
      });
    }
    this.#allocation.detach(flow);
    this.#active--;
  }

  #grow(): void {
    const size = 2 * this.#owner.length;
    this.#owner = enlarged(this.#owner, new Float64Array(size));
    this.#sizeBytes = enlarged(this.#sizeBytes, new Float64Array(size));
    this.#order = enlarged(this.#order, new Float64Array(size));
    this.#unreported = enlarged(this.#unreported, new Uint8Array(size));
    this.#behindBytes = enlarged(this.#behindBytes, new Float64Array(size));
    this.#part = enlarged(this.#part, new Int32Array(size));
  }
}

function nobody(): void {
  // Whoever opens no flow with parts need not hear of them.
}
