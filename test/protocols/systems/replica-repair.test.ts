import { describe, expect, it } from 'vitest';
import { Chord } from '../../../protocols/overlay/chord/chord.ts';
import { GroundTruth } from '../../../protocols/overlay/ground-truth.ts';
import { Kademlia } from '../../../protocols/overlay/kademlia/kademlia.ts';
import type { NodeSetSpec } from '../../../protocols/overlay/node-set.ts';
import type { Overlay, Protocol } from '../../../protocols/overlay/overlay.ts';
import { Pastry } from '../../../protocols/overlay/pastry/pastry.ts';
import { nodeIds } from '../../../protocols/overlay/identity.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { PlacementKeys } from '../../../protocols/placement/placement-keys.ts';
import { Corruption } from '../../../protocols/store/corruption.ts';
import { Lru } from '../../../protocols/store/lru.ts';
import { TieredStore } from '../../../protocols/store/tiered-store.ts';
import { ReplicaRepair } from '../../../protocols/systems/replica-repair.ts';
import { HostCpu } from '../../../sim/hardware/host-cpu.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

const NODES = 12;
const UNITS = 400;
const SEGMENT_BYTES = 1_000_000;

const OVERLAYS: Record<Protocol, (spec: NodeSetSpec) => Overlay> = {
  chord: (spec) => new Chord(spec, { successors: 8, stabilisePeriodNs: SECOND, rpcTimeoutNs: 50 * MILLISECOND }),
  kademlia: (spec) => new Kademlia(spec, { rpcTimeoutNs: 50 * MILLISECOND }),
  pastry: (spec) => new Pastry(spec, { leafSetPeriodNs: SECOND, rpcTimeoutNs: 50 * MILLISECOND }),
};

/** Peers that hold r replicas of every unit; `absent` nodes are there but have not joined. */
function cluster(replicas: number, seed: number, absent: readonly number[] = [], protocol: Protocol = 'chord') {
  const simulator = new Simulator({ seed });
  const network = new Network(simulator, uniformTopology(NODES, 1e9, MILLISECOND));
  const space = new IdSpace(64);
  const ids = nodeIds(space, seed, NODES);
  const overlay = OVERLAYS[protocol]({ simulator, network, idBits: 64, ids });
  const members = Array.from({ length: NODES }, (_, node) => node).filter((node) => !absent.includes(node));
  overlay.buildConverged(members);
  const truth = new GroundTruth(protocol, space, ids, members);
  const keys = new PlacementKeys(space, 'segment', 1, (unit) => unit);
  const nodes = Array.from({ length: NODES }, (_, host) => ({
    host,
    cpu: new HostCpu(simulator, `node-${host}.cpu`, 4),
    holdings: new TieredStore([{ name: 'memory', capacityBytes: 1e12 }], () => new Lru()),
    tiers: [{ name: 'memory', readLink: network.addLink(1e11), readBytesPerSecond: 1e10, writeLink: network.addLink(1e11), latencyNs: 1000 }],
    corruption: new Corruption(),
  }));
  for (let unit = 0; unit < UNITS; unit++) for (const host of truth.replicaSet(keys.key(unit, 0), replicas)) nodes[host].holdings.write(unit, SEGMENT_BYTES);
  const repair = new ReplicaRepair({ sim: simulator, network, overlay, keys, maxSegments: 1, nodes, membersOf: (host) => [host] }, { replicas, periodNs: 2 * SECOND, capBps: Infinity });
  repair.start();
  const liveHolders = (unit: number): number[] => nodes.filter(({ host, holdings }) => network.isAlive(host) && holdings.has(unit)).map(({ host }) => host);
  return { simulator, network, overlay, truth, keys, nodes, repair, liveHolders };
}

describe('replica repair', () => {
  it('sends nothing while nothing changes', () => {
    const { simulator, repair } = cluster(3, 1);
    simulator.run(120 * SECOND);
    expect(repair.counts).toEqual({ segmentsRepaired: 0, bytesSent: 0 });
  });

  it.each([2, 3, 4])('after r − 1 of 12 nodes crash at once, nothing is lost, and all %i replicas are back where they belong', (replicas) => {
    const { simulator, network, truth, keys, repair, liveHolders } = cluster(replicas, 1);
    const victims = [2, 5, 9].slice(0, replicas - 1);
    simulator.run(5 * SECOND);
    for (const host of victims) {
      network.crash(host);
      truth.remove(host);
    }
    // Copies that died with the victims: each must be made anew, once.
    const lost = Array.from({ length: UNITS }, (_, unit) => replicas - liveHolders(unit).length).reduce((sum, n) => sum + n, 0);
    expect(lost).toBeGreaterThan(10);
    simulator.run(120 * SECOND);
    for (let unit = 0; unit < UNITS; unit++) expect(liveHolders(unit)).toEqual(expect.arrayContaining(truth.replicaSet(keys.key(unit, 0), replicas)));
    expect(repair.counts.segmentsRepaired).toBe(lost);
    expect(repair.counts.bytesSent).toBeLessThan(1.5 * lost * SEGMENT_BYTES);
  });

  it.each(['kademlia', 'pastry'] as const)('on %s, once lookups have found the crashes, all replicas are back where they belong', (protocol) => {
    const replicas = 3;
    const { simulator, network, overlay, truth, keys, repair, liveHolders } = cluster(replicas, 1, [], protocol);
    simulator.run(5 * SECOND);
    for (const host of [2, 9]) {
      network.crash(host);
      truth.remove(host);
    }
    const lost = Array.from({ length: UNITS }, (_, unit) => replicas - liveHolders(unit).length).reduce((sum, n) => sum + n, 0);
    expect(lost).toBeGreaterThan(10);
    for (let unit = 0; unit < UNITS; unit++) {
      overlay.lookup(truth.members[unit % truth.members.length], keys.key(unit, 0), () => undefined);
      simulator.run(simulator.now + SECOND / 2);
    }
    simulator.run(simulator.now + 60 * SECOND);
    for (let unit = 0; unit < UNITS; unit++) expect(liveHolders(unit)).toEqual(expect.arrayContaining(truth.replicaSet(keys.key(unit, 0), replicas)));
    // Tables that still name the dead or already lack them make some offers go to others: extra copies stay, each made once.
    expect(repair.counts.segmentsRepaired).toBeGreaterThanOrEqual(lost);
    expect(repair.counts.segmentsRepaired).toBeLessThan(2 * lost);
  });

  it('gives a node that joins what it now owns', () => {
    const { simulator, overlay, truth, keys, nodes } = cluster(2, 3, [7]);
    simulator.run(5 * SECOND);
    overlay.join(7, 0);
    truth.add(7);
    simulator.run(120 * SECOND);
    const owned = Array.from({ length: UNITS }, (_, unit) => unit).filter((unit) => truth.owner(keys.key(unit, 0)) === 7);
    expect(owned.length).toBeGreaterThan(0);
    for (const unit of owned) expect(nodes[7].holdings.has(unit)).toBe(true);
  });

  it('does not copy bad segments on', () => {
    const { simulator, network, nodes, repair } = cluster(2, 1);
    for (const { corruption, holdings } of nodes) corruption.strike(holdings.ids(), 1, simulator.random.stream('bad'));
    network.crash(2);
    simulator.run(60 * SECOND);
    expect(repair.counts.segmentsRepaired).toBe(0);
  });
});
