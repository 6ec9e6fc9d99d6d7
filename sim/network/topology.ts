import type { Nanoseconds } from '../kernel/time.ts';

/** Dense host index, 0..n-1, in the order of the topology. */
export type HostId = number;

export interface HostSpec {
  readonly name: string;
  /** Capacity of the host's uplink in bits per second. */
  readonly upBps: number;
  /** Capacity of the host's downlink in bits per second. */
  readonly downBps: number;
  /** One of the topology's zones; the first one when absent. */
  readonly zone?: string;
  /** One-way latency between the host and its zone, paid by what it sends and by what it receives. Zero when absent. */
  readonly accessLatencyNs?: Nanoseconds;
}

/** One-way latency between zones: `oneWayNs[i][j]` from `zones[i]` to `zones[j]`, the diagonal between two hosts of one zone. */
export interface ZoneLatency {
  readonly zones: readonly string[];
  readonly oneWayNs: readonly (readonly number[])[];
}

/**
 * Extra one-way latency drawn for each control message, from the random stream `network/jitter`.
 * Bulk flows are not jittered: their latency is paid once, before the sharing.
 */
export type JitterSpec = (
  | { readonly distribution: 'uniform'; readonly maxNs: Nanoseconds }
  | { readonly distribution: 'exponential'; readonly meanNs: Nanoseconds }
  | { readonly distribution: 'log-normal'; readonly medianNs: Nanoseconds; readonly sigma: number }
) & {
  /** Whether a message may overtake an earlier one of the same (from, to) pair. False when absent: pairs are first in, first out. */
  readonly reorder?: boolean;
};

export interface TopologySpec {
  readonly hosts: readonly HostSpec[];
  readonly zoneLatencyNs: ZoneLatency;
  readonly jitter?: JitterSpec;
  /** Capacity of the core in bits per second, shared by every flow that crosses it. Absent means that the core never binds. */
  readonly coreBps?: number;
  /** Which flows cross the core: all between different hosts (default), or only those between different zones. */
  readonly coreScope?: 'all' | 'inter-zone';
  /** Greatest rate of one connection, and so of one flow, in bits per second. */
  readonly connectionCapBps?: number;
}

/** A star of `count` equal hosts in one zone, every pair `oneWayNs` apart. */
export function uniformTopology(count: number, linkBps: number, oneWayNs: Nanoseconds): TopologySpec {
  const hosts: HostSpec[] = [];
  for (let i = 0; i < count; i++) hosts.push({ name: `host-${i}`, upBps: linkBps, downBps: linkBps });
  return { hosts, zoneLatencyNs: { zones: ['zone'], oneWayNs: [[oneWayNs]] } };
}

/** A checked topology with its quantities in arrays by host. */
export class Topology {
  readonly hostCount: number;
  readonly names: readonly string[];
  /** Nominal uplink and downlink capacity, bits per second. */
  readonly upBps: Float64Array;
  readonly downBps: Float64Array;
  readonly coreBps: number | undefined;
  readonly coreInterZoneOnly: boolean;
  /** Infinity when connections are not capped. */
  readonly connectionCapBps: number;
  readonly jitter: JitterSpec | undefined;
  readonly zoneCount: number;
  readonly zoneNames: readonly string[];
  /** Zone of each host, an index of `zoneNames`. */
  readonly zone: Int32Array;
  readonly accessLatencyNs: Float64Array;
  /** One-way latency from zone i to zone j at i · zoneCount + j. */
  readonly zoneLatencyNs: Float64Array;

