import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawLifetime, drawSessions, gamma, parseSessions } from '../../../protocols/overlay/churn.ts';
import { GroundTruth } from '../../../protocols/overlay/ground-truth.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { keyId, nodeIds } from '../../../protocols/overlay/identity.ts';
import { balance, JoinTally, keysPerMember, LookupTally, staleShare, tableEntries, trafficBalance, trafficRates } from '../../../protocols/overlay/measures.ts';
import type { LookupResult } from '../../../protocols/overlay/overlay.ts';
import { Chord } from '../../../protocols/overlay/chord/chord.ts';
import { SlotTable } from '../../../protocols/overlay/slot-table.ts';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { TCP_TLS_HEADER_BYTES } from '../../../sim/network/message.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

describe('balance', () => {
  it('closed forms', () => {
    expect(balance([3, 3, 3])).toEqual({ mean: 3, max: 3, maxOverMean: 1, gini: 0 });
    // One of n holds everything: Gini = (n − 1) / n.
    expect(balance([0, 0, 0, 8])).toEqual({ mean: 2, max: 8, maxOverMean: 4, gini: 0.75 });
    expect(balance([])).toEqual({ mean: 0, max: 0, maxOverMean: 0, gini: 0 });
    expect(balance([0, 0])).toEqual({ mean: 0, max: 0, maxOverMean: 0, gini: 0 });
    expect(() => balance([1, -1])).toThrow(RangeError);
  });

  it('Gini equals the mean absolute difference over twice the mean', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 }), (loads) => {
        const n = loads.length;
        const total = loads.reduce((a, b) => a + b, 0);
        fc.pre(total > 0);
        let differences = 0;
        for (const a of loads) for (const b of loads) differences += Math.abs(a - b);
        expect(balance(loads).gini).toBeCloseTo(differences / (2 * n * total), 10);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('keys per member add up to keys times replicas', () => {
    const space = new IdSpace(32);
    for (const protocol of ['chord', 'kademlia', 'pastry'] as const) {
      const truth = new GroundTruth(protocol, space, nodeIds(space, 1, 20), Array.from({ length: 20 }, (_, i) => i));
      const keys = Array.from({ length: 100 }, (_, i) => keyId(space, 1, i));
      expect(keysPerMember(truth, keys, 3).reduce((a, b) => a + b, 0)).toBe(300);
    }
  });
});

