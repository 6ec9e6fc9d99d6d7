import type { EventHandle, Handler } from './handler.ts';
import type { Scheduler } from './scheduler.ts';
import type { Nanoseconds } from './time.ts';
import { LATEST } from './time.ts';

/** Names one job of a station. Never 0, never reused. */
export type StationTicket = number;

const SLOT_SPAN = 67_108_864;

/** A job's service demand and whom to tell. Records are reused, so a job costs no allocation once the station has been this busy before. */
interface Job {
  ticket: StationTicket;
  durationNs: Nanoseconds;
  startNs: Nanoseconds;
  done: (payload: unknown) => void;
  payload: unknown;
  /** The completion event while in service, 0 while queued. */
  completion: EventHandle;
  state: 'free' | 'queued' | 'serving';
  /** Next free record, or neighbours in the queue; −1 for none. */
  next: number;
  previous: number;
}

const nobody = (): void => {
  // A free record tells nobody.
};

/**
 * `servers` identical servers and one first-come-first-served queue (G/G/c). A job occupies one server for its duration, which is known when it
 * comes; one event per job, no process.
 */
export class Station {
  readonly name: string;
  readonly servers: number;
  private readonly scheduler: Scheduler;
  private readonly finish: Handler<number>;
  private readonly jobs: Job[] = [];
  private freeJob = -1;
  private head = -1;
  private tail = -1;
  private waiting = 0;
  private busy = 0;
  private finished = 0;
  /** Busy server-nanoseconds up to `countedNs`. */
  private busySumNs = 0;
  private countedNs: Nanoseconds;
  /**
   * When each server will have done all work known now (Kiefer & Wolfowitz's workload vector, as instants). The next arrival starts at the least.
   * Kept up from the first question on.
   */
  private readonly freeAtNs: Float64Array;
  private freeAtStale = true;

  constructor(scheduler: Scheduler, name: string, servers: number) {
    if (!(Number.isInteger(servers) && servers >= 1)) throw new RangeError(`servers of station "${name}" is ${servers}: expected a whole number of at least 1`);
    this.scheduler = scheduler;
    this.name = name;
    this.servers = servers;
    this.countedNs = scheduler.now;
    this.freeAtNs = new Float64Array(servers);
    this.finish = scheduler.handler(`station.${name}`, this.complete.bind(this));
  }

  /** Jobs waiting, those in service not counted. */
  get queueLength(): number {
    return this.waiting;
  }

  get busyServers(): number {
    return this.busy;
  }

  /** Jobs served to the end. */
  get completed(): number {
    return this.finished;
  }

  /**
   * Queues a job, which occupies one server for `durationNs`; then `done(payload)` is called.
   * Throws RangeError when the duration is no whole number of nanoseconds, or negative.
   */
  serve<P>(durationNs: Nanoseconds, done: Handler<P> | ((payload: P) => void), payload: P): StationTicket {
    if (!(durationNs >= 0 && durationNs <= LATEST && Math.floor(durationNs) === durationNs)) {
      throw new RangeError(`duration of a job at station "${this.name}" is ${durationNs}: expected a whole number of nanoseconds, at least 0`);
    }
    const index = this.takeRecord();
    const job = this.jobs[index];
    job.durationNs = durationNs;
    job.done = (typeof done === 'function' ? done : done.run) as (payload: unknown) => void;
    job.payload = payload;
    if (!this.freeAtStale) this.commit(durationNs);
    if (this.busy < this.servers) this.start(index);
    else this.enqueue(index);
    return job.ticket;
  }

  /** Takes a job out of the queue, or out of service, which frees its server now. False when it is done or cancelled already. */
  cancel(ticket: StationTicket): boolean {
    const index = (ticket % SLOT_SPAN) - 1;
    if (!(Number.isInteger(index) && index >= 0 && index < this.jobs.length)) return false;
    const job = this.jobs[index];
    if (job.ticket !== ticket || (job.state !== 'queued' && job.state !== 'serving')) return false;
    this.uncommit(job);
    if (job.state === 'queued') {
      this.unlink(index);
      this.releaseRecord(index);
      return true;
    }
    this.scheduler.cancel(job.completion);
    this.count();
    this.busy--;
    this.releaseRecord(index);
    this.startNext();
    return true;
  }