  /** @throws RangeError naming the host or field, its value and what was expected */
  constructor(spec: TopologySpec) {
    const { zones, oneWayNs } = spec.zoneLatencyNs;
    this.hostCount = spec.hosts.length;
    this.names = spec.hosts.map((host) => host.name);
    this.upBps = Float64Array.from(spec.hosts, (host) => positive(`upBps of host '${host.name}'`, host.upBps));
    this.downBps = Float64Array.from(spec.hosts, (host) => positive(`downBps of host '${host.name}'`, host.downBps));
    this.coreBps = spec.coreBps === undefined ? undefined : positive('coreBps', spec.coreBps);
    this.coreInterZoneOnly = spec.coreScope === 'inter-zone';
    this.connectionCapBps = spec.connectionCapBps === undefined ? Infinity : positive('connectionCapBps', spec.connectionCapBps);
    this.jitter = spec.jitter;
    if (spec.jitter !== undefined) checkJitter(spec.jitter);
    this.zoneCount = zones.length;
    this.zoneNames = [...zones];
    this.zoneLatencyNs = zoneMatrix(zones, oneWayNs);
    const indices = new Map(zones.map((zone, index) => [zone, index]));
    this.zone = Int32Array.from(spec.hosts, (host) => zoneIndex(indices, host));
    this.accessLatencyNs = Float64Array.from(spec.hosts, (host) => wholeNs(`accessLatencyNs of host '${host.name}'`, host.accessLatencyNs ?? 0));
  }

  /** One-way latency without jitter or faults; zero from a host to itself. */
  latencyNs(from: HostId, to: HostId): Nanoseconds {
    if (from === to) return 0;
    return this.accessLatencyNs[from] + this.zoneLatencyNs[this.zone[from] * this.zoneCount + this.zone[to]] + this.accessLatencyNs[to];
  }

  crossesCore(from: HostId, to: HostId): boolean {
    return !this.coreInterZoneOnly || this.zone[from] !== this.zone[to];
  }

  /** @throws RangeError when `host` is not an index of this topology */
  check(host: HostId): void {
    if (!(Number.isInteger(host) && host >= 0 && host < this.hostCount)) {
      throw new RangeError(`host ${host} does not exist; expected an index from 0 to ${this.hostCount - 1}`);
    }
  }
}

function zoneMatrix(zones: readonly string[], oneWayNs: readonly (readonly number[])[]): Float64Array {
  const n = zones.length;
  if (n === 0) throw new RangeError('zoneLatencyNs.zones is empty; expected at least one zone');
  if (new Set(zones).size !== n) throw new RangeError(`zoneLatencyNs.zones names a zone twice: ${zones.join(', ')}`);
  if (oneWayNs.length !== n) throw new RangeError(`zoneLatencyNs.oneWayNs has ${oneWayNs.length} rows; expected ${n}, one per zone`);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = oneWayNs[i];
    if (row.length !== n) throw new RangeError(`row ${i} of zoneLatencyNs.oneWayNs has ${row.length} entries; expected ${n}`);
    for (let j = 0; j < n; j++) matrix[i * n + j] = wholeNs(`zoneLatencyNs.oneWayNs[${i}][${j}]`, row[j]);
  }
  return matrix;
}

function zoneIndex(indices: ReadonlyMap<string, number>, host: HostSpec): number {
  if (host.zone === undefined) return 0;
  const index = indices.get(host.zone);
  if (index === undefined) throw new RangeError(`zone '${host.zone}' of host '${host.name}' does not exist; expected one of ${[...indices.keys()].join(', ')}`);
  return index;
}

function checkJitter(jitter: JitterSpec): void {
  switch (jitter.distribution) {
    case 'uniform':
      wholeNs('jitter.maxNs', jitter.maxNs);
      return;
    case 'exponential':
      wholeNs('jitter.meanNs', jitter.meanNs);
      return;
    case 'log-normal':
      wholeNs('jitter.medianNs', jitter.medianNs);
      if (!(jitter.sigma >= 0 && jitter.sigma < Infinity)) throw new RangeError(`jitter.sigma is ${jitter.sigma}; expected a finite number ≥ 0`);
  }
}

function positive(what: string, value: number): number {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${what} is ${value}; expected a finite number above 0`);
  return value;
}

function wholeNs(what: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value >= 0)) throw new RangeError(`${what} is ${value}; expected a whole number of nanoseconds ≥ 0`);
  return value;
}
