import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';

/** What one request would like to have before its turn comes. */
export interface Ticket<T> {
  readonly owner: T;
  /** When it is expected to be needed. */
  deadlineNs: Nanoseconds;
  /** Order of arrival, for equal deadlines. */
  readonly order: number;
  /** Units not yet begun, likeliest first, with the bytes each takes. */
  readonly waiting: { readonly unit: ContextUnit; readonly sizeBytes: number }[];
  /** Units under way. */
  underWay: number;
  /** Bytes of host memory set aside for it. */
  heldBytes: number;
}

export interface LineBudget {
  /** Units fetched ahead at once. */
  readonly concurrency: number;
  /** Host memory for what has been fetched ahead and is not used yet. */
  readonly memoryBytes: number;
}

/**
 * One node's line of units to fetch ahead: earliest deadline first, unit by unit, so that what is needed first comes first and a request whose turn
 * has come, or whose prediction fails, gives up no more than the unit under way. Both budgets hold over all tickets.
 */
export class PrefetchLine<T> {
  readonly #budget: LineBudget;
  readonly #start: (ticket: Ticket<T>, unit: ContextUnit) => void;
  readonly #tickets: Ticket<T>[] = [];
  #underWay = 0;
  #heldBytes = 0;
  #orders = 0;

  constructor(budget: LineBudget, start: (ticket: Ticket<T>, unit: ContextUnit) => void) {
    this.#budget = budget;
    this.#start = start;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Queues up; `advance` then starts what can be started. */
  join(owner: T, deadlineNs: Nanoseconds, waiting: Ticket<T>['waiting']): Ticket<T> {
    const ticket: Ticket<T> = { owner, deadlineNs, order: this.#orders++, waiting, underWay: 0, heldBytes: 0 };
    this.#tickets.push(ticket);
    return ticket;
  }

  /** A unit of this ticket has arrived, or will not. */
  arrived(ticket: Ticket<T>): void {
    ticket.underWay--;
    this.#underWay--;
    this.advance();
  }

  /** The ticket is used or void: what was not begun never will be, its memory is free, and what is under way is no prefetch any more. */
  leave(ticket: Ticket<T>): void {
    this.#tickets.splice(this.#tickets.indexOf(ticket), 1);
    ticket.waiting.length = 0;
    this.#underWay -= ticket.underWay;
    this.#heldBytes -= ticket.heldBytes;
    ticket.underWay = 0;
    ticket.heldBytes = 0;
    this.advance();
  }

  /** Starts what the budgets allow. */
  advance(): void {
    while (this.#underWay < this.#budget.concurrency) {
      const ticket = this.#next();
      if (ticket === undefined) return;
      const { unit, sizeBytes } = ticket.waiting.shift()!;
      ticket.underWay++;
      ticket.heldBytes += sizeBytes;
      this.#underWay++;
      this.#heldBytes += sizeBytes;
      this.#start(ticket, unit);
    }
  }

  /** The most urgent ticket that has a unit left to begin; none where that unit finds no memory, for it must not be overtaken for ever. */
  #next(): Ticket<T> | undefined {
    let next: Ticket<T> | undefined;
    for (const ticket of this.#tickets) {
      if (ticket.waiting.length === 0) continue;
      if (next === undefined || ticket.deadlineNs < next.deadlineNs || (ticket.deadlineNs === next.deadlineNs && ticket.order < next.order)) next = ticket;
    }
    return next !== undefined && this.#heldBytes + next.waiting[0].sizeBytes <= this.#budget.memoryBytes ? next : undefined;
  }
}
