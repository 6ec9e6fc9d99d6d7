import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IncrementalMaxMin } from '../../../sim/network/incremental-max-min.ts';
import { allocateMaxMin } from '../../../sim/network/max-min.ts';

/** The pure allocation and the incremental one may differ by roundings only; this leaves four orders of magnitude. */
const AGREEMENT = 1e-9;

type Step =
  | { readonly kind: 'add'; readonly links: readonly number[]; readonly cap: number }
  | { readonly kind: 'remove'; readonly which: number }
  | { readonly kind: 'capacity'; readonly link: number; readonly capacity: number }
  | { readonly kind: 'cap'; readonly which: number; readonly cap: number };

/** An incremental allocation beside the list of flows and capacities that it stands for. */
class Pair {
  readonly incremental: IncrementalMaxMin;
  readonly capacities: number[];
  readonly flows: { flow: number; links: readonly number[]; cap: number }[] = [];

  constructor(capacities: readonly number[], incremental = new IncrementalMaxMin()) {
    this.incremental = incremental;
    this.capacities = [...capacities];
    for (const capacity of capacities) this.incremental.addLink(capacity);
  }

  apply(step: Step): void {
    const { incremental, flows } = this;
    if (step.kind === 'add') {
      const flow = incremental.add(step.cap);
      for (const link of step.links) incremental.cross(flow, link);
      flows.push({ flow, links: step.links, cap: step.cap });
    } else if (step.kind === 'capacity') {
      const link = step.link % this.capacities.length;
      this.capacities[link] = step.capacity;
      incremental.setCapacity(link, step.capacity);
    } else if (flows.length > 0) {
      const place = step.which % flows.length;
      if (step.kind === 'cap') {
        flows[place].cap = step.cap;
        incremental.setCap(flows[place].flow, step.cap);
        return;
      }
      incremental.detach(flows[place].flow);
      incremental.recycle(flows[place].flow);
      flows.splice(place, 1);
    }
  }

  solve(): void {
    this.incremental.solve();
    this.incremental.forgetChanges();
  }

  /** Solves, and says which links were looked at. */
  changedLinks(): number[] {
    this.incremental.solve();
    const changed = [...this.incremental.changedLinks.subarray(0, this.incremental.changedLinkCount)].sort();
    this.incremental.forgetChanges();
    return changed;
  }

  rates(): number[] {
    return this.flows.map(({ flow }) => this.incremental.rate(flow));
  }

  check(): void {
    const rates = allocateMaxMin(this.flows, this.capacities);
    this.flows.forEach(({ flow }, i) => {
      const rate = this.incremental.rate(flow);
      if (Math.abs(rate - rates[i]) > AGREEMENT * rates[i]) throw new Error(`flow ${i} of ${this.flows.length}: ${rate} against ${rates[i]}`);
    });
    for (let link = 0; link < this.capacities.length; link++) {
      let load = 0;
      this.flows.forEach(({ links }, i) => {
        if (links.includes(link)) load += rates[i];
      });
      const error = Math.abs(this.incremental.load(link) - load);
      if (error > AGREEMENT * load) throw new Error(`load of link ${link} is off by ${error}`);
    }
  }
}

const tied = fc.constantFrom(0, 1, 2, 3, 4, 6, 12);
const spread = fc.double({ min: 0, max: 20, noNaN: true }).map((exponent) => Math.exp(exponent));

function script(amount: fc.Arbitrary<number>, links: number, length: number): fc.Arbitrary<{ capacities: number[]; batches: Step[][] }> {
  const cap = fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: amount });
  const which = fc.nat(1000);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), links: fc.uniqueArray(fc.nat(links - 1), { minLength: 1, maxLength: 5 }), cap }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove' as const), which }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('capacity' as const), link: fc.nat(links - 1), capacity: amount }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cap' as const), which, cap }) },
  );
  return fc.record({
    capacities: fc.array(amount, { minLength: links, maxLength: links }),
    batches: fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: length, size: 'max' }),
  });
}

