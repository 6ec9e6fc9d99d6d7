import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AntiEntropy, EXCHANGES } from '../../../protocols/prefix-routing/anti-entropy.ts';
import type { AntiEntropyOptions } from '../../../protocols/prefix-routing/anti-entropy.ts';
import { BloomFilter } from '../../../protocols/prefix-routing/block-filter.ts';
import { CacheLog } from '../../../protocols/prefix-routing/cache-log.ts';
import { gossipBytes } from '../../../protocols/prefix-routing/gossip-wire.ts';
import { HashChain } from '../../../protocols/prefix-routing/hash-chain.ts';
import { PeerView } from '../../../protocols/prefix-routing/peer-view.ts';
import type { PeerNode } from '../../../protocols/systems/peer-node.ts';
import { HostCpu } from '../../../sim/hardware/host-cpu.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

/** A binary tree of blocks: id i stands behind (i − 1) >> 1. */
function binaryChain(depth: number): HashChain {
  const chain = new HashChain();
  for (let id = 0; id < 2 ** depth - 1; id++) chain.record(id, id === 0 ? -1 : (id - 1) >> 1);
  return chain;
}

const status = (epoch: number, version: number, atNs: number) => ({ epoch, version, atNs, load: 3, waitNs: 5 * MILLISECOND });

