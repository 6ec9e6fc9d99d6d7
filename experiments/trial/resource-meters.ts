/** What every resource of a trial has done so far: the books behind utilisation and behind the counters of a trace. */
import type { StorageNode } from '../../protocols/systems/storage-node.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { Machines } from './machines.ts';
import type { TrialSystem } from './systems.ts';

/** One resource: how much it can do in a nanosecond, and how much it has done so far. */
export interface Meter {
  readonly kind: 'gpu' | 'cpu' | 'up' | 'down' | 'disk' | 'memory' | 'copy';
  readonly host: HostId;
  /** As a reader meets it: `node 3 uplink`. */
  readonly name: string;
  /** Units of work per nanosecond. */
  readonly capacity: number;
  readonly done: () => number;
}

const BITS_PER_BYTE = 8;

/** Every resource of the nodes, and of the central store where there is one. */
export function resourceMeters(config: ResolvedConfig, machines: Machines, system: TrialSystem): Meter[] {
  const { network, cluster } = config;
  const meters = machines.nodes.flatMap((node): Meter[] => {
    const { host } = node;
    const name = `node ${host}`;
    return [
      { kind: 'gpu', host, name: `${name} GPU`, capacity: 1, done: () => node.engine.busyNs() },
      { kind: 'copy', host, name: `${name} host-to-device link`, capacity: 1, done: () => node.copies.busyNs('hostToDevice') },
      ...hostMeters(machines, node, name, network.upBps, network.downBps, cluster.cpuCores),
    ];
  });
  if (system.central === undefined) return meters;
  const { scale } = cluster.central;
  return [...meters, ...hostMeters(machines, system.central, 'central store', network.upBps * scale, network.downBps * scale, cluster.cpuCores)];
}

function hostMeters({ network }: Machines, node: StorageNode, name: string, upBps: number, downBps: number, cores: number): Meter[] {
  const { host } = node;
  const bytesPerNs = (bps: number): number => bps / BITS_PER_BYTE / SECOND;
  return [
    { kind: 'cpu', host, name: `${name} CPU`, capacity: cores, done: () => node.cpu.busyNs() },
    { kind: 'up', host, name: `${name} uplink`, capacity: bytesPerNs(upBps), done: () => network.stats.bytesUp(host) },
    { kind: 'down', host, name: `${name} downlink`, capacity: bytesPerNs(downBps), done: () => network.stats.bytesDown(host) },
    ...node.tiers.map(({ name: tier, readLink, readBytesPerSecond }): Meter => ({
      kind: tier === 'ssd' ? 'disk' : 'memory', host, name: `${name} ${tier} reads`, capacity: readBytesPerSecond / SECOND, done: () => network.linkBytes(readLink),
    })),
  ];
}
