import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { FlowEngine } from '../../../sim/network/flow-engine.ts';
import { allocateMaxMin } from '../../../sim/network/max-min.ts';

interface Setting {
  readonly simulator: Simulator;
  readonly engine: FlowEngine;
  /** Completion times in nanoseconds by owner, in order of completion. */
  readonly ends: Map<number, number>;
}

function setting(...capacities: number[]): Setting {
  const simulator = new Simulator();
  const ends = new Map<number, number>();
  const engine = new FlowEngine(simulator, (owner) => ends.set(owner, simulator.now));
  for (const capacity of capacities) engine.addLink(capacity);
  return { simulator, engine, ends };
}

function open({ engine }: Setting, owner: number, sizeBytes: number, links: readonly number[], cap = Infinity): number {
  const flow = engine.open(owner, sizeBytes, cap);
  for (const link of links) engine.cross(flow, link);
  return flow;
}

describe('FlowEngine, closed forms', () => {
  it('takes size ÷ capacity alone', () => {
    // System: S = 1000 bytes over C = 8 bytes/s.        Expectations: completion at S / C = 125 s.
    const given = setting(8);
    open(given, 1, 1000, [0]);
    given.simulator.run();
    expect(given.ends).toEqual(new Map([[1, 125 * SECOND]]));
  });

  it('rounds completion up to the next nanosecond', () => {
    // System: 1 byte over 3 bytes/s.                    Expectations: ⌈10^9 / 3⌉ ns; at the nanosecond before it has not arrived.
    const given = setting(3);
    const flow = open(given, 1, 1, [0]);
    given.simulator.run(333_333_333);
    expect(given.ends.size).toBe(0);
    expect(given.engine.deliveredBytes(flow)).toBe(0);
    given.simulator.run(333_333_334);
    expect(given.ends.get(1)).toBe(333_333_334);
  });

  it('is processor sharing on one link', () => {
    // System: flows of 1, 2, …, n bytes start together on a link of 1 byte/s.
    // Expectations: while k are left each has 1/k, so that flow i ends Σ_{j ≤ i} (n - j + 1) after the start.
    const given = setting(1);
    const n = 20;
    for (let i = n; i >= 1; i--) open(given, i, i, [0]);
    given.simulator.run();
    let expected = 0;
    for (let i = 1; i <= n; i++) {
      expected += n - i + 1;
      expect(Math.abs(given.ends.get(i)! - expected * SECOND)).toBeLessThanOrEqual(n);
    }
  });

  it('speeds up what is left when a flow leaves', () => {
    // System: a (60 bytes, links 0 and 1) and b (100 bytes, link 0); C0 = 10, C1 = 4.
    // Expectations: a runs at 4 until 15 s; b at 6 until then (90 bytes), its last 10 bytes at 10: 16 s.
    const given = setting(10, 4);
    open(given, 1, 60, [0, 1]);
    open(given, 2, 100, [0]);
    given.simulator.run();
    expect(given.ends).toEqual(new Map([[1, 15 * SECOND], [2, 16 * SECOND]]));
  });

  it('follows a change of capacity in mid-flow', () => {
    // System: 100 bytes at 10 bytes/s; after 4 s the link has 2.        Expectations: 4 + (100 - 40) / 2 = 34 s.
    const given = setting(10);
    open(given, 1, 100, [0]);
    given.simulator.run(4 * SECOND);
    given.engine.setCapacity(0, 2);
    given.simulator.run();
    expect(given.ends.get(1)).toBe(34 * SECOND);
  });

  it('stalls at cap zero and goes on where it was', () => {
    // System: two flows of 100 bytes share 10; the first is stalled from 2 s to 20 s.
    // Expectations: first 10 bytes by 2 s; the second has 10 alone: 2 + 90 / 10 = 11 s; the first 20 + 90 / 10 = 29 s.
    const given = setting(10);
    const stalled = open(given, 1, 100, [0]);
    open(given, 2, 100, [0]);
    given.simulator.run(2 * SECOND);
    given.engine.setCap(stalled, 0);
    given.simulator.run(20 * SECOND);
    expect(given.engine.deliveredBytes(stalled)).toBe(10);
    expect(given.engine.rate(stalled)).toBe(0);
    given.engine.setCap(stalled, Infinity);
    given.simulator.run();
    expect(given.ends).toEqual(new Map([[2, 11 * SECOND], [1, 29 * SECOND]]));
  });

  it('stalls on a cut link until it is whole again', () => {
    const given = setting(10);
    open(given, 1, 100, [0]);
    given.simulator.run(SECOND);
    given.engine.setCapacity(0, 0);
    given.simulator.run(50 * SECOND);
    given.engine.setCapacity(0, 90);
    given.simulator.run();
    expect(given.ends.get(1)).toBe(51 * SECOND);
  });

  it('reports flows that complete together in the order in which they began', () => {
    // System: disjoint links numbered against the order of the flows, all ending at 1 s.
    const given = setting(5, 4, 3, 2, 1);
    for (let i = 0; i < 5; i++) open(given, i, i + 1, [4 - i]);
    given.simulator.run();
    expect([...given.ends.keys()]).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(given.ends.values())).toEqual(new Set([SECOND]));
  });

  it('ends thousands of equal flows at one instant', () => {
    const given = setting(1000, 1000);
    for (let i = 0; i < 5000; i++) open(given, i, 10, [0]);
    for (let i = 5000; i < 10_000; i++) open(given, i, 10, [1]);
    given.simulator.run();
    expect(given.ends.size).toBe(10_000);
    expect(new Set(given.ends.values())).toEqual(new Set([50 * SECOND]));
    expect([...given.ends.keys()]).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(given.engine.carriedBytes(0)).toBe(50_000);
  });

  it('keeps its precision after petabytes on a link that never rests', () => {
    // System: a flow of 9·10^15 bytes has a link of 10^15 bytes/s for 8 s; then the link falls to 2 bytes/s, give or take 10^-9 every 0.1 s,
    // and a flow of 1 byte joins.        Expectations: 1 byte/s for each, so the second ends 1 s after its start.
    const given = setting(1e15);
    open(given, 0, 9e15, [0]);
    given.simulator.run(8 * SECOND);
    open(given, 1, 1, [0]);
    for (let step = 0; step < 20; step++) {
      given.engine.setCapacity(0, step % 2 === 0 ? 2 + 1e-9 : 2 - 1e-9);
      given.simulator.run(8 * SECOND + ((step + 1) * SECOND) / 10);
    }
    expect(Math.abs(given.ends.get(1)! - 9 * SECOND)).toBeLessThanOrEqual(10);
  });

  it('lets owners close and open flows while a batch is reported', () => {
    const simulator = new Simulator();
    const ended: number[] = [];
    const flows: number[] = [];
    const engine = new FlowEngine(simulator, (owner) => {
      ended.push(owner);
      if (owner !== 0) return;
      // Flow 1 has arrived in full at this very instant: closing it returns all of it and keeps it from being reported.
      expect(engine.close(flows[1])).toBe(10);
      engine.cross(engine.open(7, 10, Infinity), 0);
    });
    engine.addLink(30);
    for (let i = 0; i < 3; i++) {
      flows[i] = engine.open(i, 10, Infinity);
      engine.cross(flows[i], 0);
    }
    simulator.run();
    expect(ended).toEqual([0, 2, 7]);
    expect(engine.activeFlows).toBe(0);
    expect(engine.carriedBytes(0)).toBe(40);
  });
});

