/** What is being read or sent cannot be evicted, and is free again whichever way that ends. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPins } from '../../../protocols/store/pin-balance.ts';
import { MILLISECOND } from '../../../sim/kernel/time.ts';
import { CHUNK_BYTES, FetchWorld, READER } from './fetch-world.ts';

const HOLDER = 1;
const SEGMENTS = 8;
/** 64 MiB at 1 Gbps: 537 ms, 67 a segment. */
const SLOW = { holders: 1, segments: SEGMENTS, upBps: 1e9, downBps: 1e9 };
const OTHER = 1000;

describe('a segment in use', () => {
  it('stays while it is sent, whatever is written beside it: writes are refused and counted until the first segments are through', () => {
    const world = new FetchWorld({ ...SLOW, storeBytes: CHUNK_BYTES });
    const { holdings } = world.nodes[HOLDER];
    world.give(HOLDER);
    const job = world.fetch();
    const tried: { held: number; refused: boolean; pinnedBytes: number }[] = [];
    for (const atMs of [100, 300, 600]) {
      world.sim.scheduleAt(atMs * MILLISECOND, () => {
        const refused = holdings.write(OTHER + atMs, CHUNK_BYTES) === undefined;
        tried.push({ held: holdings.size, refused, pinnedBytes: holdings.pinnedBytes(0) });
      });
    }
    world.sim.scheduleAt(301 * MILLISECOND, () => {
      // Four segments have been sent: what fits in their place comes in, and only they go.
      expect(holdings.write(OTHER, world.segmentBytes)).toBeDefined();
      expect([0, 4, 5, 6, 7].map((segment) => holdings.has(segment))).toEqual([false, true, true, true, true]);
    });
    world.sim.run();
    expect(tried).toEqual([
      { held: SEGMENTS, refused: true, pinnedBytes: 7 * world.segmentBytes },
      { held: SEGMENTS, refused: true, pinnedBytes: 4 * world.segmentBytes },
      { held: 1, refused: false, pinnedBytes: 0 },
    ]);
    expect(holdings.refusedForPins).toBe(2);
    expect(job.fetches[0].outcome).toBe('remote');
    expect(job.cost).toMatchObject({ bytesFetched: CHUNK_BYTES, bytesAbandoned: 0 });
    expect([world.pinsOut, world.inUse]).toEqual([0, 0]);
  });

  it('of the own store stays until it is on the GPU', () => {
    const world = new FetchWorld({ ...SLOW, storeBytes: CHUNK_BYTES });
    const { holdings } = world.nodes[READER];
    world.give(READER);
    const job = world.fetch();
    expect(holdings.pinnedBytes(0)).toBe(CHUNK_BYTES);
    expect(holdings.write(OTHER, 1)).toBeUndefined();
    let pinnedAtLanding = -1;
    let landedNs = 0;
    const watch = (): void => {
      if (job.fetches[0].outcome === undefined) {
        pinnedAtLanding = holdings.pinnedBytes(0);
        world.sim.schedule(MILLISECOND / 100, watch);
      } else landedNs = world.sim.now;
    };
    watch();
    world.sim.run();
    // Read at 125 GB/s in half a millisecond, copied in some 3.
    expect(landedNs).toBeGreaterThan(2 * MILLISECOND);
    expect(pinnedAtLanding).toBe(CHUNK_BYTES);
    expect(job.fetches[0].outcome).toBe('local');
    expect([holdings.pinnedBytes(0), world.pinsOut, world.inUse]).toEqual([0, 0, 0]);
  });

  it('is never lost to eviction, and is free at the end, through pressure, crashes, cancellation and removal in mid-transfer', () => {
    const event = fc.record({
      atMs: fc.integer({ min: 0, max: 400 }),
      host: fc.integer({ min: 0, max: 3 }),
      what: fc.constantFrom('write', 'write', 'write', 'write', 'fetch', 'fetch', 'cancel', 'crash', 'remove'),
      size: fc.integer({ min: 1, max: CHUNK_BYTES }),
    });
    let sent = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(event, { minLength: 10, maxLength: 40 }), (events) => {
        const world = new FetchWorld({ ...SLOW, holders: 3, upBps: 2e9, downBps: 4e9, storeBytes: 1.5 * CHUNK_BYTES, options: { hedgeNs: 50 * MILLISECOND, timeoutNs: 100 * MILLISECOND, retries: 1 } });
        const { sim, network, nodes } = world;
        for (const host of [1, 2, 3]) world.give(host);
        const jobs = [world.fetch()];
        const disturbed = new Set<number>();
        let id = OTHER;
        for (const { atMs, host, what, size } of events) {
          sim.scheduleAt(atMs * MILLISECOND, () => {
            const { holdings } = nodes[host];
            if (what === 'fetch') jobs.push(world.fetch());
            else if (what === 'cancel') {
              for (const unit of jobs[0].fetches) unit.cancelled = true;
              world.fetcher.cancel(jobs[0]);
            } else if (what === 'crash' && host !== READER && network.isAlive(host)) {
              disturbed.add(host);
              network.crash(host);
              holdings.clear();
            } else if (what === 'remove') {
              disturbed.add(host);
              holdings.remove(size % SEGMENTS);
            } else if (what === 'write') {
              const before = [...holdings.ids()].filter((each) => each < SEGMENTS);
              const pinned = holdings.pinnedBytes(0);
              const kept = holdings.write(++id, size) !== undefined;
              // Refused if and only if what is pinned leaves too little room, at once.
              expect(kept).toBe(size <= 1.5 * CHUNK_BYTES - pinned);
              const gone = before.filter((each) => !holdings.has(each)).length;
              if (!disturbed.has(host)) expect(holdings.pinnedBytes(0)).toBe(pinned);
              if (pinned > 0 && gone > 0) sent++;
            }
            checkPins(nodes, world.inUse);
          });
        }
        sim.run();
        for (const { holdings } of nodes) refused += holdings.refusedForPins;
        world.fetcher.checkConservation();
        // Nobody waits for ever: each chunk came, or nobody has it.
        for (const job of jobs.slice(1)) expect(job.unitsLeft).toBe(0);
        expect([world.pinsOut, world.inUse]).toEqual([0, 0]);
        for (const { holdings } of nodes) expect(holdings.pinnedBytes(0)).toBe(0);
      }),
      { seed: 1, numRuns: 60 },
    );
    // The histories do put pressure on stores in use.
    expect(sent).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
  });
});

