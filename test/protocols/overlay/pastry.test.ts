import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { keyId, nodeIds } from '../../../protocols/overlay/identity.ts';
import { LeafSets } from '../../../protocols/overlay/pastry/leaf-sets.ts';
import { NeighbourhoodSets } from '../../../protocols/overlay/pastry/neighbourhood-sets.ts';
import { Pastry } from '../../../protocols/overlay/pastry/pastry.ts';
import { RoutingRows } from '../../../protocols/overlay/pastry/routing-rows.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { twoZones } from '../../conformance/overlay-world.ts';

describe('leaf sets', () => {
  const space = new IdSpace(16);

  it('hold the nearest on either side, whatever the order of insertion', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 30 }), (seed, count) => {
        const ids = nodeIds(space, seed, count);
        const leaves = new LeafSets(space, ids, count, 8);
        for (let peer = 1; peer < count; peer++) {
          expect(leaves.wants(0, peer)).toBe(leaves.insert(0, peer));
          expect(leaves.insert(0, peer)).toBe(false);
        }
        const clockwise = (peer: number): number => (ids[peer] - ids[0] + 65536) % 65536;
        const others = Array.from({ length: count - 1 }, (_, i) => i + 1).sort((a, b) => clockwise(a) - clockwise(b));
        expect(leaves.side(0, true)).toEqual(others.slice(0, 4));
        expect(leaves.side(0, false)).toEqual(others.reverse().slice(0, 4));
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('cover the ring while it is small, an arc once it is not, and no more for lack of repair', () => {
    const ids = Uint32Array.from([0, 100, 200, 300, 400, 500, 65436, 65336, 65236, 65136]);
    const leaves = new LeafSets(space, ids, 10, 4);
    const far = space.fromNumber(30_000);
    for (const peer of [1, 2]) leaves.insert(0, peer);
    expect(leaves.covers(0, far)).toBe(true);
    for (const peer of [3, 4, 5, 6, 7, 8, 9]) leaves.insert(0, peer);
    expect(leaves.covers(0, far)).toBe(false);
    expect(leaves.covers(0, space.fromNumber(200))).toBe(true);
    expect(leaves.covers(0, space.fromNumber(65336))).toBe(true);
    expect(leaves.covers(0, space.fromNumber(201))).toBe(false);
    leaves.remove(0, 1);
    leaves.remove(0, 2);
    leaves.remove(0, 6);
    expect(leaves.covers(0, far)).toBe(false);
    expect(leaves.side(0, true)).toEqual([]);
  });

  it('the closest leaf is that of a full scan', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 20 }), fc.nat(65_535), fc.nat(19), (seed, count, at, excluded) => {
        const ids = nodeIds(space, seed, count);
        const leaves = new LeafSets(space, ids, count, 16);
        for (let peer = 1; peer < count; peer++) leaves.insert(0, peer);
        const key = space.fromNumber(at);
        const exclude = excluded > 0 && excluded < count ? [excluded] : [];
        const candidates = [0, ...leaves.peers(0)].filter((node) => !exclude.includes(node));
        const best = candidates.reduce((a, b) => (space.compareRing(ids, b, ids, a, key, 0) < 0 ? b : a));
        expect(leaves.closest(0, key, exclude)).toBe(best);
        const ordered = leaves.ordered(0, key, 5);
        for (let i = 1; i < ordered.length; i++) expect(space.compareRing(ids, ordered[i - 1], ids, ordered[i], key, 0)).toBe(-1);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('routing rows and neighbourhood', () => {
  it('an entry goes to the nearer peer where round-trip times are measured, to the first where not', () => {
    const space = new IdSpace(16);
    const ids = Uint32Array.from([0x1234, 0x1a00, 0x1b00, 0x1a11, 0x2000]);
    for (const measured of [true, false]) {
      const rows = new RoutingRows(space, ids, 5, 4, measured);
      expect(rows.rowOf(0, 1)).toBe(1);
      expect(rows.wants(0, 1)).toBe(true);
      expect(rows.offer(0, 1, 500)).toBe(true);
      expect(rows.offer(0, 3, 900)).toBe(false);
      expect(rows.get(0, 1, 0xa)).toBe(1);
      expect(rows.offer(0, 3, 100)).toBe(measured);
      expect(rows.get(0, 1, 0xa)).toBe(measured ? 3 : 1);
      rows.offer(0, 2, 1);
      rows.offer(0, 4, 1);
      expect(rows.peers(0)).toEqual([4, measured ? 3 : 1, 2]);
      expect(rows.remove(0, 2)).toBe(true);
      expect(rows.remove(0, 2)).toBe(false);
      expect(rows.offer(0, 0, 1)).toBe(false);
    }
  });

  it('the neighbourhood keeps the nearest, in order', () => {
    const sets = new NeighbourhoodSets(2, 3);
    for (const [peer, rtt] of [
      [5, 50],
      [6, 20],
      [7, 90],
      [8, 10],
      [9, 95],
      [6, 1],
    ]) {
      sets.offer(1, peer, rtt);
    }
    expect(sets.peers(1)).toEqual([8, 6, 5]);
    sets.remove(1, 6);
    expect(sets.peers(1)).toEqual([8, 5]);
    expect(sets.peers(0)).toEqual([]);
  });
});

describe('proximity', () => {
  /** Mean round-trip time to the peers in the routing tables, in milliseconds. */
  function tableDistance(proximity: boolean, joined: boolean): { distance: number; hops: number } {
    const nodes = 120;
    const simulator = new Simulator({ seed: 1 });
    const network = new Network(simulator, twoZones(nodes, 0));
    const space = new IdSpace(32);
    const pastry = new Pastry({ simulator, network, idBits: 32, ids: nodeIds(space, 1, nodes) }, { proximity, digitBits: 3, leafSet: 8, neighbourhood: 8, maintenance: joined });
    if (!joined) pastry.buildConverged(Array.from({ length: nodes }, (_, node) => node));
    else {
      pastry.join(0, undefined);
      for (let node = 1; node < nodes; node++) {
        simulator.run(simulator.now + SECOND);
        pastry.join(node, node - 1);
      }
      simulator.run(simulator.now + 60 * SECOND);
    }
    let total = 0;
    let entries = 0;
    for (let node = 0; node < nodes; node++) {
      const state = pastry.state(node);
      if (state.protocol !== 'pastry') throw new Error('not Pastry');
      // The first row has a choice for every entry; the rows after it hardly any.
      for (const entry of state.rows[0]) {
        if (entry === undefined) continue;
        total += network.latencyNs(node, entry.node);
        entries++;
      }
    }
    let hops = 0;
    for (let i = 0; i < 200; i++) pastry.lookup(i % nodes, keyId(space, 1, i), (result) => (hops += result.hops));
    simulator.run(simulator.now + 30 * SECOND);
    return { distance: (2 * total) / entries / 1e6, hops: hops / 200 };
  }

  it.each([
    ['built directly', false],
    ['joined by messages', true],
  ])('measured tables name nearer peers, at no cost in hops: %s', (_, joined) => {
    const near = tableDistance(true, joined);
    const any = tableDistance(false, joined);
    // Half of all peers are 20 ms away, half 2 ms: 11 ms where nobody chooses.
    expect(any.distance).toBeGreaterThan(9);
    expect(near.distance).toBeLessThan(5);
    expect(Math.abs(near.hops - any.hops)).toBeLessThan(0.3);
  });
});
