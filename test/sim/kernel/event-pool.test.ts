import { describe, expect, it } from 'vitest';
import { EventPool } from '../../../sim/kernel/event-pool.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';

const SLOT_SPAN = 2 ** 26;
/** The handle of slot 1 in the last of its 2^27 generations. */
const LAST_HANDLE = (2 ** 27 - 2) * SLOT_SPAN + 1;

/** The pool inside a simulator, to which no public way leads that does not take 2^27 events. */
const poolOf = (simulator: Simulator): EventPool => (simulator as unknown as { pool: EventPool }).pool;

describe('EventPool', () => {
  it('gives a slot a new handle each time it is taken', () => {
    const pool = new EventPool();
    const slot = pool.take();
    const first = pool.handleOf(slot);
    expect(pool.slotOf(first)).toBe(slot);
    pool.release(slot);
    expect(pool.slotOf(first)).toBe(0);
    expect(pool.take()).toBe(slot);
    expect(pool.handleOf(slot)).toBe(first + SLOT_SPAN);
  });

  it('retires a slot whose handles are used up, instead of beginning again', () => {
    const pool = new EventPool();
    const slot = pool.take();
    pool.cells[4 * slot + 3] = LAST_HANDLE;
    expect(pool.slotOf(LAST_HANDLE)).toBe(slot);
    pool.release(slot);
    expect(pool.take()).not.toBe(slot);
    expect(pool.slotOf(LAST_HANDLE)).toBe(0);
    expect(Number.isSafeInteger(pool.handleOf(slot))).toBe(true);
  });

  it('uses a slot once more in the generation before the last', () => {
    const pool = new EventPool();
    const slot = pool.take();
    pool.cells[4 * slot + 3] = LAST_HANDLE - SLOT_SPAN;
    pool.release(slot);
    expect(pool.take()).toBe(slot);
    expect(pool.handleOf(slot)).toBe(LAST_HANDLE);
  });

  it('is told the same by the simulator, which releases slots itself', () => {
    const simulator = new Simulator();
    const handles: number[] = [];
    const note = simulator.handler('note', (n: number) => {
      if (n > 0) handles.push(simulator.schedule(1, note, n - 1));
    });
    const first = simulator.schedule(1, note, 2);
    const slot = first % SLOT_SPAN;
    poolOf(simulator).cells[4 * slot + 3] = LAST_HANDLE - SLOT_SPAN;
    simulator.run();
    expect(handles[0]).toBe(LAST_HANDLE);
    expect(handles[1] % SLOT_SPAN).not.toBe(slot);
    expect(simulator.cancel(LAST_HANDLE)).toBe(false);
    expect(simulator.eventsRun).toBe(3);
  });
});
