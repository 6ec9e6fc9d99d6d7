import type { Nanoseconds } from '../kernel/time.ts';
import type { HostId, Topology } from './topology.ts';

/** How a host's links differ from nominal. Absent fields mean no difference. */
export interface Degradation {
  /** Factor on the uplink's capacity, 0 (cut) to 1 (nominal) or above (faster). */
  readonly upFactor?: number;
  readonly downFactor?: number;
  /** Added to the one-way latency of everything the host sends or receives. */
  readonly extraLatencyNs?: Nanoseconds;
}

const RECORD = 4;
const UP_BPS = 0;
const DOWN_BPS = 1;
const EDGE_NS = 2;
const ZONE = 3;

/** Nanoseconds × bits in a second × byte. */
const BIT_NANOSECONDS_PER_BYTE_SECOND = 8e9;

/** Present capacities, extra latencies and message-loss rates of the hosts' links. */
export class LinkCondition {
  readonly #topology: Topology;
  /** A record per host, side by side, as a message reads all of it: uplink and downlink in bits per second, access and extra latency, zone. */
  readonly #hosts: Float64Array;
  readonly #zoneNs: Float64Array;
  readonly #zoneCount: number;
  #latenciesHaveChanged = false;
  #loss = 0;
  readonly #pairLoss = new Map<number, number>();

  constructor(topology: Topology) {
    this.#topology = topology;
    this.#hosts = new Float64Array(RECORD * topology.hostCount);
    this.#zoneNs = topology.zoneLatencyNs;
    this.#zoneCount = topology.zoneCount;
    for (let host = 0; host < topology.hostCount; host++) {
      const record = RECORD * host;
      this.#hosts[record + UP_BPS] = topology.upBps[host];
      this.#hosts[record + DOWN_BPS] = topology.downBps[host];
      this.#hosts[record + EDGE_NS] = topology.accessLatencyNs[host];
      this.#hosts[record + ZONE] = topology.zone[host];
    }
  }

  /** Sets a host's condition, replacing the former one. @throws RangeError on a factor or latency out of range */
  set(host: HostId, degradation: Degradation): void {
    const upFactor = factor('upFactor', degradation.upFactor);
    const downFactor = factor('downFactor', degradation.downFactor);
    const extraNs = degradation.extraLatencyNs ?? 0;
    if (!(Number.isSafeInteger(extraNs) && extraNs >= 0)) {
      throw new RangeError(`extraLatencyNs is ${extraNs}; expected a whole number of nanoseconds ≥ 0`);
    }
    const record = RECORD * host;
    this.#hosts[record + UP_BPS] = this.#topology.upBps[host] * upFactor;
    this.#hosts[record + DOWN_BPS] = this.#topology.downBps[host] * downFactor;
    this.#hosts[record + EDGE_NS] = this.#topology.accessLatencyNs[host] + extraNs;
    if (extraNs > 0) this.#latenciesHaveChanged = true;
  }

  /** Whether any host has ever had extra latency. */
  get latenciesHaveChanged(): boolean {
    return this.#latenciesHaveChanged;
  }

  /** Present uplink capacity in bits per second. */
  upBps(host: HostId): number {
    return this.#hosts[RECORD * host + UP_BPS];
  }

  downBps(host: HostId): number {
    return this.#hosts[RECORD * host + DOWN_BPS];
  }

  /** One-way latency without jitter; zero from a host to itself. */
  latencyNs(from: HostId, to: HostId): Nanoseconds {
    if (from === to) return 0;
    const hosts = this.#hosts;
    const a = RECORD * from;
    const b = RECORD * to;
    return hosts[a + EDGE_NS] + this.#zoneNs[hosts[a + ZONE] * this.#zoneCount + hosts[b + ZONE]] + hosts[b + EDGE_NS];
  }

  /** Time in nanoseconds, not rounded, that a message spends on the slower of its two links; Infinity when one is cut. */
  serialisationNs(from: HostId, to: HostId, sizeBytes: number): number {
    return (sizeBytes * BIT_NANOSECONDS_PER_BYTE_SECOND) / Math.min(this.#hosts[RECORD * from + UP_BPS], this.#hosts[RECORD * to + DOWN_BPS]);
  }

  /** Probability that a message is lost: that of its pair if set, else the global one. */
  lossRate(from: HostId, to: HostId): number {
    if (this.#pairLoss.size === 0) return this.#loss;
    return this.#pairLoss.get(from * this.#topology.hostCount + to) ?? this.#loss;
  }

  /** Sets the global loss rate, or that of one ordered pair, which then overrides the global one; undefined returns a pair to it. */
  setLoss(rate: number | undefined, from?: HostId, to?: HostId): void {
    if (rate !== undefined && !(rate >= 0 && rate <= 1)) throw new RangeError(`loss rate is ${rate}; expected a probability from 0 to 1`);
    if (from === undefined || to === undefined) {
      this.#loss = rate ?? 0;
      return;
    }
    const pair = from * this.#topology.hostCount + to;
    if (rate === undefined) this.#pairLoss.delete(pair);
    else this.#pairLoss.set(pair, rate);
  }
}

function factor(name: string, value: number | undefined): number {
  const given = value ?? 1;
  if (!(given >= 0 && given < Infinity)) throw new RangeError(`${name} is ${given}; expected a finite number ≥ 0`);
  return given;
}
