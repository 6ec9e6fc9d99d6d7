import { describe, expect, it } from 'vitest';
import { KBuckets } from '../../../protocols/overlay/kademlia/buckets.ts';
import { OverlayRun } from '../../../experiments/overlay-tables/overlay-run.ts';
import { writeGrownBuckets } from '../../../protocols/overlay/kademlia/grown.ts';
import { writeIdealBuckets } from '../../../protocols/overlay/kademlia/converged.ts';
import { Kademlia } from '../../../protocols/overlay/kademlia/kademlia.ts';
import type { KademliaOptions } from '../../../protocols/overlay/kademlia/options.ts';
import { GroundTruth } from '../../../protocols/overlay/ground-truth.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { keyId, nodeIds } from '../../../protocols/overlay/identity.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

const HOUR = 3600 * SECOND;

function overlay(nodes: number, options: Partial<KademliaOptions>, ids?: Uint32Array) {
  const simulator = new Simulator({ seed: 1 });
  const network = new Network(simulator, uniformTopology(nodes, 1e9, MILLISECOND));
  const space = new IdSpace(32);
  const kademlia = new Kademlia({ simulator, network, idBits: 32, ids: ids ?? nodeIds(space, 1, nodes) }, { k: 4, ...options });
  const all = Array.from({ length: nodes }, (_, node) => node);
  const truth = new GroundTruth('kademlia', space, kademlia.ids, all);
  const buckets = (node: number) => {
    const state = kademlia.state(node);
    if (state.protocol !== 'kademlia') throw new Error('not Kademlia');
    return state.buckets;
  };
  const lookUp = (from: number, key: Uint32Array) => {
    let found = -1;
    kademlia.lookup(from, key, (result) => (found = result.owner));
    simulator.run(simulator.now + 10 * SECOND);
    return found;
  };
  return { simulator, network, space, kademlia, all, truth, buckets, lookUp };
}

