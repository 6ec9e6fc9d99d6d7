import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeConvergedTables } from '../../../protocols/overlay/chord/converged.ts';
import { ChordTables } from '../../../protocols/overlay/chord/tables.ts';
import { Chord } from '../../../protocols/overlay/chord/chord.ts';
import { GroundTruth } from '../../../protocols/overlay/ground-truth.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { keyId, nodeIds } from '../../../protocols/overlay/identity.ts';
import type { LookupResult } from '../../../protocols/overlay/overlay.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';
import { OverlayWorld } from '../../conformance/overlay-world.ts';

const all = (count: number): number[] => Array.from({ length: count }, (_, node) => node);

describe('directly built tables', () => {
  it('hold the true predecessor, successors and fingers, by the omniscient definition', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 40 }), fc.constantFrom(16, 33, 64), (seed, count, bits) => {
        const space = new IdSpace(bits);
        const ids = nodeIds(space, seed, count);
        const tables = new ChordTables(space, ids, count, 4, false);
        writeConvergedTables(tables, all(count));
        const truth = new GroundTruth('chord', space, ids, all(count));
        const ring = truth.members;
        const start = new Uint32Array(space.words);
        ring.forEach((node, p) => {
          expect(tables.successorList(node)).toEqual(all(Math.min(4, count - 1)).map((s) => ring[(p + 1 + s) % count]));
          expect(tables.predecessor[node]).toBe(count === 1 ? -1 : ring[(p + count - 1) % count]);
          for (let i = 0; i < bits; i++) {
            space.addPowerOfTwo(ids, node * space.words, i, start);
            const owner = truth.owner(start);
            expect(tables.fingers[node * bits + i]).toBe(owner === node ? -1 : owner);
          }
        });
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it('of a million-node size would take no more than their arrays: fingers, list and predecessor', () => {
    const space = new IdSpace(64);
    const tables = new ChordTables(space, new Uint32Array(0), 1000, 8, false);
    const bytes = tables.fingers.byteLength + tables.successors.byteLength + tables.predecessor.byteLength;
    expect(bytes).toBe(1000 * 4 * (64 + 8 + 1));
  });
});

