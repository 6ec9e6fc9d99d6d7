/** Repair of replicas: what crashes and joins make it send, and that nothing else does. */
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../../protocols/overlay/overlay.ts';
import { ReplicaRepair } from '../../../protocols/systems/replica-repair.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { replicaCluster, SEGMENT_BYTES, UNITS } from './replica-cluster.ts';

function cluster(replicas: number, seed: number, absent: readonly number[] = [], protocol: Protocol = 'chord') {
  const peers = replicaCluster(replicas, seed, absent, protocol);
  const { simulator: sim, network, overlay, keys, nodes, membersOf } = peers;
  const repair = new ReplicaRepair({ sim, network, overlay, keys, maxSegments: 1, nodes, membersOf }, { replicas, periodNs: 2 * SECOND, capBps: Infinity });
  repair.start();
  return { ...peers, repair };
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
    for (let unit = 0; unit < UNITS; unit++) expect(liveHolders(unit)).toEqual(expect.arrayContaining([...truth.replicaSet(keys.key(unit, 0), replicas)]));
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
    for (let unit = 0; unit < UNITS; unit++) expect(liveHolders(unit)).toEqual(expect.arrayContaining([...truth.replicaSet(keys.key(unit, 0), replicas)]));
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
