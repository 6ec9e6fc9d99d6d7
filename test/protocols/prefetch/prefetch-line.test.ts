import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrefetchLine } from '../../../protocols/prefetch/prefetch-line.ts';
import type { Ticket } from '../../../protocols/prefetch/prefetch-line.ts';

const unit = (id: number, sizeBytes = 1): Ticket<string>['waiting'][number] => ({ unit: { id, tokens: 1 }, sizeBytes });

function line(concurrency: number, memoryBytes = Infinity) {
  const started: string[] = [];
  const made = new PrefetchLine<string>({ concurrency, memoryBytes }, (ticket, { id }) => { started.push(`${ticket.owner}${id}`); });
  return { line: made, started };
}

describe('the line of units to fetch ahead', () => {
  it('starts the units of the earliest deadline first, unit by unit', () => {
    const { line: made, started } = line(1);
    const late = made.join('late', 200, [unit(1), unit(2)]);
    made.advance();
    const soon = made.join('soon', 100, [unit(3), unit(4)]);
    made.arrived(late);
    made.arrived(soon);
    made.arrived(soon);
    made.arrived(late);
    expect(started).toEqual(['late1', 'soon3', 'soon4', 'late2']);
  });

  it('a ticket that leaves begins nothing more, and its memory is free for others', () => {
    const { line: made, started } = line(4, 2);
    const first = made.join('a', 1, [unit(1), unit(2), unit(3)]);
    made.join('b', 2, [unit(4)]);
    made.advance();
    expect(started).toEqual(['a1', 'a2']);
    made.leave(first);
    expect(started).toEqual(['a1', 'a2', 'b4']);
    expect([made.heldBytes, made.underWay]).toEqual([1, 1]);
  });

  it('does not let small units overtake a more urgent one that finds no memory', () => {
    const { line: made, started } = line(4, 3);
    made.join('urgent', 1, [unit(1, 2), unit(2, 2)]);
    made.join('small', 2, [unit(3, 1)]);
    made.advance();
    expect(started).toEqual(['urgent1']);
  });

  it('law: budgets hold at every moment, each unit starts at most once, and all start that can', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('join' as const), deadline: fc.nat(50), sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }) }),
      fc.record({ kind: fc.constant('arrive' as const), pick: fc.nat(20) }),
      fc.record({ kind: fc.constant('leave' as const), pick: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 4, max: 9 }), (actions, concurrency, memoryBytes) => {
        const seen = new Set<number>();
        const made: PrefetchLine<number> = new PrefetchLine<number>({ concurrency, memoryBytes }, (_, { id }) => {
          expect(seen.has(id)).toBe(false);
          seen.add(id);
        });
        const tickets: Ticket<number>[] = [];
        let units = 0;
        for (const each of actions) {
          if (each.kind === 'join') tickets.push(made.join(tickets.length, each.deadline, each.sizes.map((size) => ({ unit: { id: units++, tokens: 1 }, sizeBytes: size }))));
          else if (tickets.length > 0) {
            const ticket = tickets[each.pick % tickets.length];
            if (each.kind === 'leave') made.leave(tickets.splice(each.pick % tickets.length, 1)[0]);
            else if (ticket.underWay > 0) made.arrived(ticket);
          }
          made.advance();
          let held = 0;
          let underWay = 0;
          for (const ticket of tickets) {
            held += ticket.heldBytes;
            underWay += ticket.underWay;
          }
          expect([made.heldBytes, made.underWay]).toEqual([held, underWay]);
          expect(held).toBeLessThanOrEqual(memoryBytes);
          expect(underWay).toBeLessThanOrEqual(concurrency);
          const urgent = tickets.filter(({ waiting }) => waiting.length > 0).sort((a, b) => a.deadlineNs - b.deadlineNs || a.order - b.order).at(0);
          // Work is left only for want of a budget.
          if (urgent !== undefined) expect(underWay === concurrency || held + urgent.waiting[0].sizeBytes > memoryBytes).toBe(true);
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