describe('k-buckets', () => {
  const space = new IdSpace(16);
  // Node 0 is 0; nodes 1 … 8 share no bit with it (bucket 0); 9 … 12 share one (bucket 1).
  const ids = Uint32Array.from([0, 0x8000, 0x9000, 0xa000, 0xb000, 0xc000, 0xd000, 0xe000, 0xf000, 0x4000, 0x5000, 0x6000, 0x7000]);

  it('hold the shared-prefix range, least recently seen first', () => {
    const buckets = new KBuckets(space, ids, 13, 4, 1, 2);
    for (const peer of [1, 2, 3, 4]) expect(buckets.append(0, buckets.bucketOfPeer(0, peer), peer)).toBe(true);
    expect(buckets.bucketOfPeer(0, 9)).toBe(1);
    expect(buckets.bucketOfPeer(0, 0)).toBe(-1);
    expect(buckets.append(0, 0, 5)).toBe(false);
    expect(buckets.touch(0, 0, 2)).toBe(true);
    expect(buckets.touch(0, 0, 8)).toBe(false);
    expect(buckets.list(0, 0)).toEqual([1, 3, 4, 2]);
    expect(buckets.remove(0, 0, 3)).toBe(true);
    expect(buckets.list(0, 0)).toEqual([1, 4, 2]);
  });

  it('the replacement cache gives the most recent first and is bounded', () => {
    const buckets = new KBuckets(space, ids, 13, 4, 1, 2);
    for (const peer of [5, 6, 7, 6]) buckets.addReplacement(0, 0, peer);
    expect(buckets.replacementList(0, 0)).toEqual([7, 6]);
    buckets.removeReplacement(0, 0, 7);
    expect(buckets.takeReplacement(0, 0)).toBe(6);
    expect(buckets.takeReplacement(0, 0)).toBeUndefined();
  });

  it('ideal buckets hold k distinct contacts of their range, or all of it', () => {
    const ids = nodeIds(new IdSpace(40), 1, 300);
    const buckets = new KBuckets(new IdSpace(40), ids, 300, 20, 1, 0);
    const all = Array.from({ length: 300 }, (_, node) => node);
    writeIdealBuckets(buckets, all, new RandomStream('ideal'));
    for (const node of [0, 17, 299]) {
      for (let bucket = 0; bucket < buckets.perNode; bucket++) {
        const range = all.filter((peer) => buckets.bucketOfPeer(node, peer) === bucket);
        const held = buckets.list(node, bucket);
        expect(new Set(held).size).toBe(Math.min(20, range.length));
        for (const peer of held) expect(range).toContain(peer);
      }
    }
  });

  it('grown buckets hold k distinct contacts of their range, those before the node as soon as there are k of them', () => {
    const wide = new IdSpace(40);
    const ids = nodeIds(wide, 1, 300);
    const all = Array.from({ length: 300 }, (_, node) => node);
    for (const digitBits of [1, 2]) {
      const buckets = new KBuckets(wide, ids, 300, 8, digitBits, 0);
      writeGrownBuckets(buckets, all, 3, new RandomStream('grown'));
      for (const node of [0, 5, 17, 150, 299]) {
        for (let bucket = 0; bucket < buckets.perNode; bucket++) {
          const range = all.filter((peer) => buckets.bucketOfPeer(node, peer) === bucket);
          const held = buckets.list(node, bucket);
          expect(new Set(held).size).toBe(Math.min(8, range.length));
          for (const peer of held) expect(range).toContain(peer);
          const before = range.filter((peer) => peer < node);
          if (before.length >= 8) expect(held.every((peer) => peer < node)).toBe(true);
          // Those who came after entered in their order, until the bucket was full.
          else expect([...held].sort((a, b) => a - b)).toEqual(range.slice(0, 8));
        }
      }
    }
  });

  it('grown tables need the hops of nodes that joined one at a time by messages, and name old nodes as often', () => {
    const nodes = 250;
    const create = (seed: number): OverlayRun => new OverlayRun({ protocol: 'kademlia', nodes, seed, idBits: 64, kademlia: { k: 8, refreshPeriodNs: 120 * SECOND, tables: 'grown' } });
    const means = (runs: readonly OverlayRun[]): { hops: number; ofOldest: number } => {
      let hops = 0;
      let ofOldest = 0;
      let contacts = 0;
      for (const run of runs) {
        run.lookUp(3000, (result) => { hops += result.hops / (3000 * runs.length); });
        for (let node = 0; node < nodes; node++) {
          const peers = run.overlay.peers(node);
          contacts += peers.length;
          ofOldest += peers.filter((peer) => peer < nodes / 10).length;
        }
      }
      return { hops, ofOldest: ofOldest / contacts };
    };
    const grown = means([0, 1, 2].map((seed) => create(seed).buildConverged()));
    const joined = means([0, 1, 2].map((seed) => {
      const run = create(seed);
      const random = run.simulator.random.stream('joins');
      run.overlay.join(0, undefined);
      for (let node = 1; node < nodes; node++) {
        run.simulator.run(run.simulator.now + 200 * MILLISECOND);
        run.overlay.join(node, random.pick(run.truth.members));
      }
      run.simulator.run(run.simulator.now + 300 * SECOND);
      return run;
    }));
    expect(Math.abs(grown.hops / joined.hops - 1)).toBeLessThan(0.04);
    expect(Math.abs(grown.ofOldest / joined.ofOldest - 1)).toBeLessThan(0.1);
    // A tenth of the nodes, in far more than a tenth of the places.
    expect(joined.ofOldest).toBeGreaterThan(0.15);
  });

  it('the closest contacts are those that sorting all gives, for any digit width', () => {
    for (const digitBits of [1, 2, 3, 5]) {
      const wide = new IdSpace(40);
      const many = nodeIds(wide, digitBits, 300);
      const buckets = new KBuckets(wide, many, 300, 20, digitBits, 0);
      for (let peer = 1; peer < 300; peer++) buckets.append(0, buckets.bucketOfPeer(0, peer), peer);
      const known = buckets.peers(0);
      for (let i = 0; i < 50; i++) {
        const target = i === 0 ? wide.at(many, 0) : keyId(wide, 1, i);
        const sorted = [...known].sort((a, b) => wide.compareXor(many, a * wide.words, many, b * wide.words, target, 0));
        expect(buckets.closest(0, target, 7)).toEqual(sorted.slice(0, 7));
        expect(buckets.closest(0, target, 1000)).toEqual(sorted);
        expect(buckets.closest(0, target, 3, sorted[1])).toEqual([sorted[0], sorted[2], sorted[3]]);
        for (const count of [7, 60, 1000]) expect(new Set(buckets.closestUnordered(0, target, count))).toEqual(new Set(sorted.slice(0, count)));
      }
    }
  });

  it('identifiers drawn for a refresh lie in the bucket', () => {
    const random = new RandomStream('refresh');
    for (const digitBits of [1, 3, 4]) {
      const wide = new IdSpace(40);
      const many = nodeIds(wide, 1, 5);
      const buckets = new KBuckets(wide, many, 5, 4, digitBits, 0);
      for (let bucket = 0; bucket < buckets.perNode; bucket++) {
        const id = buckets.randomIdIn(2, bucket, random);
        const last = digitBits === 3 && bucket >= buckets.perNode - 7;
        // 40 bits are 13 digits of 3 and one of 1: of the last level's seven buckets only one exists.
        if (!last) expect(buckets.bucketOf(2, id, 0)).toBe(bucket);
      }
    }
  });
});