describe('ground truth', () => {
  it('replica sets agree with sorting all members by the protocol’s distance', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 25 }), fc.integer({ min: 1, max: 8 }), (seed, count, r) => {
        const space = new IdSpace(16);
        const ids = nodeIds(space, seed, count);
        const all = Array.from({ length: count }, (_, i) => i);
        const key = keyId(space, seed, 0);
        const number = (id: Uint32Array): number => id[0];
        const distance = {
          chord: (n: number) => (ids[n] - number(key) + 65536) % 65536,
          kademlia: (n: number) => ids[n] ^ number(key),
          pastry: (n: number) => Math.min((ids[n] - number(key) + 65536) % 65536, (number(key) - ids[n] + 65536) % 65536) + ids[n] / 65536,
        };
        for (const protocol of ['chord', 'kademlia', 'pastry'] as const) {
          const truth = new GroundTruth(protocol, space, ids, all);
          const expected = [...all].sort((a, b) => distance[protocol](a) - distance[protocol](b)).slice(0, r);
          expect(truth.replicaSet(key, r)).toEqual(expected);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('follows joins and leaves, and knows no owner without members', () => {
    const space = new IdSpace(16);
    const ids = nodeIds(space, 1, 5);
    const truth = new GroundTruth('chord', space, ids);
    const key = keyId(space, 1, 0);
    expect(truth.owner(key)).toBe(-1);
    for (const node of [3, 1, 4, 1]) truth.add(node);
    expect([...truth.members].sort()).toEqual([1, 3, 4]);
    const atOnce = new GroundTruth('chord', space, ids, [4]);
    atOnce.addAll([3, 1, 4, 3]);
    expect(atOnce.members).toEqual(truth.members);
    truth.remove(3);
    truth.remove(3);
    expect([...truth.members].sort()).toEqual([1, 4]);
    expect([1, 4]).toContain(truth.owner(key));
  });
});

describe('lookup tally', () => {
  it('counts failed, wrong and correct, with exact percentiles', () => {
    const space = new IdSpace(16);
    const truth = new GroundTruth('chord', space, nodeIds(space, 1, 4), [0, 1, 2, 3]);
    const key = keyId(space, 1, 0);
    const owner = truth.owner(key);
    const tally = new LookupTally(truth);
    const result = (ok: boolean, found: number, hops: number): LookupResult => ({
      origin: 0,
      key,
      ok,
      owner: found,
      answeredBy: found,
      replicas: [found],
      hops,
      redirects: 0,
      rounds: hops,
      ownerRounds: hops,
      latencyNs: hops * 10,
      timeouts: 1,
      deadEntries: 2,
      messages: 2 * hops,
    });
    for (let hops = 1; hops <= 100; hops++) tally.add(result(true, owner, hops));
    tally.add(result(true, (owner + 1) % 4, 5));
    tally.add(result(false, -1, 0));
    const summary = tally.summary();
    expect(summary).toMatchObject({ lookups: 102, failed: 1, wrong: 1, timeouts: 1, deadEntries: 2 });
    expect(summary.correctness).toBeCloseTo(100 / 102);
    expect(summary.hops).toMatchObject({ p50: 50, p95: 95, p99: 99, max: 100 });
    // 101 lookups found an owner: 100 one member, 1 another, none the other two.
    expect(summary.ownerLoad).toMatchObject({ mean: 101 / 4, max: 100 });
    expect(new LookupTally(truth).summary()).toMatchObject({ lookups: 0, correctness: 0 });
  });
});

describe('an overlay of four', () => {
  const world = () => {
    const simulator = new Simulator({ seed: 1 });
    const network = new Network(simulator, uniformTopology(4, 1e9, MILLISECOND));
    const space = new IdSpace(16);
    const ids = nodeIds(space, 1, 4);
    const overlay = new Chord({ simulator, network, idBits: 16, ids }, { maintenance: false, successors: 2, repairOnTimeout: false });
    return { simulator, network, overlay, truth: new GroundTruth('chord', space, ids, [0, 1, 2, 3]) };
  };

  it('joins: how many, how long, what they cost', () => {
    const { simulator, overlay } = world();
    const joins = new JoinTally(overlay, () => simulator.now);
    expect(joins.summary()).toMatchObject({ started: 0, completed: 0, messages: 0, bytes: 0 });
    joins.begin(0);
    overlay.join(0, undefined);
    expect(joins.summary()).toMatchObject({ started: 1, completed: 1, messages: 0, latencyNs: { max: 0 } });
    joins.begin(1);
    overlay.join(1, 0);
    joins.begin(2);
    overlay.join(2, 3);
    simulator.run(simulator.now + SECOND / 4);
    const { started, completed, latencyNs, messages, bytes } = joins.summary();
    // Node 2 asks one that is not there.
    expect([started, completed]).toEqual([3, 2]);
    // The question and its answer: two one-way latencies, and the time that 1 Gbps needs for a few hundred bytes.
    expect(latencyNs.max).toBeGreaterThan(2 * MILLISECOND);
    expect(latencyNs.max).toBeLessThan(2.1 * MILLISECOND);
    expect(messages).toBe(overlay.ledger.totalMessages('join') / 2);
    expect(bytes).toBeGreaterThan(messages * TCP_TLS_HEADER_BYTES);
  });

  it('tables: entries, and those that name the dead', () => {
    const { overlay, truth } = world();
    overlay.buildConverged([0, 1, 2, 3]);
    expect(tableEntries(overlay, [0, 1, 2, 3]).every((entries) => entries >= 2 && entries <= 3)).toBe(true);
    expect(staleShare(overlay, truth)).toBe(0);
    const [gone] = truth.members;
    const naming = truth.members.slice(1).filter((node) => overlay.peers(node).includes(gone)).length;
    truth.remove(gone);
    const entries = tableEntries(overlay, truth.members).reduce((a, b) => a + b, 0);
    expect(staleShare(overlay, truth)).toBe(naming / entries);
    expect(staleShare(overlay, new GroundTruth('chord', overlay.space, overlay.ids))).toBe(0);
  });

  it('traffic: rates by type, and how it falls on hosts', () => {
    const { simulator, network, overlay, truth } = world();
    overlay.buildConverged([0, 1, 2, 3]);
    let found = 0;
    for (let i = 0; i < 40; i++) overlay.lookup(0, keyId(overlay.space, 1, i), (result) => (found += Number(result.owner === truth.owner(result.key))));
    simulator.run(10 * SECOND);
    expect(found).toBe(40);
    const rates = trafficRates(overlay.ledger, 4, 10 * SECOND);
    const route = rates.find(({ type }) => type === 'chord.route')!;
    const ack = rates.find(({ type }) => type === 'chord.route.ack')!;
    expect(route.purpose).toBe('lookup');
    expect(ack.messagesPerNodeSecond).toBe(route.messagesPerNodeSecond);
    expect(rates.reduce((sum, { bytesPerNodeSecond }) => sum + 40 * bytesPerNodeSecond, 0)).toBeCloseTo(overlay.ledger.totalBytes(), 6);
    const bytes = trafficBalance(overlay, truth.members, (host) => network.stats.bytesUp(host));
    expect(4 * bytes.mean).toBe(overlay.ledger.totalBytes());
    expect(bytes.max).toBe(Math.max(...[0, 1, 2, 3].map((host) => network.stats.bytesUp(host))));
    expect(() => trafficRates(overlay.ledger, 0, 1)).toThrow(RangeError);
    expect(() => trafficRates(overlay.ledger, 1, 0)).toThrow(RangeError);
  });
});

describe('lifetimes', () => {
  it('Γ at half-integers', () => {
    expect(gamma(0.5)).toBeCloseTo(Math.sqrt(Math.PI), 12);
    expect(gamma(5)).toBeCloseTo(24, 10);
    expect(gamma(0.25)).toBeCloseTo(3.625609908221908, 10);
  });

  it.each([
    { law: 'exponential', meanNs: 60 * SECOND },
    { law: 'pareto', meanNs: 60 * SECOND, shape: 3 },
    { law: 'weibull', meanNs: 60 * SECOND, shape: 0.7 },
  ] as const)('$law has the mean that it is given', (law) => {
    const random = new RandomStream('lifetimes');
    const draws = 40_000;
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += drawLifetime(law, random);
    // Standard deviation of the mean: at most 1.5 means / sqrt(40 000) = 0.75 %; 3 % is four of them.
    expect(Math.abs(sum / draws / law.meanNs - 1)).toBeLessThan(0.03);
  });

  it('refuses laws without a mean', () => {
    const random = new RandomStream('x');
    expect(() => drawLifetime({ law: 'pareto', meanNs: 1, shape: 1 }, random)).toThrow(RangeError);
    expect(() => drawLifetime({ law: 'weibull', meanNs: 1, shape: 0 }, random)).toThrow(RangeError);
    expect(() => drawLifetime({ law: 'exponential', meanNs: 0 }, random)).toThrow(RangeError);
  });

  it('sessions of one node alternate, and traces read back', () => {
    const random = new RandomStream('sessions');
    const law = { law: 'exponential', meanNs: 100 * SECOND } as const;
    const sessions = drawSessions(10, law, law, 0.3, 1000 * SECOND, random);
    for (let node = 0; node < 10; node++) {
      const own = sessions.filter((session) => session.node === node);
      for (let i = 1; i < own.length; i++) expect(own[i].joinNs).toBeGreaterThan(own[i - 1].endNs);
    }
    const text = ['# measured', 'node,join,end,how', '', '2,0.5,10,crash', '1,0.25,3'].join('\n');
    expect(parseSessions(text)).toEqual([
      { node: 1, joinNs: SECOND / 4, endNs: 3 * SECOND, crash: false },
      { node: 2, joinNs: SECOND / 2, endNs: 10 * SECOND, crash: true },
    ]);
  });

  it.each(['1,2', '1,2,1', 'a,1,2', '1,,2', '1,1,2,stop', '1,1,Infinity'])('names the line that it cannot read: %s', (line) => {
    expect(() => parseSessions(`node,join,end\n${line}`)).toThrow(/^line 2: /);
  });
});

describe('slot table', () => {
  it('behaves as a map whose numbers are not soon used again', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (steps) => {
        const table = new SlotTable<number>(4);
        const open = new Map<number, number>();
        const closed: number[] = [];
        steps.forEach((opens, i) => {
          if (opens || open.size === 0) {
            const number = table.open(i);
            expect(open.has(number) || closed.includes(number)).toBe(false);
            open.set(number, i);
          } else {
            const [number] = [...open.keys()];
            expect(table.close(number)).toBe(true);
            expect(table.close(number)).toBe(false);
            open.delete(number);
            closed.push(number);
          }
          expect(table.size).toBe(open.size);
          for (const [number, value] of open) expect(table.get(number)).toBe(value);
          for (const number of closed) expect(table.get(number)).toBeUndefined();
        });
      }),
      { seed: 1, numRuns: 30 },
    );
  });
});