describe('a log of a cache', () => {
  /** Blocks come behind their parents and go before them. */
  const steps = fc.array(fc.record({ id: fc.integer({ min: 0, max: 14 }), back: fc.integer({ min: 0, max: 6 }) }), { maxLength: 60 });

  it('what lies between two versions brings a peer from one to the other', () => {
    const chain = binaryChain(4);
    fc.assert(
      fc.property(steps, (all) => {
        const log = new CacheLog(chain, Infinity);
        const held = new Set<number>();
        const view = new PeerView(chain);
        let known = -1;
        all.forEach(({ id, back }, i) => {
          const isLeaf = !held.has(2 * id + 1) && !held.has(2 * id + 2);
          if (!held.has(id) && (id === 0 || held.has((id - 1) >> 1))) {
            held.add(id);
            log.add(id);
          } else if (held.has(id) && isLeaf) {
            held.delete(id);
            log.remove(id);
          }
          if (back > 0) return;
          view.apply({ origin: 0, status: status(1, log.version, i), from: known, changes: known < 0 ? log.everything() : log.between(known, log.version)! });
          known = log.version;
          for (let block = 0; block < 15; block++) {
            const path = chain.path(block);
            let expected = 0;
            while (expected < path.length && held.has(path[expected])) expected++;
            expect(view.match(path)).toBe(expected);
          }
        });
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('tells of nothing below its depth', () => {
    const log = new CacheLog(binaryChain(4), 2);
    for (const id of [0, 1, 3, 7]) log.add(id);
    expect([...log.ids()]).toEqual([0, 1]);
  });

  it('forgets the oldest changes, not what is cached', () => {
    const chain = binaryChain(4);
    const log = new CacheLog(chain, Infinity);
    log.add(0);
    for (let i = 0; i < 4000; i++) {
      log.add(1);
      log.remove(1);
    }
    expect(log.between(0, log.version)).toBeUndefined();
    expect(log.everything()).toEqual({ added: [[0]], removed: [] });
  });
});

describe('the wire form', () => {
  it('has the size that msgpack encodes, hashes being 64 bits wide', () => {
    const hash = (id: number): number => 2 ** 40 + id;
    const added = [[1, 2, 3], Array.from({ length: 20 }, (_, i) => 10 + i)];
    const removed = [5, 6];
    const filter = new BloomFilter([1, 2, 3], 300, 10);
    const fields = [4, 2, 77, 12, 3, 5];
    const wants = [[4, 1, 7]];
    // An update's own array is counted once, its lists inside: encode the pieces and add them up.
    const size = (value: unknown): number => encode(value).length;
    const update = size([...fields, 70]) + size(added.map((run) => [hash(0), ...run.map(hash)])) + size(removed.map(hash));
    const expected = 1 + (1 + size(fields)) + (1 + update) + size(wants);
    const message = {
      statuses: [{ node: 4, status: status(2, 77, 12 * MILLISECOND) }],
      updates: [{ origin: 4, status: status(2, 77, 12 * MILLISECOND), from: 70, changes: { added, removed } }],
      wants: [{ origin: 4, epoch: 1, version: 7 }],
    };
    expect(gossipBytes(message, false)).toBe(expected);
    const down = { ...message, statuses: [{ ...message.statuses[0], downNs: 40 * MILLISECOND }] };
    expect(gossipBytes(down, false)).toBe(expected + 1);
    expect(gossipBytes(message, true)).toBe(expected + 2 * size(new Uint8Array(64)));
    const filtered = { statuses: [], updates: [{ origin: 4, status: status(2, 77, 12 * MILLISECOND), from: -1, filter }], wants: [] };
    expect(gossipBytes(filtered, false)).toBe(1 + 1 + 1 + size([...fields, -1]) + size(new Uint8Array(filter.sizeBytes)) + 1);
  });
});

const OPTIONS: AntiEntropyOptions = { periodNs: SECOND, fanOut: 2, exchange: 'push-pull', estimate: 'tree', bitsPerBlock: 16, signed: false };

/** Nodes with logs and no engines to speak of. */
function world(count: number, options: AntiEntropyOptions) {
  const sim = new Simulator({ seed: 'gossip' });
  const network = new Network(sim, uniformTopology(count, 10e9, MILLISECOND));
  const chain = binaryChain(7);
  const nodes = Array.from({ length: count }, (_, host) => ({ host, cpu: new HostCpu(sim, `cpu-${host}`, 1), engine: { queueLength: host, runningCount: 0, estimateWaitNs: () => 0 } }) as unknown as PeerNode);
  const logs = nodes.map(() => new CacheLog(chain, Infinity));
  const gossip = new AntiEntropy({ sim, network, nodes, logs, chain }, options);
  const wrong = (): number => {
    let count = 0;
    for (const { host } of nodes) {
      for (const { host: other } of nodes) {
        if (host === other || !network.isAlive(host) || !network.isAlive(other)) continue;
        const held = new Set(logs[other].ids());
        for (let id = 0; id < 127; id++) {
          const path = chain.path(id);
          let expected = 0;
          while (expected < path.length && held.has(path[expected])) expected++;
          if (gossip.views[host][other].match(path) !== expected) count++;
        }
      }
    }
    return count;
  };
  return { sim, network, chain, nodes, logs, gossip, wrong };
}

describe('anti-entropy', () => {
  it.each(EXCHANGES.flatMap((exchange) => [true, false].map((signed) => ({ exchange, signed }))))('$exchange, signed $signed: once nothing changes, all know everything', ({ exchange, signed }) => {
    const { sim, chain, logs, wrong } = world(12, { ...OPTIONS, exchange, signed });
    logs.forEach((log, host) => { for (let id = 60 + host; id > 0; id = (id - 1) >> 1) for (const each of chain.path(id)) log.add(each); });
    sim.run(5 * SECOND);
    logs[3].remove(63);
    logs[3].add(2);
    expect(wrong()).toBeGreaterThan(0);
    sim.run(40 * SECOND);
    expect(wrong()).toBe(0);
  });

  it('a filter never denies what a settled node has', () => {
    const { sim, chain, logs, gossip } = world(6, { ...OPTIONS, estimate: 'cuckoo' });
    for (const each of chain.path(100)) logs[0].add(each);
    sim.run(20 * SECOND);
    for (let host = 1; host < 6; host++) expect(gossip.views[host][0].match(chain.path(100))).toBe(chain.path(100).length);
  });

  it('a node back from an outage has an empty cache under a new epoch, and knows the others again', () => {
    const { sim, network, chain, logs, gossip, wrong } = world(8, OPTIONS);
    logs.forEach((log) => { for (const each of chain.path(90)) log.add(each); });
    sim.run(20 * SECOND);
    network.crash(2);
    sim.run(25 * SECOND);
    expect(gossip.views[5][2].match(chain.path(90))).toBe(7);
    expect(gossip.views[5][2].isUsable(sim.now, 4 * SECOND)).toBe(false);
    network.recover(2);
    sim.run(50 * SECOND);
    expect(gossip.views[5][2].match(chain.path(90))).toBe(0);
    expect(logs[2].epoch).toBe(2);
    expect(wrong()).toBe(0);
  });

  it('word of a node that one could not reach spreads to all, until it is back', () => {
    const { sim, network, chain, logs, gossip, nodes } = world(10, OPTIONS);
    for (const each of chain.path(90)) logs[4].add(each);
    sim.run(20 * SECOND);
    network.crash(4);
    gossip.views[0][4].failed(sim.now);
    sim.run(30 * SECOND);
    const usable = (): number => nodes.filter(({ host }) => host !== 4 && gossip.views[host][4].isUsable(sim.now, Infinity)).length;
    expect(usable()).toBe(0);
    network.recover(4);
    sim.run(50 * SECOND);
    expect(usable()).toBe(9);
  });

  it('costs a digest to each partner a period, and an answer', () => {
    const { sim, network } = world(10, { ...OPTIONS, fanOut: 3, exchange: 'pull' });
    sim.run(100 * SECOND);
    const sent = (name: string): number => network.stats.messages().find((each) => each.name === name)!.sent;
    expect(sent('prefix.digest')).toBe(10 * 3 * 100);
    expect(sent('prefix.news')).toBeLessThanOrEqual(10 * 3 * 100);
  });
});
