import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { Station } from '../../../sim/kernel/station.ts';
import type { StationTicket } from '../../../sim/kernel/station.ts';
import type { TraceSink } from '../../../sim/kernel/trace.ts';

interface Arrival {
  gapNs: number;
  durationNs: number;
}

const arrivals = fc.array(fc.record({ gapNs: fc.oneof(fc.constant(0), fc.nat(20)), durationNs: fc.oneof(fc.constant(0), fc.nat(40)) }), {
  minLength: 1,
  maxLength: 60,
});

/** What a job of an uncancelled station met, by arithmetic: Kiefer and Wolfowitz's recursion on the times servers become free. */
function starts(jobs: readonly Arrival[], servers: number): number[] {
  const freeAt = new Array<number>(servers).fill(0);
  let now = 0;
  return jobs.map(({ gapNs, durationNs }) => {
    now += gapNs;
    freeAt.sort((a, b) => a - b);
    const start = Math.max(now, freeAt[0]);
    freeAt[0] = start + durationNs;
    return start;
  });
}

describe('station', () => {
  it('serves each job when Kiefer and Wolfowitz say, and foretells it to the nanosecond', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 5 }), (jobs, servers) => {
        const simulator = new Simulator();
        const station = new Station(simulator, 'disk', servers);
        const expected = starts(jobs, servers);
        const finished = new Map<number, number>();
        let time = 0;
        jobs.forEach(({ gapNs, durationNs }, job) => {
          time += gapNs;
          simulator.scheduleAt(time, () => {
            expect(simulator.now + station.expectedWaitNs()).toBe(expected[job]);
            station.serve(durationNs, (n: number) => finished.set(n, simulator.now), job);
          });
        });
        simulator.run();
        expect([...finished].sort(([a], [b]) => a - b)).toEqual(jobs.map(({ durationNs }, job) => [job, expected[job] + durationNs]));
        expect(station.busyNs()).toBe(jobs.reduce((sum, { durationNs }) => sum + durationNs, 0));
        expect([station.busyServers, station.queueLength, station.completed]).toEqual([0, 0, jobs.length]);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('obeys Little: the time integral of the queue length is the sum of the waits', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 4 }), (jobs, servers) => {
        const simulator = new Simulator();
        const station = new Station(simulator, 'disk', servers);
        let area = 0;
        let seenNs = 0;
        let length = 0;
        // The length after an instant is the length up to the next.
        const look = (): void => {
          area += length * (simulator.now - seenNs);
          seenNs = simulator.now;
          length = station.queueLength;
        };
        let time = 0;
        for (const { gapNs, durationNs } of jobs) {
          time += gapNs;
          simulator.scheduleAt(time, () => {
            station.serve(durationNs, () => undefined, 0);
          });
        }
        const last = time + 60 * 41;
        for (let t = 0; t <= last; t++) {
          simulator.run(t);
          look();
        }
        let arrived = 0;
        const waits = starts(jobs, servers).map((start, job) => start - (arrived += jobs[job].gapNs));
        expect(area).toBe(waits.reduce((sum, wait) => sum + wait, 0));
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it('keeps its account and its forecast through cancellations', () => {
    const act = fc.record({ gapNs: fc.nat(15), durationNs: fc.nat(40), cancels: fc.option(fc.nat(100), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 4 }), (acts, servers) => {
        const simulator = new Simulator();
        const station = new Station(simulator, 'disk', servers);
        const tickets: StationTicket[] = [];
        const promised = new Map<number, number>();
        const finished: number[] = [];
        let cancelled = 0;
        let time = 0;
        let served = 0;
        acts.forEach(({ gapNs, durationNs, cancels }, job) => {
          time += gapNs;
          simulator.scheduleAt(time, () => {
            if (cancels !== undefined && tickets.length > 0) {
              const at = cancels % tickets.length;
              if (station.cancel(tickets[at])) {
                cancelled++;
                promised.delete(at);
                // What waits behind the cancelled job may start earlier than was promised.
                promised.clear();
              }
              expect(station.cancel(tickets[at])).toBe(false);
            }
            promised.set(job, simulator.now + station.expectedWaitNs() + durationNs);
            tickets.push(
              station.serve(
                durationNs,
                (n: number) => {
                  finished.push(n);
                  served += acts[n].durationNs;
                  if (promised.has(n)) expect(simulator.now).toBe(promised.get(n));
                },
                job,
              ),
            );
          });
        });
        simulator.run();
        expect(station.completed).toBe(acts.length - cancelled);
        expect(finished.length).toBe(acts.length - cancelled);
        expect([station.busyServers, station.queueLength]).toEqual([0, 0]);
        // Cancelled jobs add the service they got, which is at most what they asked for.
        const asked = acts.reduce((sum, { durationNs }) => sum + durationNs, 0);
        expect(station.busyNs()).toBeGreaterThanOrEqual(served);
        expect(station.busyNs()).toBeLessThanOrEqual(asked);
        for (const ticket of tickets) expect(station.cancel(ticket)).toBe(false);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('counts busy time as it passes, and foretells what known work will add', () => {
    const simulator = new Simulator();
    const station = new Station(simulator, 'disk', 2);
    for (const duration of [10, 20, 30]) station.serve(duration, () => undefined, 0);
    // Server 1: 10, then 30; server 2: 20.
    expect(station.busyNs()).toBe(0);
    expect([5, 10, 20, 40, 100].map((until) => station.busyNs(until))).toEqual([10, 20, 40, 60, 60]);
    simulator.run(15);
    expect(station.busyNs()).toBe(30);
    expect(station.busyNs(40)).toBe(60);
    expect(() => station.busyNs(14)).toThrow(/14.*not before now, 15/);
    simulator.run();
    expect(station.busyNs()).toBe(60);
  });

  it('a job cancelled in service frees its server at once', () => {
    const simulator = new Simulator();
    const station = new Station(simulator, 'gpu', 1);
    const done: string[] = [];
    const note = (name: string): void => {
      done.push(`${simulator.now} ${name}`);
    };
    const first = station.serve(100, note, 'first');
    station.serve(10, note, 'second');
    simulator.run(30);
    expect(station.expectedWaitNs()).toBe(80);
    expect(station.cancel(first)).toBe(true);
    expect(station.expectedWaitNs()).toBe(10);
    expect(station.busyServers).toBe(1);
    simulator.run();
    expect(done).toEqual(['40 second']);
    expect(station.busyNs()).toBe(40);
  });

  it('takes registered handlers and plain functions, and starts the next job before it tells of the last', () => {
    const simulator = new Simulator();
    const station = new Station(simulator, 'nic', 1);
    const seen: string[] = [];
    const handler = simulator.handler('sent', (size: number) => seen.push(`handler ${size} busy ${station.busyServers}`));
    station.serve(5, handler, 1);
    station.serve(5, (size: number) => seen.push(`function ${size} busy ${station.busyServers}`), 2);
    simulator.run();
    expect(seen).toEqual(['handler 1 busy 1', 'function 2 busy 0']);
  });

  it('may be given work from within a completion', () => {
    const simulator = new Simulator();
    const station = new Station(simulator, 'loop', 1);
    let rounds = 0;
    const again = (n: number): void => {
      rounds++;
      if (n < 1000) station.serve(n % 3, again, n + 1);
    };
    station.serve(0, again, 1);
    simulator.run();
    expect(rounds).toBe(1000);
  });

  it('forgets cancelled jobs that never reached a server', () => {
    const simulator = new Simulator();
    const station = new Station(simulator, 'disk', 1);
    station.serve(1_000_000, () => undefined, 0);
    for (let i = 0; i < 100_000; i++) station.cancel(station.serve(5, () => undefined, i));
    expect(station.queueLength).toBe(0);
    expect((station as unknown as { jobs: unknown[] }).jobs.length).toBe(2);
    expect(station.expectedWaitNs()).toBe(1_000_000);
  });

  it('draws its services on its trace track', () => {
    const slices: unknown[] = [];
    const trace = { complete: (...args: unknown[]) => slices.push(args) } as unknown as TraceSink;
    const simulator = new Simulator({ trace });
    const station = new Station(simulator, 'ssd', 1);
    station.serve(5, () => undefined, 0);
    station.serve(7, () => undefined, 0);
    simulator.run();
    expect(slices).toEqual([
      ['ssd', 'service', 0, 5],
      ['ssd', 'service', 5, 7],
    ]);
  });

  it.each([-1, NaN, 0.5, Infinity])('refuses a duration of %s', (duration) => {
    const station = new Station(new Simulator(), 'disk', 1);
    expect(() => station.serve(duration, () => undefined, 0)).toThrow(RangeError);
    expect(station.busyServers).toBe(0);
  });

  it.each([0, -1, 1.5, NaN])('refuses %s servers', (servers) => {
    expect(() => new Station(new Simulator(), 'disk', servers)).toThrow(RangeError);
  });

  it.each([0, -1, NaN, 1.5, 2 ** 52])('takes %s for the ticket of no job', (ticket) => {
    const station = new Station(new Simulator(), 'disk', 1);
    station.serve(5, () => undefined, 0);
    expect(station.cancel(ticket)).toBe(false);
  });
});