describe('FlowEngine, laws', () => {
  interface Plan {
    readonly capacities: readonly number[];
    readonly flows: readonly { startNs: number; bytes: number; links: readonly number[]; cap: number; closeAfterNs: number }[];
    readonly changes: readonly { atNs: number; link: number; capacity: number }[];
  }
  const links = 6;
  const plan: fc.Arbitrary<Plan> = fc.record({
    capacities: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: links, maxLength: links }),
    flows: fc.array(
      fc.record({
        startNs: fc.integer({ min: 0, max: 20 }).map((s) => (s * SECOND) / 4),
        bytes: fc.integer({ min: 1, max: 3000 }),
        links: fc.uniqueArray(fc.nat(links - 1), { minLength: 1, maxLength: 3 }),
        cap: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 200 })),
        closeAfterNs: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 * SECOND }) }),
      }),
      { minLength: 1, maxLength: 40 },
    ),
    changes: fc.array(fc.record({ atNs: fc.integer({ min: 0, max: 8 * SECOND }), link: fc.nat(links - 1), capacity: fc.integer({ min: 0, max: 1000 }) }), { maxLength: 6 }),
  });

  /** One run of a plan beside a naive copy of it, whose rates are solved anew by the pure allocator after each event. */
  class Comparison {
    readonly simulator = new Simulator();
    readonly engine: FlowEngine;
    readonly running = new Map<number, { flow: number; rate: number; sinceNs: number; served: number }>();
    readonly plan: Plan;
    readonly capacities: number[];

    constructor(plan: Plan) {
      this.plan = plan;
      this.capacities = [...plan.capacities];
      this.engine = new FlowEngine(this.simulator, (owner) => { this.finish(owner); });
      for (const capacity of plan.capacities) this.engine.addLink(capacity);
      plan.flows.forEach((flow, owner) => this.simulator.scheduleAt(flow.startNs, () => { this.start(owner); }));
      for (const { atNs, link, capacity } of plan.changes) {
        this.simulator.scheduleAt(atNs, () => {
          this.capacities[link] = capacity;
          this.engine.setCapacity(link, capacity);
        });
      }
    }

    start(owner: number): void {
      const { bytes, links, cap, closeAfterNs } = this.plan.flows[owner];
      const flow = this.engine.open(owner, bytes, cap);
      for (const link of links) this.engine.cross(flow, link);
      this.running.set(owner, { flow, rate: 0, sinceNs: this.simulator.now, served: 0 });
      if (closeAfterNs === Infinity) return;
      this.simulator.schedule(closeAfterNs, () => {
        if (!this.running.has(owner)) return;
        const served = this.served(owner);
        this.running.delete(owner);
        // The engine says whole bytes, rounded down.
        const delivered = this.engine.close(flow);
        if (delivered > served + 1e-6 || delivered < served - 1 - 1e-6) throw new Error(`flow ${owner}: ${delivered} bytes at its close, not ${served}`);
      });
    }

    served(owner: number): number {
      const { served, rate, sinceNs } = this.running.get(owner)!;
      return served + rate * ((this.simulator.now - sinceNs) / SECOND);
    }

    finish(owner: number): void {
      const served = this.served(owner);
      const { bytes } = this.plan.flows[owner];
      this.running.delete(owner);
      // Never before the last byte, but for the rounding of sums; at most one nanosecond late for each event that rounded a rate's end.
      if (served < bytes * (1 - 1e-12)) throw new Error(`flow ${owner} ended after ${served} of ${bytes} bytes`);
      if (served > bytes + 1e-9 * 1000 * (2 * this.plan.flows.length + 1)) throw new Error(`flow ${owner} ended late, after ${served} of ${bytes} bytes`);
    }

    /** Runs to the end; `ask` also compares the engine's own rates after every event. */
    run(ask: boolean): void {
      while (this.simulator.step()) {
        const owners = [...this.running.keys()];
        const rates = allocateMaxMin(owners.map((owner) => this.plan.flows[owner]), this.capacities);
        owners.forEach((owner, i) => {
          const state = this.running.get(owner)!;
          state.served = this.served(owner);
          state.sinceNs = this.simulator.now;
          state.rate = rates[i];
          if (!ask) return;
          const rate = this.engine.rate(state.flow);
          if (Math.abs(rate - rates[i]) > 1e-9 * rates[i]) throw new Error(`rate of flow ${owner} is ${rate}, not ${rates[i]}`);
        });
      }
      expect(this.engine.activeFlows).toBe(this.running.size);
      expect([...this.running.values()].every(({ rate }) => rate === 0)).toBe(true);
    }
  }

  it("has the pure allocation's rates after every event", () => {
    fc.assert(fc.property(plan, (given) => { new Comparison(given).run(true); }), { seed: 1, numRuns: 100 });
  });

  it('ends a flow when the integral of its max-min fair rate reaches its size', () => {
    fc.assert(fc.property(plan, (given) => { new Comparison(given).run(false); }), { seed: 2, numRuns: 200 });
  });
});