describe('routing', () => {
  it('takes the closest preceding finger that is not excluded', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 2, max: 60 }), fc.nat(65_535), fc.array(fc.nat(59), { maxLength: 10 }), fc.boolean(), (seed, count, at, drawn, withList) => {
        const space = new IdSpace(16);
        const ids = nodeIds(space, seed, count);
        const tables = new ChordTables(space, ids, count, 3, withList);
        writeConvergedTables(tables, all(count));
        const key = space.fromNumber(at);
        const exclude = drawn.filter((node) => node > 0 && node < count);
        tables.route(0, key, exclude);
        const ahead = (node: number): number => (ids[node] - ids[0] + 65536) % 65536;
        const distance = (at - ids[0] + 65536) % 65536 || 65536;
        const live = (nodes: Iterable<number>): number[] => [...nodes].filter((node) => node >= 0 && !exclude.includes(node));
        const list = live(tables.successorList(0));
        const named = (withList ? list : list.slice(0, 1)).find((node) => ahead(node) >= distance);
        if (named !== undefined) {
          expect([tables.done, tables.next]).toEqual([true, named]);
          return;
        }
        const fingers = live(new Set(tables.fingers.subarray(0, 16))).filter((node) => ahead(node) < distance);
        const candidates = [...fingers, ...(withList ? list : list.slice(0, 1))];
        const best = candidates.length === 0 ? -1 : candidates.reduce((a, b) => (ahead(b) > ahead(a) ? b : a));
        expect([tables.done, tables.next]).toEqual([false, best]);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('lookups', () => {
  function world(options: ConstructorParameters<typeof Chord>[1], nodes = 64) {
    const subject = { name: 'Chord', replicas: 3, replicasKnownToOwner: 3, roundNs: 20 * SECOND, histories: 0, rounds: { join: 1, joinAtOnce: 1, leave: 1, crash: 1, partition: 1, loss: 1 } };
    return new OverlayWorld({ ...subject, create: (spec, maintenance) => new Chord(spec, { maintenance, ...options }) }, { nodes, idBits: 32, maintenance: false }).buildConverged();
  }

  it('recursive and iterative ones walk the same path', () => {
    const hops = (lookup: 'recursive' | 'iterative'): number[] => {
      const w = world({ lookup });
      return w.lookUp(w.keys, w.nodes, 3).map((result) => result.hops);
    };
    expect(hops('recursive').sort()).toEqual(hops('iterative').sort());
  });

  it('latency: recursive is one way per hop and the answer, iterative there and back', () => {
    const simulator = new Simulator({ seed: 1 });
    const network = new Network(simulator, uniformTopology(64, 1e12, 10 * MILLISECOND));
    const space = new IdSpace(32);
    const spec = { simulator, idBits: 32, ids: nodeIds(space, 1, 64) };
    const recursive = new Chord({ ...spec, network }, { maintenance: false });
    recursive.buildConverged(all(64));
    const results: LookupResult[] = [];
    for (let i = 0; i < 100; i++) recursive.lookup(i % 64, keyId(space, 1, i), (result) => results.push(result));
    simulator.run();
    // Microseconds go to the size of messages on the links.
    for (const { hops, latencyNs } of results) expect(latencyNs / MILLISECOND).toBeCloseTo(hops === 0 ? 0 : 10 * (hops + 1), 2);

    const other = new Network(simulator, uniformTopology(64, 1e12, 10 * MILLISECOND));
    const iterative = new Chord({ ...spec, network: other }, { maintenance: false, lookup: 'iterative' });
    iterative.buildConverged(all(64));
    const answers: LookupResult[] = [];
    for (let i = 0; i < 100; i++) iterative.lookup(i % 64, keyId(space, 1, i), (result) => answers.push(result));
    simulator.run();
    for (const { hops, latencyNs } of answers) expect(latencyNs / MILLISECOND).toBeCloseTo(20 * hops, 2);
  });

  it('messages counted by the lookup are those that the ledger saw', () => {
    for (const options of [{ lookup: 'recursive' }, { lookup: 'iterative' }, { lookup: 'recursive', hopAcks: false }, { lookup: 'iterative', confirmOwner: true }] as const) {
      const w = world(options);
      const results = w.lookUp(w.keys, w.nodes, 3);
      w.simulator.run();
      expect(results.reduce((sum, result) => sum + result.messages, 0)).toBe(w.overlay.ledger.totalMessages());
      expect(w.overlay.ledger.totalMessages('lookup')).toBe(w.overlay.ledger.totalMessages());
    }
  });

  it('a dead hop costs one timeout, and the dead one is passed by', () => {
    const w = world({ lookupAttempts: 1, repairOnTimeout: false });
    const [probe] = w.lookUp([w.keys[0]], [0], 1);
    expect(probe.hops).toBeGreaterThan(0);
    const before = w.simulator.now;
    w.crash(probe.answeredBy);
    const [result] = w.lookUp([w.keys[0]], [0], 1);
    expect(result.owner).toBe(w.truth.owner(w.keys[0]));
    expect(result.timeouts).toBe(1);
    expect(w.simulator.now - before).toBeGreaterThan(500 * MILLISECOND);
  });

  it('a confirmed owner counts as a hop, dead owners are passed over', () => {
    const plain = world({});
    const confirmed = world({ confirmOwner: true });
    const without = plain.lookUp(plain.keys, [5], 1);
    const withOwner = confirmed.lookUp(confirmed.keys, [5], 1);
    const hopsOf = (results: readonly LookupResult[], key: Uint32Array): LookupResult => results.find((result) => result.key.every((word, i) => word === key[i]))!;
    for (const key of plain.keys) {
      const owner = plain.truth.owner(key);
      expect(hopsOf(withOwner, key).hops).toBe(hopsOf(without, key).hops + (owner === 5 ? 0 : 1));
    }
    const dead = confirmed.truth.owner(confirmed.keys[0]);
    confirmed.crash(dead);
    const [after] = confirmed.lookUp([confirmed.keys[0]], [dead === 5 ? 6 : 5], 1);
    expect(after.owner).toBe(confirmed.truth.owner(confirmed.keys[0]));
  });

  it.each(['recursive', 'iterative'] as const)('the step from an owner of yesterday back to a node that joined is a redirect (%s)', (lookup) => {
    const answers = [true, false].map((ownerRedirects) => {
      const simulator = new Simulator({ seed: 1 });
      const network = new Network(simulator, uniformTopology(20, 1e9, MILLISECOND));
      const chord = new Chord({ simulator, network, idBits: 32, ids: nodeIds(new IdSpace(32), 1, 20) }, { lookup, confirmOwner: true, ownerRedirects, stabilisePeriodNs: 2000 * SECOND });
      chord.buildConverged(all(19));
      const key = chord.idOf(19);
      const truth = new GroundTruth('chord', chord.space, chord.ids, all(19));
      const former = truth.owner(key);
      chord.join(19, (former + 1) % 19);
      simulator.run(SECOND);
      const answer: LookupResult[] = [];
      const look = (): void => {
        chord.lookup((former + 2) % 19, key, (result) => answer.push(result));
        simulator.run(simulator.now + 2 * SECOND);
      };
      look();
      network.crash(19);
      look();
      return { former, answer: answer[0], afterCrash: answer[1] };
    });
    const [{ answer: sentBack, former }, { answer: notSentBack }] = answers;
    expect([sentBack.owner, notSentBack.owner]).toEqual([19, former]);
    expect([sentBack.redirects, notSentBack.redirects]).toEqual([1, 0]);
    expect(sentBack.hops - sentBack.redirects).toBe(notSentBack.hops);
    // Passed back in vain, to a node that is dead: the former owner is the owner again, and the path is no longer for it.
    const [{ afterCrash }] = answers;
    expect([afterCrash.owner, afterCrash.timeouts]).toEqual([former, 1]);
    expect(afterCrash.hops - afterCrash.redirects).toBe(notSentBack.hops);
  });
});

describe('memory of the ring', () => {
  it('a member that lost everybody does not pass for a ring of its own', () => {
    const simulator = new Simulator({ seed: 1 });
    const network = new Network(simulator, uniformTopology(20, 1e9, MILLISECOND));
    const space = new IdSpace(32);
    const chord = new Chord({ simulator, network, idBits: 32, ids: nodeIds(space, 1, 20) }, { successors: 2, fillFingersOnJoin: false });
    chord.buildConverged(all(19));
    const truth = new GroundTruth('chord', space, chord.ids, all(19));
    const key = space.at(chord.ids, 19);
    const [first, second, third] = truth.replicaSet(key, 3);
    const bootstrap = all(19).find((node) => ![first, second, third].includes(node))!;
    chord.join(19, bootstrap);
    simulator.run(simulator.now + 20 * MILLISECOND);
    // Both successors that it was told of go before it knows anybody else.
    network.crash(first);
    network.crash(second);
    simulator.run(simulator.now + 200 * SECOND);
    const state = chord.state(19);
    expect(chord.isMember(19)).toBe(true);
    expect(state.protocol === 'chord' && state.successors[0].node).toBe(third);
  });
});
