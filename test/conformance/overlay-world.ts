import { encode } from '@msgpack/msgpack';
import { Simulator } from '../../sim/kernel/simulator.ts';
import { MILLISECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { MessageType } from '../../sim/network/message.ts';
import { Network } from '../../sim/network/network.ts';
import type { HostId, TopologySpec } from '../../sim/network/topology.ts';
import { GroundTruth } from '../../protocols/overlay/ground-truth.ts';
import { IdSpace } from '../../protocols/overlay/id-space.ts';
import type { Id } from '../../protocols/overlay/id-space.ts';
import { keyId, nodeIds } from '../../protocols/overlay/identity.ts';
import type { NodeSetSpec } from '../../protocols/overlay/node-set.ts';
import type { LookupResult, NodeIndex, Overlay } from '../../protocols/overlay/overlay.ts';
import type { MessageNetwork } from '../../protocols/overlay/transport.ts';

/** What the suite needs to know of a protocol under test. */
export interface OverlaySubject {
  readonly name: string;
  /** Replicas that lookups name at rest. */
  readonly replicas: number;
  /** Replicas, itself included, that the owner of a key is sure to find in its own tables. */
  readonly replicasKnownToOwner: number;
  /** Mean time between a node's maintenance rounds, as created here. */
  readonly roundNs: Nanoseconds;
  /** Rounds within which correctness is back at 100 % once faults stop. */
  readonly rounds: { readonly join: number; readonly joinAtOnce: number; readonly leave: number; readonly crash: number; readonly partition: number; readonly loss: number };
  /** Membership histories that the property test draws. */
  readonly histories: number;
  create(spec: NodeSetSpec, maintenance: boolean): Overlay;
}

export interface WorldOptions {
  readonly nodes: number;
  readonly seed?: number | string;
  readonly idBits?: number;
  readonly maintenance?: boolean;
  readonly network?: (network: Network, simulator: Simulator) => MessageNetwork;
  readonly jitterNs?: Nanoseconds;
  readonly hosts?: readonly HostId[];
}

/** One overlay in one simulator, with the judge that its nodes never see. */
export class OverlayWorld {
  readonly simulator: Simulator;
  readonly network: Network;
  readonly space: IdSpace;
  readonly overlay: Overlay;
  readonly truth: GroundTruth;
  readonly keys: Id[] = [];
  readonly subject: OverlaySubject;
  readonly nodes: readonly NodeIndex[];

  constructor(subject: OverlaySubject, options: WorldOptions) {
    const { nodes, seed = 1, idBits = 16 } = options;
    this.subject = subject;
    this.simulator = new Simulator({ seed });
    const hostCount = options.hosts === undefined ? nodes : Math.max(0, ...options.hosts) + 1;
    this.network = new Network(this.simulator, twoZones(hostCount, options.jitterNs ?? 0));
    this.space = new IdSpace(idBits);
    this.nodes = Array.from({ length: nodes }, (_, node) => node);
    const ids = nodeIds(this.space, seed, nodes);
    const network = options.network?.(this.network, this.simulator) ?? this.network;
    const spec = { simulator: this.simulator, network, idBits, ids, ...(options.hosts === undefined ? {} : { hosts: options.hosts }) };
    this.overlay = subject.create(spec, options.maintenance ?? true);
    this.truth = new GroundTruth(this.overlay.protocol, this.space, ids);
    this.overlay.observe({
      joined: (node) => {
        this.truth.add(node);
      },
      left: (node) => {
        this.truth.remove(node);
      },
    });
    for (let i = 0; i < 200; i++) this.keys.push(keyId(this.space, seed, i));
  }

  buildConverged(nodes: readonly NodeIndex[] = this.nodes): this {
    this.overlay.buildConverged(nodes);
    return this;
  }

  crash(node: NodeIndex): void {
    this.network.crash(this.overlay.hostOf(node));
    this.truth.remove(node);
  }

  /** A crashed node starts again without its state. */
  restart(node: NodeIndex, bootstrap: NodeIndex | undefined): void {
    this.network.recover(this.overlay.hostOf(node));
    this.overlay.join(node, bootstrap);
  }

  /** Runs so many maintenance rounds. */
  rounds(count: number): void {
    this.simulator.run(this.simulator.now + Math.round(count * this.subject.roundNs));
  }

  /** Looks up keys from nodes, each key from `perKey` of them in turn, and returns all results. */
  lookUp(keys: readonly Id[], from: readonly NodeIndex[], perKey = from.length): LookupResult[] {
    const results: LookupResult[] = [];
    let started = 0;
    const collect = (result: LookupResult): void => {
      results.push(result);
      if (results.length === started) this.simulator.stop();
    };
    for (const key of keys) {
      for (let i = 0; i < perKey; i++) {
        this.overlay.lookup(from[started % from.length], key, collect);
        started++;
      }
    }
    this.simulator.run(this.simulator.now + 300_000 * MILLISECOND);
    if (results.length !== started) throw new Error(`${started - results.length} of ${started} lookups never ended`);
    return results;
  }

  /** Share of lookups that ended at the owner; each of `keys` keys is asked for by six members in turn. */
  correctness(keys = 30): number {
    const members = this.truth.members;
    const results = this.lookUp(this.keys.slice(0, keys), members, Math.min(members.length, 6));
    return results.filter((result) => result.ok && result.owner === this.truth.owner(result.key)).length / results.length;
  }
}

/** Half of the hosts in each of two zones, 1 ms apart within and 10 ms between. */
export function twoZones(hosts: number, jitterNs: Nanoseconds): TopologySpec {
  return {
    hosts: Array.from({ length: hosts }, (_, i) => ({ name: `host-${i}`, upBps: 1e9, downBps: 1e9, zone: i % 2 === 0 ? 'east' : 'west' })),
    zoneLatencyNs: {
      zones: ['east', 'west'],
      oneWayNs: [
        [MILLISECOND, 10 * MILLISECOND],
        [10 * MILLISECOND, MILLISECOND],
      ],
    },
    ...(jitterNs > 0 ? { jitter: { distribution: 'uniform', maxNs: jitterNs, reorder: true } as const } : {}),
  };
}

/** Sends a share of all messages a second time, a little later. */
export function duplicating(share: number, laterNs: Nanoseconds) {
  return (network: Network, simulator: Simulator): MessageNetwork => {
    const random = simulator.random.stream('test duplicates');
    return {
      messageType: (name, handle, sizeBytes) => network.messageType(name, handle, sizeBytes),
      isAlive: (host) => network.isAlive(host),
      latencyNs: (from, to) => network.latencyNs(from, to),
      send: (from, to, type, message) => {
        network.send(from, to, type, message);
        if (!random.bernoulli(share)) return;
        simulator.schedule(Math.round(random.uniform(0, laterNs)), () => {
          network.send(from, to, type, message);
        });
      },
    };
  };
}

/** Collects every message together with its size on the network, header included. */
export function recording(into: { type: MessageType<unknown>; message: unknown; sizeBytes: number }[]) {
  return (network: Network): MessageNetwork => ({
    messageType: (name, handle, sizeBytes) => network.messageType(name, handle, sizeBytes),
    isAlive: (host) => network.isAlive(host),
    latencyNs: (from, to) => network.latencyNs(from, to),
    send: (from, to, type, message) => {
      into.push({ type: type as MessageType<unknown>, message, sizeBytes: type.sizeBytes(message) });
      network.send(from, to, type, message);
    },
  });
}

export function encodedBytes(value: unknown): number {
  return encode(value).length;
}