describe('IncrementalMaxMin', () => {
  for (const [name, amount] of [['many equal capacities', tied], ['capacities over nine orders of magnitude', spread]] as const) {
    for (const links of [1, 4, 16]) {
      it(`equals the pure allocation after every change: ${name}, ${links} links`, () => {
        fc.assert(
          fc.property(script(amount, links, 60), ({ capacities, batches }) => {
            const pair = new Pair(capacities);
            for (const batch of batches) {
              for (const step of batch) pair.apply(step);
              pair.solve();
              pair.check();
            }
            expect(pair.incremental.restarts).toBe(0);
          }),
          { seed: 1, numRuns: 150 },
        );
      });
    }
  }

  it('holds a thousand flows on one link through their departures', () => {
    const pair = new Pair([1000, 7]);
    for (let i = 0; i < 1000; i++) pair.apply({ kind: 'add', links: i % 10 === 0 ? [0, 1] : [0], cap: i % 7 === 0 ? 0.5 : Infinity });
    pair.solve();
    pair.check();
    for (let i = 0; i < 999; i++) {
      pair.apply({ kind: 'remove', which: (i * 7919) % 1000 });
      pair.solve();
      if (i % 50 === 0 || i > 990) pair.check();
    }
  });

  it('comes to the same allocation when it has to begin again from nothing', () => {
    let restarts = 0;
    fc.assert(
      fc.property(script(tied, 8, 20), ({ capacities, batches }) => {
        const pair = new Pair(capacities, new IncrementalMaxMin(0.5));
        for (const batch of batches) {
          for (const step of batch) pair.apply(step);
          pair.solve();
          pair.check();
        }
        restarts += pair.incremental.restarts;
      }),
      { seed: 1, numRuns: 50 },
    );
    expect(restarts).toBeGreaterThan(0);
  });

  it('forgets the roundings of large loads when a capacity falls', () => {
    // System: flows over link 0 come and go at rates near 10^17, whose sums round to multiples of 16; three of 0.35 remain, held by their
    // caps. Expectations: when link 0 falls to 1 they are cut to 1/3.
    for (let round = 1; round <= 20; round++) {
      const pair = new Pair([1e18, 1e17 / round, 1e17 / 7, 1e17 / 11]);
      for (let i = 0; i < 3; i++) pair.apply({ kind: 'add', links: [0], cap: 0.35 });
      for (let i = 0; i < 30; i++) {
        pair.apply({ kind: 'add', links: [0, 1 + (i % 3)], cap: Infinity });
        pair.solve();
      }
      for (let i = 0; i < 30; i++) {
        pair.apply({ kind: 'remove', which: 3 + ((i * round) % (30 - i)) });
        pair.solve();
      }
      pair.apply({ kind: 'capacity', link: 0, capacity: 1 });
      pair.solve();
      pair.check();
    }
  });

  it('looks only where rates may change', () => {
    // System: two components that share no link; a flow joins the first, whose link 1 has room for it.
    // Expectations: neither link 1 nor the second component is looked at.
    const pair = new Pair([10, 30, 10, 10]);
    pair.apply({ kind: 'add', links: [0, 1], cap: Infinity });
    pair.apply({ kind: 'add', links: [2, 3], cap: Infinity });
    pair.solve();
    pair.apply({ kind: 'add', links: [0], cap: Infinity });
    expect(pair.changedLinks()).toEqual([0]);
    pair.check();
  });

  it('follows a change to links that saturate at higher levels, not to lower ones', () => {
    // System: links of 6, 12, 24 and 2.5; flows a on 0 and 1, b on 1 and 2, c on 2, d on 0 and 3.
    // Expectations: d = 2.5 (link 3), a = 3.5 (link 0), b = 8.5 (link 1), c = 15.5 (link 2). With a new flow e on link 0, a = d = e = 2, so
    // that link 3 no longer saturates; b = 10, c = 14: all four links are looked at.
    const pair = new Pair([6, 12, 24, 2.5]);
    for (const links of [[0, 1], [1, 2], [2], [0, 3]]) pair.apply({ kind: 'add', links, cap: Infinity });
    pair.solve();
    expect(pair.rates()).toEqual([3.5, 8.5, 15.5, 2.5]);
    pair.apply({ kind: 'add', links: [0], cap: Infinity });
    expect(pair.changedLinks()).toEqual([0, 1, 2, 3]);
    expect(pair.rates()).toEqual([2, 10, 14, 2, 2]);
    // With a flow more on link 2 its three flows have 8 each; b no longer fills link 1, and a, held by link 0, does not notice.
    pair.apply({ kind: 'add', links: [2], cap: Infinity });
    expect(pair.changedLinks()).toEqual([1, 2]);
    expect(pair.rates()).toEqual([2, 8, 8, 2, 2, 8]);
  });

  it('refuses what makes no sense', () => {
    const { incremental } = new Pair([1]);
    expect(() => incremental.addLink(-1)).toThrow('capacity of a link is -1');
    expect(() => incremental.add(NaN)).toThrow('cap of a flow is NaN');
    const flow = incremental.add(Infinity);
    expect(() => { incremental.cross(flow, 1); }).toThrow('link 1 does not exist');
    incremental.cross(flow, 0);
    expect(() => { incremental.cross(flow, 0); }).toThrow('names link 0 twice');
    incremental.add(Infinity);
    expect(() => { incremental.solve(); }).toThrow('neither a link nor a cap');
  });
});