  /**
   * Server-nanoseconds of service given so far; beyond now, what the work known now will add by `untilNs`. Divide by servers × window for the
   * utilisation. Throws RangeError for an instant before now.
   */
  busyNs(untilNs: Nanoseconds = this.scheduler.now): number {
    const { now } = this.scheduler;
    if (!(untilNs >= now)) throw new RangeError(`busyNs until ${untilNs}: expected an instant not before now, ${now}`);
    this.count();
    if (untilNs === now) return this.busySumNs;
    const freeAt = this.currentFreeAt();
    // From now on a server with known work is busy without a gap until it has done it.
    let sum = this.busySumNs;
    for (let i = 0; i < freeAt.length; i++) sum += Math.max(0, Math.min(freeAt[i], untilNs) - now);
    return sum;
  }

  /** How long an arrival now would wait for a server: exact, since durations are known, until jobs are cancelled. */
  expectedWaitNs(): Nanoseconds {
    const freeAt = this.currentFreeAt();
    let least = freeAt[0];
    for (let i = 1; i < freeAt.length; i++) if (freeAt[i] < least) least = freeAt[i]!;
    return Math.max(0, least - this.scheduler.now);
  }

  private complete(index: number): void {
    const job = this.jobs[index];
    const { done, payload } = job;
    const { now, trace } = this.scheduler;
    if (trace !== undefined) trace.complete(this.name, 'service', job.startNs, now - job.startNs);
    this.count();
    this.busy--;
    this.finished++;
    this.releaseRecord(index);
    this.startNext();
    done(payload);
  }

  private start(index: number): void {
    const job = this.jobs[index];
    this.count();
    this.busy++;
    job.state = 'serving';
    job.startNs = this.scheduler.now;
    job.completion = this.scheduler.schedule(job.durationNs, this.finish, index);
  }

  private startNext(): void {
    const index = this.head;
    if (index < 0) return;
    this.unlink(index);
    this.start(index);
  }

  private enqueue(index: number): void {
    const job = this.jobs[index];
    job.state = 'queued';
    job.next = -1;
    job.previous = this.tail;
    if (this.tail < 0) this.head = index;
    else this.jobs[this.tail].next = index;
    this.tail = index;
    this.waiting++;
  }

  private unlink(index: number): void {
    const { previous, next } = this.jobs[index];
    if (previous < 0) this.head = next;
    else this.jobs[previous].next = next;
    if (next < 0) this.tail = previous;
    else this.jobs[next].previous = previous;
    this.waiting--;
  }

  private takeRecord(): number {
    const index = this.freeJob;
    if (index >= 0) {
      this.freeJob = this.jobs[index].next;
      return index;
    }
    const created = this.jobs.length;
    this.jobs.push({ ticket: created + 1 + SLOT_SPAN, durationNs: 0, startNs: 0, done: nobody, payload: undefined, completion: 0, state: 'free', next: -1, previous: -1 });
    return created;
  }

  private releaseRecord(index: number): void {
    const job = this.jobs[index];
    job.state = 'free';
    job.done = nobody;
    job.payload = undefined;
    job.completion = 0;
    // The next job of this record gets a ticket of its own.
    job.ticket += SLOT_SPAN;
    job.next = this.freeJob;
    this.freeJob = index;
  }

  /** Brings the busy time up to now. */
  private count(): void {
    const { now } = this.scheduler;
    this.busySumNs += this.busy * (now - this.countedNs);
    this.countedNs = now;
  }

  /** Gives the job to the server that is free first, as the queue will. */
  private commit(durationNs: Nanoseconds): void {
    const freeAt = this.freeAtNs;
    let least = 0;
    for (let i = 1; i < freeAt.length; i++) if (freeAt[i] < freeAt[least]) least = i;
    freeAt[least] = Math.max(freeAt[least], this.scheduler.now) + durationNs;
  }

  /** Takes a job that will not be finished out of the account. */
  private uncommit(job: Job): void {
    // With one server the work after the job moves up by what the job leaves undone; with more, it may change servers.
    if (this.servers > 1) this.freeAtStale = true;
    else this.freeAtNs[0] -= job.state === 'queued' ? job.durationNs : job.startNs + job.durationNs - this.scheduler.now;
  }

  private currentFreeAt(): Float64Array {
    if (this.freeAtStale) {
      this.freeAtStale = false;
      this.freeAtNs.fill(this.scheduler.now);
      let server = 0;
      for (const job of this.jobs) if (job.state === 'serving') this.freeAtNs[server++] = job.startNs + job.durationNs;
      for (let index = this.head; index >= 0; index = this.jobs[index].next) {
        const job = this.jobs[index];
        this.commit(job.durationNs);
      }
    }
    return this.freeAtNs;
  }
}
