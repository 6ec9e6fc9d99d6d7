/** Peers that hold r replicas of every unit, for the tests of what keeps replicas: repair and leases. */
import { Chord } from '../../../protocols/overlay/chord/chord.ts';
import { GroundTruth } from '../../../protocols/overlay/ground-truth.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { nodeIds } from '../../../protocols/overlay/identity.ts';
import { Kademlia } from '../../../protocols/overlay/kademlia/kademlia.ts';
import type { NodeSetSpec } from '../../../protocols/overlay/node-set.ts';
import type { Overlay, Protocol } from '../../../protocols/overlay/overlay.ts';
import { Pastry } from '../../../protocols/overlay/pastry/pastry.ts';
import { PlacementKeys } from '../../../protocols/placement/placement-keys.ts';
import { Corruption } from '../../../protocols/store/corruption.ts';
import { Lru } from '../../../protocols/store/lru.ts';
import { TieredStore } from '../../../protocols/store/tiered-store.ts';
import { HostCpu } from '../../../sim/hardware/host-cpu.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

export const NODES = 12;
/** Units of one segment each. */
export const UNITS = 400;
export const SEGMENT_BYTES = 1_000_000;

const OVERLAYS: Record<Protocol, (spec: NodeSetSpec) => Overlay> = {
  chord: (spec) => new Chord(spec, { successors: 8, stabilisePeriodNs: SECOND, rpcTimeoutNs: 50 * MILLISECOND }),
  kademlia: (spec) => new Kademlia(spec, { rpcTimeoutNs: 50 * MILLISECOND }),
  pastry: (spec) => new Pastry(spec, { leafSetPeriodNs: SECOND, rpcTimeoutNs: 50 * MILLISECOND }),
};

/** @param absent - nodes that are there but have not joined */
export function replicaCluster(replicas: number, seed: number, absent: readonly number[] = [], protocol: Protocol = 'chord') {
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
  const membersOf = (host: number): number[] => [host];
  const holders = (unit: number): number[] => nodes.filter(({ holdings }) => holdings.has(unit)).map(({ host }) => host);
  const liveHolders = (unit: number): number[] => holders(unit).filter((host) => network.isAlive(host));
  return { simulator, network, overlay, truth, keys, nodes, membersOf, holders, liveHolders };
}