describe('contacts', () => {
  // Node 0 and nine nodes in the other half of the identifiers: one bucket of 4 for all nine.
  const ids = Uint32Array.from([0, ...Array.from({ length: 9 }, (_, i) => 0x80000000 + i * 0x01000000)]);

  it('a live oldest contact stays; the newcomer waits in the replacement cache', () => {
    for (const fullBucket of ['ping', 'defer'] as const) {
      const { simulator, kademlia, buckets } = overlay(10, { maintenance: false, fullBucket }, ids);
      kademlia.join(0, undefined);
      for (let node = 1; node < 10; node++) kademlia.join(node, 0);
      simulator.run(60 * SECOND);
      const [bucket] = buckets(0);
      expect(bucket.peers.map(({ node }) => node).sort()).toEqual([1, 2, 3, 4]);
      expect(bucket.replacements.map(({ node }) => node).sort()).toEqual([5, 6, 7, 8, 9]);
    }
  });

  it('a dead contact makes way for a replacement after its failures in a row', () => {
    const { simulator, network, kademlia, buckets, lookUp, space } = overlay(10, { maintenance: false }, ids);
    kademlia.join(0, undefined);
    for (let node = 1; node < 10; node++) kademlia.join(node, 0);
    simulator.run(60 * SECOND);
    network.crash(2);
    lookUp(0, space.at(kademlia.ids, 2));
    simulator.run(simulator.now + 10 * SECOND);
    const peers = buckets(0)[0].peers.map(({ node }) => node);
    expect(peers).not.toContain(2);
    expect(peers.length).toBe(4);
  });

  it('pings at full buckets evict a dead oldest contact', () => {
    const { simulator, network, kademlia, buckets } = overlay(10, { maintenance: false, fullBucket: 'ping', staleAfter: 1 }, ids);
    kademlia.join(0, undefined);
    for (let node = 1; node < 5; node++) kademlia.join(node, 0);
    simulator.run(60 * SECOND);
    const oldest = buckets(0)[0].peers[0].node;
    network.crash(oldest);
    kademlia.join(5, [1, 2, 3, 4].find((node) => node !== oldest));
    kademlia.lookup(5, keyId(new IdSpace(32), 1, 1), () => undefined);
    simulator.run(simulator.now + 60 * SECOND);
    kademlia.lookup(5, kademlia.idOf(0), () => undefined);
    simulator.run(simulator.now + 60 * SECOND);
    expect(buckets(0)[0].peers.map(({ node }) => node)).not.toContain(oldest);
  });
});

