/** Leases of replicas: who renews, what expires, what that costs. */
import { describe, expect, it } from 'vitest';
import { BelievedReplicas } from '../../../protocols/placement/believed-replicas.ts';
import { ReplicaLeases } from '../../../protocols/systems/replica-leases.ts';
import { ReplicaRepair } from '../../../protocols/systems/replica-repair.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { NODES, replicaCluster, UNITS } from './replica-cluster.ts';

const REPLICAS = 3;
const LEASE_NS = 30 * SECOND;

function cluster(renewNs: number, absent: readonly number[] = [], repairs = false) {
  const peers = replicaCluster(REPLICAS, 1, absent);
  const { simulator: sim, network, overlay, keys, nodes, membersOf } = peers;
  const believed = new BelievedReplicas(overlay, keys, membersOf, REPLICAS);
  const leases = new ReplicaLeases({ sim, network, believed, keys, maxSegments: 1, nodes }, { leaseNs: LEASE_NS, renewNs });
  leases.start();
  if (repairs) new ReplicaRepair({ sim, network, overlay, keys, maxSegments: 1, nodes, membersOf, kept: leases.grant.bind(leases) }, { replicas: REPLICAS, periodNs: 2 * SECOND, capBps: Infinity }).start();
  const copies = (): number => nodes.reduce((sum, { holdings }) => sum + holdings.size, 0);
  const renewals = (): { sent: number; sentBytes: number } => network.stats.messages().find(({ name }) => name === 'lease.renew')!;
  return { ...peers, leases, copies, renewals };
}

describe('leases', () => {
  it('end to the nanosecond where nobody renews', () => {
    const { simulator, leases, copies } = cluster(Infinity);
    simulator.run(LEASE_NS - 1);
    expect(copies()).toBe(REPLICAS * UNITS);
    simulator.run(LEASE_NS);
    expect(copies()).toBe(0);
    expect(leases.counts.segmentsExpired).toBe(REPLICAS * UNITS);
  });

  it('begin again with what is stored again, and with nothing else', () => {
    const { simulator, nodes, leases, holders } = cluster(Infinity);
    simulator.run(20 * SECOND);
    const [first, second] = holders(7);
    leases.grant(first, 7);
    simulator.run(LEASE_NS);
    expect(holders(7)).toEqual([first]);
    // A read is no renewal.
    nodes[first].holdings.read(7);
    simulator.run(50 * SECOND - 1);
    expect(holders(7)).toEqual([first]);
    simulator.run(50 * SECOND);
    expect(holders(7)).toEqual([]);
    expect(nodes[second].holdings.has(7)).toBe(false);
  });

  it('are renewed by one holder of each segment, once a period: r − 1 keys of 10 bytes', () => {
    const PERIODS = 40;
    const renewNs = 10 * SECOND;
    const { simulator, leases, copies, renewals } = cluster(renewNs);
    // The first round of each node only finds leases that have just begun.
    simulator.run(2 * renewNs);
    const before = { ...renewals(), keys: leases.counts.segmentsRenewed };
    simulator.run((2 + PERIODS) * renewNs);
    const after = renewals();
    const keys = leases.counts.segmentsRenewed - before.keys;
    expect(keys).toBe(PERIODS * UNITS * (REPLICAS - 1));
    // Beside the keys each message has its header: type code, array header, and what every message has on this network.
    const messages = after.sent - before.sent;
    expect(after.sentBytes - before.sentBytes - 10 * keys).toBeGreaterThan(2 * messages);
    expect(after.sentBytes - before.sentBytes - 10 * keys).toBeLessThan(100 * messages);
    expect(messages).toBeLessThanOrEqual(PERIODS * NODES * (NODES - 1));
    expect(copies()).toBe(REPLICAS * UNITS);
    expect(leases.counts.segmentsExpired).toBe(0);
  });

  it('are renewed by whoever is left when r − 1 nodes crash', () => {
    const { simulator, network, holders } = cluster(10 * SECOND);
    simulator.run(5 * SECOND);
    for (const host of [2, 5]) network.crash(host);
    simulator.run(200 * SECOND);
    for (let unit = 0; unit < UNITS; unit++) expect(holders(unit).filter((host) => network.isAlive(host)).length).toBeGreaterThanOrEqual(1);
    // What the dead have on their drives ends there too: a node that comes back serves nothing that nobody has renewed.
    expect(holders(0).every((host) => network.isAlive(host))).toBe(true);
    for (let unit = 0; unit < UNITS; unit++) expect(holders(unit)).not.toEqual(expect.arrayContaining([2]));
  });

  it('end where copies do not belong any more: with repair a join leaves r replicas, and no more', () => {
    const { simulator, overlay, truth, keys, holders } = cluster(10 * SECOND, [7], true);
    simulator.run(5 * SECOND);
    overlay.join(7, 0);
    truth.add(7);
    simulator.run(25 * SECOND);
    const handed = Array.from({ length: UNITS }, (_, unit) => unit).filter((unit) => truth.owner(keys.key(unit, 0)) === 7);
    expect(handed.length).toBeGreaterThan(0);
    // Repair has made a copy at the new owner, and the r old ones are still there.
    for (const unit of handed) expect(holders(unit).length).toBe(REPLICAS + 1);
    simulator.run(120 * SECOND);
    for (const unit of handed) expect(new Set(holders(unit))).toEqual(new Set(truth.replicaSet(keys.key(unit, 0), REPLICAS)));
  });
});