describe('checkPins', () => {
  it('refuses a pin that nobody uses, and use without a pin', () => {
    const world = new FetchWorld(SLOW);
    world.give(HOLDER);
    const ticket = world.nodes[HOLDER].holdings.pin(3);
    expect(() => { checkPins(world.nodes, 0); }).toThrow('1 pins are out in stores, and 0 segments are in use');
    world.nodes[HOLDER].holdings.unpin(3, ticket);
    checkPins(world.nodes, 0);
    expect(() => { checkPins(world.nodes, 1); }).toThrow('0 pins are out');
  });
});

describe('a pin', () => {
  it('does not outlive its entry: one that comes in its place keeps its own', () => {
    const { holdings } = new FetchWorld(SLOW).nodes[HOLDER];
    holdings.write(1, 10);
    const first = holdings.pin(1);
    holdings.clear();
    holdings.write(1, 10);
    const second = holdings.pin(1);
    holdings.unpin(1, first);
    expect([holdings.pinnedBytes(0), holdings.pinsOut]).toEqual([10, 1]);
    holdings.unpin(1, second);
    expect([holdings.pinnedBytes(0), holdings.pinsOut]).toEqual([0, 0]);
    expect(() => { holdings.unpin(1, second); }).toThrow(/not pinned/);
  });
});
