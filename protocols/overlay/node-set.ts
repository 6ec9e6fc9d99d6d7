/**
 * What every overlay is built on: nodes with identifiers on hosts, and their transport.
 */
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { HostId } from '../../sim/network/topology.ts';
import { WireFormat } from './wire-format.ts';
import { IdSpace } from './id-space.ts';
import { requireRoom } from './identity.ts';
import { MessageLedger } from './ledger.ts';
import type { NodeIndex, OverlayObserver } from './overlay.ts';
import { JOINED, JOINING, OUTSIDE, Transport } from './transport.ts';
import type { MessageNetwork } from './transport.ts';

export interface NodeSetSpec {
  readonly simulator: Simulator;
  readonly network: MessageNetwork;
  /** Length of identifiers, 16 … 160. */
  readonly idBits: number;
  /** Identifiers of all nodes that may ever take part, flat (see identity.ts). */
  readonly ids: Uint32Array;
  /** Host of each node; node i runs on host i where absent. */
  readonly hosts?: ArrayLike<HostId>;
}

export class NodeSet {
  readonly simulator: Simulator;
  readonly space: IdSpace;
  readonly ids: Uint32Array;
  readonly count: number;
  readonly hosts: Int32Array;
  readonly ledger = new MessageLedger();
  readonly transport: Transport;
  private readonly observers: OverlayObserver[] = [];

  constructor(spec: NodeSetSpec) {
    this.simulator = spec.simulator;
    this.space = new IdSpace(spec.idBits);
    if (spec.ids.length % this.space.words !== 0) {
      throw new RangeError(`ids: ${spec.ids.length} words given, expected a multiple of ${this.space.words} for idBits = ${spec.idBits}`);
    }
    this.ids = spec.ids;
    this.count = spec.ids.length / this.space.words;
    requireRoom(spec.idBits, this.count);
    if (spec.hosts !== undefined && spec.hosts.length !== this.count) {
      throw new RangeError(`hosts: ${spec.hosts.length} given, expected ${this.count}, one per identifier`);
    }
    this.hosts = Int32Array.from({ length: this.count }, (_, node) => spec.hosts?.[node] ?? node);
    this.transport = new Transport(spec.simulator, spec.network, new WireFormat(this.space, this.ids, this.hosts), this.hosts, this.ledger);
  }

  requireNode(node: NodeIndex): void {
    if (!Number.isInteger(node) || node < 0 || node >= this.count) {
      throw new RangeError(`node: ${node} given, expected a whole number from 0 to ${this.count - 1}`);
    }
  }

  isMember(node: NodeIndex): boolean {
    return this.transport.phase[node] === JOINED;
  }

  observe(observer: OverlayObserver): void {
    this.observers.push(observer);
  }

  setJoining(node: NodeIndex): void {
    this.setOutside(node);
    this.transport.phase[node] = JOINING;
  }

  setJoined(node: NodeIndex): void {
    if (this.transport.phase[node] === JOINED) return;
    this.transport.phase[node] = JOINED;
    for (const observer of this.observers) observer.joined?.(node);
  }

  setOutside(node: NodeIndex): void {
    const was = this.transport.phase[node];
    this.transport.phase[node] = OUTSIDE;
    if (was === JOINED) for (const observer of this.observers) observer.left?.(node);
  }
}

/** Refuses an option outside its range. */
export function requireOption(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
    throw new RangeError(`${name}: ${value} given, expected a whole number ${range}`);
  }
}

/** Checks how far waits may lie from their period, as a share of it. */
export function requirePeriodSpread(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new RangeError(`${name}: ${value} given, expected a number from 0 up to, but not including, 1`);
}