describe('values', () => {
  const VALUE = { token: 42, sizeBytes: 1000 };

  it('are stored on the k closest and found from everywhere', () => {
    const { simulator, kademlia, all, truth, space } = overlay(40, { maintenance: false });
    kademlia.buildConverged(all);
    const key = keyId(space, 1, 1);
    let stored = 0;
    kademlia.store(3, key, VALUE, (count) => (stored = count));
    simulator.run(10 * SECOND);
    expect(stored).toBe(4);
    expect(all.filter((node) => kademlia.holds(node, key))).toEqual([...truth.replicaSet(key, 4)].sort((a, b) => a - b));
    const found: (number | undefined)[] = [];
    for (const node of all) kademlia.findValue(node, key, (value) => found.push(value?.token));
    simulator.run(simulator.now + 10 * SECOND);
    expect(found).toEqual(all.map(() => 42));
    const missing: unknown[] = [];
    kademlia.findValue(0, keyId(space, 1, 2), (value) => missing.push(value));
    simulator.run(simulator.now + 10 * SECOND);
    expect(missing).toEqual([undefined]);
  });

  it('found values are cached on the closest node that lacked them', () => {
    const { simulator, kademlia, all, space } = overlay(40, { maintenance: false, alpha: 1 });
    kademlia.buildConverged(all);
    const key = keyId(space, 1, 1);
    kademlia.store(3, key, VALUE, () => undefined);
    simulator.run(10 * SECOND);
    const before = all.filter((node) => kademlia.holds(node, key)).length;
    for (const node of all) kademlia.findValue(node, key, () => undefined);
    simulator.run(simulator.now + 10 * SECOND);
    expect(all.filter((node) => kademlia.holds(node, key)).length).toBeGreaterThan(before);
  });

  it('expire where the publisher is gone, and live on while it publishes again', () => {
    const options = { expiryNs: 2 * HOUR, publishPeriodNs: HOUR, republishPeriodNs: HOUR / 2, refreshPeriodNs: 10 * HOUR };
    const { simulator, kademlia, all, space } = overlay(12, options);
    kademlia.buildConverged(all);
    const [kept, lost] = [keyId(space, 1, 1), keyId(space, 1, 2)];
    kademlia.store(3, kept, VALUE, () => undefined);
    kademlia.store(5, lost, VALUE, () => undefined);
    simulator.run(60 * SECOND);
    kademlia.leave(5);
    simulator.run(6 * HOUR);
    expect(all.some((node) => kademlia.holds(node, kept))).toBe(true);
    expect(all.some((node) => kademlia.holds(node, lost))).toBe(false);
  });

  it('are republished to new closest nodes after holders crash', () => {
    const { simulator, network, kademlia, all, truth, space } = overlay(30, { republishPeriodNs: HOUR / 2, refreshPeriodNs: HOUR / 4 });
    kademlia.buildConverged(all);
    const key = keyId(space, 1, 7);
    kademlia.store(3, key, VALUE, () => undefined);
    simulator.run(60 * SECOND);
    const holders = truth.replicaSet(key, 4);
    for (const node of holders.slice(0, 3)) {
      network.crash(node);
      truth.remove(node);
    }
    simulator.run(2 * HOUR);
    for (const node of truth.replicaSet(key, 4)) expect(kademlia.holds(node, key)).toBe(true);
  });

  it('move to a newcomer that belongs to the holders, and stay when a holder leaves', () => {
    const { simulator, kademlia, all, truth, space } = overlay(30, { maintenance: false });
    const key = keyId(space, 1, 3);
    const newcomer = truth.owner(key);
    kademlia.buildConverged(all.filter((node) => node !== newcomer));
    kademlia.store(newcomer === 3 ? 4 : 3, key, VALUE, () => undefined);
    simulator.run(10 * SECOND);
    kademlia.join(newcomer, newcomer === 0 ? 1 : 0);
    simulator.run(simulator.now + 20 * SECOND);
    expect(kademlia.holds(newcomer, key)).toBe(true);
    for (const node of truth.replicaSet(key, 4)) if (node !== 3 && node !== 4) kademlia.leave(node);
    simulator.run(simulator.now + 20 * SECOND);
    expect(all.some((node) => kademlia.isMember(node) && kademlia.holds(node, key))).toBe(true);
  });
});
